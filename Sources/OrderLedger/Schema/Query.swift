package import VitrineSQLite

// Transactions
extension Query {
    static let begin = Query("BEGIN IMMEDIATE")
    static let beginRead = Query("BEGIN")
    static let commit = Query("COMMIT")
    static let rollback = Query("ROLLBACK")
    static let savepoint = Query("SAVEPOINT one")
    static let release = Query("RELEASE one")
    static let rollbackOne = Query("ROLLBACK TO one")
    static let savepointPart = Query("SAVEPOINT part")
    static let releasePart = Query("RELEASE part")
    static let rollbackPart = Query("ROLLBACK TO part")
}

extension Query {
    /// Every statement that names a table; a test shows that none of them reads a whole one.
    package static let ofTheShop = [
        ofProducts, ofOrders, ofPayments, ofShipments, ofRefunds, ofCarts, ofAccounts, ofJournal, ofKeys,
        ofHistory,
    ].flatMap(\.self)
}
