internal import VitrineSQLite

/// The host's statements that a connection keeps prepared: at most so many, the one least lately used goes first.
struct HostStatements {
    /// Enough for what a service asks again and again, and little memory (some kilobytes each).
    private static let countMax = 64

    /// The one least lately used first.
    private var kept: [Statement] = []

    var count: Int { kept.count }

    /// The statement of that text, if it is kept; it counts as used now.
    subscript(sql: String) -> Statement? {
        mutating get {
            guard let index = kept.lastIndex(where: { $0.sql == sql }) else { return nil }
            let statement = kept.remove(at: index)
            kept.append(statement)
            return statement
        }
    }

    /// Keeps a statement.
    mutating func keep(_ statement: Statement) {
        if kept.count == Self.countMax { kept.removeFirst() }
        kept.append(statement)
    }
}
