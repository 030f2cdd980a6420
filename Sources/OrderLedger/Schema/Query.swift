/// The text of a statement, and the name under which a connection keeps it prepared.
package final class Query: Sendable {
    /// One SQL statement.
    package let sql: String

    /// Names `sql`; keep the object, each one is a statement of its own.
    package init(_ sql: String) {
        self.sql = sql
    }
}

// Transactions
extension Query {
    static let begin = Query("BEGIN IMMEDIATE")
    static let beginRead = Query("BEGIN")
    static let commit = Query("COMMIT")
    static let rollback = Query("ROLLBACK")
    static let savepoint = Query("SAVEPOINT one")
    static let release = Query("RELEASE one")
    static let rollbackOne = Query("ROLLBACK TO one")
}

extension Query {
    /// Every statement that names a table; a test shows that none of them reads a whole one.
    package static let ofTheShop = [
        ofProducts, ofOrders, ofPayments, ofShipments, ofRefunds, ofCarts, ofAccounts, ofJournal, ofKeys,
    ].flatMap(\.self)
}
