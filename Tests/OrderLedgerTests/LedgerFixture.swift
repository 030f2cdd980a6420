import OrderLedger
import Testing
import VitrineCSQLite
import VitrineIO
import VitrineSync
import VitrineTestSupport

/// The price that tests give a product when it does not matter.
let tenEuros = Money(minorUnits: 1_000, currency: .eur)

/// A request of one line, or of several by the same customer.
func request(
    _ key: String,
    _ lines: [(String, Int)],
    customer: String = "ada",
    payment: Payment? = nil
) -> OrderRequest {
    OrderRequest(
        idempotencyKey: key,
        customer: customer,
        lines: lines.map { OrderRequest.Line(sku: $0.0, quantity: $0.1) },
        payment: payment
    )
}

/// A payment that tests use when it does not matter.
let somePayment = Payment(provider: "acme", reference: "p-1")

/// Expects a `LedgerError` with `code` and returns it.
@discardableResult
func expectError<Value>(
    _ code: LedgerError.Code,
    _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Value
) async -> LedgerError? {
    do {
        _ = try await body()
        Issue.record("no error, \(code.name) expected. \(comment)", sourceLocation: sourceLocation)
    } catch let error as LedgerError {
        #expect(error.code == code, "\(error). \(comment)", sourceLocation: sourceLocation)
        return error
    } catch {
        Issue.record("\(error) is no LedgerError. \(comment)", sourceLocation: sourceLocation)
    }
    return nil
}

/// A connection of nobody's, to damage a database with, or to look into it.
@safe final class RawDatabase {
    private var handle: OpaquePointer?

    init(_ path: String) throws {
        let status = unsafe sqlite3_open(path, &handle)
        try #require(status == SQLITE_OK)
    }

    deinit {
        unsafe sqlite3_close_v2(handle)
    }

    func run(_ sql: String) throws {
        let status = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        let message = unsafe String(cString: sqlite3_errmsg(handle))
        try #require(status == SQLITE_OK, "\(message): \(sql)")
    }

    /// Runs what may well be refused.
    func attempt(_ sql: String) throws {
        guard unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw Refused() }
    }

    /// A statement that SQLite did not run.
    struct Refused: Error {}

    /// The columns of all rows, as text.
    func rows(_ sql: String) throws -> [[String]] {
        var statement: OpaquePointer?
        let status = unsafe sqlite3_prepare_v2(handle, sql, -1, &statement, nil)
        let message = unsafe String(cString: sqlite3_errmsg(handle))
        try #require(status == SQLITE_OK, "\(message): \(sql)")
        defer { unsafe sqlite3_finalize(statement) }
        var rows: [[String]] = []
        while unsafe sqlite3_step(statement) == SQLITE_ROW {
            let columns = unsafe (0..<sqlite3_column_count(statement)).map { column in
                unsafe sqlite3_column_text(statement, column).map { unsafe String(cString: $0) } ?? "NULL"
            }
            rows.append(columns)
        }
        return rows
    }
}

/// All bytes of a file that no ledger has open.
func bytes(of path: String) throws -> [UInt8] {
    try PosixFileSystem().contents(of: path, byteCountMax: 1 << 30)
}

/// A flag that tests share.
final class Flag: Sendable {
    private let flag = Locked(false)
    var value: Bool {
        get { flag.withLock { $0 } }
        set { flag.withLock { $0 = newValue } }
    }
}
