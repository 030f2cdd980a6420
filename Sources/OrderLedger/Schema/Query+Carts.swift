internal import VitrineSQLite

// Carts
extension Query {
    static let selectCart = Query(
        """
        SELECT c.reference, k.state, k.expires_ms, k.order_id FROM cart k JOIN customer c ON c.id = k.customer_id
        WHERE k.id = ?1
        """
    )
    static let selectCartLines = Query(
        """
        SELECT p.sku, l.quantity FROM cart_line l JOIN product p ON p.id = l.product_id
        WHERE l.cart_id = ?1 ORDER BY l.line
        """
    )
    static let selectCartRows = Query(
        "SELECT line, product_id, quantity FROM cart_line WHERE cart_id = ?1 ORDER BY line"
    )
    static let insertCart = Query(
        "INSERT INTO cart (id, customer_id, state, expires_ms, hold_ms) VALUES (?1, ?2, 1, ?3, ?4)"
    )
    static let insertCartLine = Query(
        "INSERT INTO cart_line (cart_id, line, product_id, quantity) VALUES (?1, ?2, ?3, ?4)"
    )
    static let renewCart = Query("UPDATE cart SET expires_ms = ?2 + hold_ms WHERE id = ?1")
    static let closeCart = Query("UPDATE cart SET state = ?2, order_id = ?3 WHERE id = ?1")
    static let selectExpiredCarts = Query(
        "SELECT id FROM cart WHERE state = 1 AND expires_ms <= ?1 ORDER BY expires_ms, id LIMIT ?2"
    )
    static let clampCarts = Query(
        "UPDATE cart SET expires_ms = ?1 + hold_ms WHERE state = 1 AND expires_ms > ?1 AND expires_ms > ?1 + hold_ms"
    )
    static let selectNextExpiries = Query(
        """
        SELECT (SELECT MIN(expires_ms) FROM cart WHERE state = 1),
            (SELECT MIN(expires_ms) FROM payment WHERE state = 2)
        """
    )

    static let ofCarts = [
        selectCart, selectCartLines, selectCartRows, insertCart, insertCartLine, renewCart, closeCart,
        selectExpiredCarts, clampCarts, selectNextExpiries,
    ]
}

// Accounts of the host's
extension Query {
    static let selectAccount = Query(
        "SELECT id, currency, balance, balance_min, balance_max FROM account WHERE name = ?1"
    )
    static let selectLastAccount = Query("SELECT MAX(id) FROM account")
    static let insertAccount = Query(
        "INSERT INTO account (id, name, currency, balance_min, balance_max) VALUES (?1, ?2, ?3, ?4, ?5)"
    )
    static let updateBalance = Query("UPDATE account SET balance = ?2 WHERE id = ?1")

    static let ofAccounts = [selectAccount, selectLastAccount, insertAccount, updateBalance]
}

// Entries, their postings, and who reads them as events
extension Query {
    static let insertEntry = Query("INSERT INTO entry (kind, order_id, subject, posted_ms) VALUES (?1, ?2, ?3, ?4)")
    static let insertHostEntry = Query("INSERT INTO entry (kind, topic, payload, posted_ms) VALUES (17, ?1, ?2, ?3)")
    static let insertMoneyPosting = Query(
        "INSERT INTO money_posting (entry_id, line, debit, credit, currency, amount) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    )
    static let insertStockPosting = Query(
        """
        INSERT INTO stock_posting (entry_id, line, debit, credit, product_id, quantity) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        """
    )
    static let selectEvents = Query(
        """
        SELECT id, kind, order_id, subject, posted_ms, topic, payload FROM entry WHERE id > ?1 ORDER BY id LIMIT ?2
        """
    )
    static let selectLastEntry = Query("SELECT MAX(id) FROM entry")
    static let selectSubscriber = Query("SELECT position FROM subscriber WHERE name = ?1")
    static let insertSubscriber = Query("INSERT INTO subscriber (name, position) VALUES (?1, ?2)")
    static let advanceSubscriber = Query("UPDATE subscriber SET position = ?2 WHERE name = ?1 AND position < ?2")
    static let deleteSubscriber = Query("DELETE FROM subscriber WHERE name = ?1")

    static let ofJournal = [
        insertEntry, insertHostEntry, insertMoneyPosting, insertStockPosting, selectEvents, selectLastEntry,
        selectSubscriber, insertSubscriber, advanceSubscriber, deleteSubscriber,
    ]
}

// Idempotency keys
extension Query {
    static let selectKey = Query("SELECT request, result, number, expires_ms FROM idempotency_key WHERE key = ?1")
    static let insertKey = Query(
        "INSERT INTO idempotency_key (key, request, result, number, expires_ms) VALUES (?1, ?2, ?3, ?4, ?5)"
    )
    static let replaceKey = Query(
        "UPDATE idempotency_key SET request = ?2, result = ?3, number = ?4, expires_ms = ?5 WHERE key = ?1"
    )
    /// The key that ends a step of the walk; no row when fewer are left.
    static let selectKeyAhead = Query("SELECT key FROM idempotency_key WHERE key > ?1 ORDER BY key LIMIT 1 OFFSET ?2")
    static let deleteExpiredKeys = Query(
        "DELETE FROM idempotency_key WHERE key > ?1 AND key <= ifnull(?2, char(0x10FFFF) || '~') AND expires_ms <= ?3"
    )

    static let ofKeys = [selectKey, insertKey, replaceKey, selectKeyAhead, deleteExpiredKeys]
}
