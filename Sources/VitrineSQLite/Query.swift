internal import Synchronization

/// The text of a statement, and the place at which a database keeps it prepared.
package final class Query: Sendable {
    /// One SQL statement.
    package let sql: String
    /// Its number among all of the process, from 0: a place in a table is found sooner than a name.
    let number: Int

    private static let count = Atomic<Int>(0)

    /// Names `sql`; keep the object, each one is a statement of its own.
    package init(_ sql: String) {
        self.sql = sql
        // Only that no two are equal matters.
        number = Self.count.add(1, ordering: .relaxed).oldValue
    }
}
