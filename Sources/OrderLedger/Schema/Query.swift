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

// What a shop asks and does; a test shows that none of them reads a whole table
extension Query {
    static let selectProduct = Query("SELECT id, currency, price, stock FROM product WHERE sku = ?1")
    static let insertProduct = Query(
        "INSERT INTO product (sku, name, currency, price, stock) VALUES (?1, ?2, ?3, ?4, 0)"
    )
    static let takeStock = Query("UPDATE product SET stock = stock - ?2 WHERE id = ?1 AND stock >= ?2")
    static let addStock = Query("UPDATE product SET stock = stock + ?2 WHERE id = ?1")

    static let selectKey = Query("SELECT order_id, request FROM idempotency_key WHERE key = ?1")
    static let insertKey = Query("INSERT INTO idempotency_key (key, order_id, request) VALUES (?1, ?2, ?3)")
    static let insertOrder = Query(
        "INSERT INTO orders (customer, state, currency, total, placed_ms) VALUES (?1, ?2, ?3, ?4, ?5)"
    )
    static let insertLine = Query(
        "INSERT INTO order_line (order_id, line, product_id, quantity, unit_price) VALUES (?1, ?2, ?3, ?4, ?5)"
    )
    static let insertPayment = Query(
        "INSERT INTO payment (order_id, provider, reference, paid_ms) VALUES (?1, ?2, ?3, ?4)"
    )
    static let updateState = Query("UPDATE orders SET state = ?2 WHERE id = ?1")

    static let insertEntry = Query("INSERT INTO entry (kind, order_id, posted_ms) VALUES (?1, ?2, ?3)")
    static let insertMoneyPosting = Query(
        "INSERT INTO money_posting (entry_id, line, debit, credit, currency, amount) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    )
    static let insertStockPosting = Query(
        "INSERT INTO stock_posting (entry_id, line, debit, credit, product_id, quantity) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    )

    static let selectOrder = Query(
        """
        SELECT o.id, o.customer, o.state, o.currency, o.total, o.placed_ms, p.provider, p.reference
        FROM orders o LEFT JOIN payment p ON p.order_id = o.id WHERE o.id = ?1
        """
    )
    static let selectLines = Query(
        """
        SELECT p.sku, l.quantity, l.unit_price, l.product_id
        FROM order_line l JOIN product p ON p.id = l.product_id WHERE l.order_id = ?1 ORDER BY l.line
        """
    )
    static let selectOrdersOfCustomer = Query(
        """
        SELECT o.id, o.customer, o.state, o.currency, o.total, o.placed_ms, p.provider, p.reference
        FROM orders o LEFT JOIN payment p ON p.order_id = o.id
        WHERE o.customer = ?1 AND o.id < ?2 ORDER BY o.id DESC LIMIT ?3
        """
    )

    /// Every statement above that names a table.
    package static let ofTheShop = [
        selectProduct, insertProduct, takeStock, addStock, selectKey, insertKey, insertOrder, insertLine,
        insertPayment, updateState, insertEntry, insertMoneyPosting, insertStockPosting, selectOrder, selectLines,
        selectOrdersOfCustomer,
    ]
}
