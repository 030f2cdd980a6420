package import VitrineSQLite

/// A value of a column or a parameter, as SQLite has it.
@nonexhaustive
public enum SQLiteValue: Sendable, Hashable {
    /// NULL.
    case null
    /// INTEGER.
    case integer(Int64)
    /// REAL.
    case real(Double)
    /// TEXT.
    case text(String)
    /// BLOB.
    case blob([UInt8])

    /// The INTEGER, or `nil` when it is something else.
    public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
    /// The TEXT, or `nil` when it is something else.
    public var text: String? { if case .text(let value) = self { value } else { nil } }
}

extension SQLiteValue: ExpressibleByIntegerLiteral, ExpressibleByStringLiteral, ExpressibleByNilLiteral {
    /// An INTEGER.
    public init(integerLiteral value: Int64) { self = .integer(value) }
    /// TEXT.
    public init(stringLiteral value: String) { self = .text(value) }
    /// NULL.
    public init(nilLiteral: ()) { self = .null }
}

extension SQLiteValue: SQLValue {
    /// Binds the value as it is.
    package func bind(to statement: Statement, at index: Int32) throws(DatabaseError) {
        switch self {
        case .null: try statement.bindNull(at: index)
        case .integer(let value): try statement.bind(value, at: index)
        case .real(let value): try statement.bind(value, at: index)
        case .text(let value): try statement.bind(value, at: index)
        case .blob(let value): try statement.bind(value, at: index)
        }
    }
}

extension SQLiteValue {
    /// A column of the statement's row, as it is.
    init(_ row: Statement, _ column: Int32) {
        self =
            switch row.type(column) {
            case .null: .null
            case .integer: .integer(row.int64(column))
            case .real: .real(row.double(column))
            case .text: .text(row.text(column))
            case .blob: .blob(row.bytes(column))
            }
    }
}

/// A row of a host's query.
public struct SQLiteRow: Sendable, Hashable {
    /// The names of the columns, in the statement's order.
    public let columns: [String]
    /// Their values.
    public let values: [SQLiteValue]

    /// The value of the first column of that name; `nil` when there is none.
    public subscript(column: String) -> SQLiteValue? {
        columns.firstIndex(of: column).map { values[$0] }
    }
}

extension Connection {
    /// All rows of a statement of the host's.
    func hostRows(_ sql: String, _ values: [SQLiteValue]) throws(LedgerError) -> [SQLiteRow] {
        try withHostStatement(sql) { statement throws(LedgerError) in
            guard statement.parameterCount == values.count else {
                throw LedgerError(
                    .invalidRequest,
                    "\(statement.parameterCount) parameters, \(values.count) values, in: \(sql)"
                )
            }
            try asLedgerError { () throws(DatabaseError) in
                for (index, value) in values.enumerated() { try value.bind(to: statement, at: Int32(index + 1)) }
            }
            let columns = statement.columnNames
            var rows: [SQLiteRow] = []
            while try asLedgerError({ () throws(DatabaseError) in try statement.step() }) {
                rows.append(
                    SQLiteRow(columns: columns, values: columns.indices.map { SQLiteValue(statement, Int32($0)) })
                )
            }
            return rows
        }
    }
}
