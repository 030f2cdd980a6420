/// The text of a statement, and the name under which a database keeps it prepared.
package final class Query: Sendable {
    /// One SQL statement.
    package let sql: String

    /// Names `sql`; keep the object, each one is a statement of its own.
    package init(_ sql: String) {
        self.sql = sql
    }
}
