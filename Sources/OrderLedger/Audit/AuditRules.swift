/// A rule of the ledger, and the statement that returns one text, what breaks it first, or nothing.
package struct AuditRule: Sendable {
    package let name: String
    package let sql: String
}

/// Every rule beyond what the schema's own constraints state.
///
/// Numbers are those of `EntryKind`, `OrderState`,
/// `PaymentState`, `CartState`, `MoneyAccount` and `StockAccount`.
package let auditRules = orderRules + moneyRules + stockRules + balanceRules

/// The entries of each order by kind; made once for each rule that needs it, for entries have no index by order.
private let entriesByOrder = """
    WITH entries AS MATERIALIZED (SELECT CAST(ifnull(order_id, id) AS INTEGER) AS order_id, kind FROM entry
        WHERE kind BETWEEN 2 AND 11)
    """

private let orderRules = [
    AuditRule(
        name: "an order's total and tax are the sums of its lines",
        sql: """
            SELECT 'order ' || o.id || ': total ' || o.total || ' with tax ' || o.tax || ', lines ' ||
                ifnull(SUM(l.total), 'none') || ' with tax ' || ifnull(SUM(l.tax), 'none')
            FROM orders o LEFT JOIN order_line l ON l.order_id = o.id
            GROUP BY o.id HAVING o.total IS NOT SUM(l.total) OR o.tax IS NOT SUM(l.tax) LIMIT 1
            """
    ),
    AuditRule(
        name: "an order's lines are of its currency",
        sql: """
            SELECT 'order ' || o.id || ': ' || o.currency || ', product ' || p.sku || ': ' || p.currency
            FROM orders o JOIN order_line l ON l.order_id = o.id JOIN product p ON p.id = l.product_id
            WHERE p.currency <> o.currency ORDER BY o.id LIMIT 1
            """
    ),
    AuditRule(
        name: "an order was placed by its entry, and every such entry placed one",
        sql: """
            SELECT 'order ' || o.id FROM orders o JOIN entry e ON e.id = o.id WHERE e.kind <> 2
            UNION ALL SELECT 'entry ' || id FROM entry WHERE kind = 2 AND id NOT IN (SELECT id FROM orders) LIMIT 1
            """
    ),
    AuditRule(
        name: "an order's amounts are the sums of its payments",
        sql: """
            SELECT 'order ' || o.id || ': captured ' || o.captured || ', refunded ' || o.refunded || ', payments ' ||
                ifnull(SUM(p.captured), 0) || ' and ' || ifnull(SUM(p.refunded), 0)
            FROM orders o LEFT JOIN payment p ON p.order_id = o.id
            GROUP BY o.id
            HAVING o.captured <> ifnull(SUM(p.captured), 0) OR o.refunded <> ifnull(SUM(p.refunded), 0) LIMIT 1
            """
    ),
    AuditRule(
        name: "an order's state is where its entries lead",
        sql: """
            \(entriesByOrder)
            SELECT 'order ' || o.id || ': state ' || o.state || ', entries ' || ifnull(group_concat(e.kind, ' '), 'none')
            FROM orders o LEFT JOIN entries e ON e.order_id = o.id GROUP BY o.id
            HAVING (o.state = 6) <> (SUM(e.kind = 10) > 0) OR (o.state IN (7, 8)) <> (SUM(e.kind = 11) > 0)
                OR (o.state IN (3, 4, 5) AND SUM(e.kind = 7) <> 1) OR (o.state IN (1, 2) AND SUM(e.kind = 7) > 0)
            LIMIT 1
            """
    ),
    AuditRule(
        name: "an order is shipped and delivered as its shipments are",
        sql: """
            SELECT 'order ' || o.id || ': state ' || o.state FROM orders o
            WHERE (o.state IN (1, 2, 6) AND EXISTS (SELECT 1 FROM shipment WHERE order_id = o.id))
                OR (o.state IN (4, 5) AND
                    (SELECT SUM(quantity) FROM order_line WHERE order_id = o.id) IS NOT
                    (SELECT SUM(quantity) FROM shipment_line WHERE order_id = o.id))
                OR (o.state = 5 AND EXISTS (SELECT 1 FROM shipment WHERE order_id = o.id AND delivered_ms IS NULL))
            ORDER BY o.id LIMIT 1
            """
    ),
    AuditRule(
        name: "a refund is the sum of its shares, and refunds are what was refunded",
        sql: """
            SELECT 'order ' || r.order_id || ', refund ' || r.number FROM refund r WHERE r.amount IS NOT
                (SELECT SUM(amount) FROM refund_share s WHERE s.order_id = r.order_id AND s.refund = r.number)
            UNION ALL SELECT 'order ' || o.id FROM orders o WHERE o.state IN (7, 8) AND (o.refunded, o.tax) IS NOT
                (SELECT SUM(amount), CASE WHEN o.state = 8 THEN SUM(tax) ELSE o.tax END FROM refund
                    WHERE order_id = o.id)
            LIMIT 1
            """
    ),
]

/// What the postings of an entry must come to on each account, against what they do.
private func moneyRule(_ name: String, kinds: String, expected: String) -> AuditRule {
    AuditRule(
        name: name,
        sql: """
            WITH expected (id, account_id, currency, amount) AS MATERIALIZED (\(expected)),
            found AS MATERIALIZED (
                SELECT m.entry_id AS id, m.account_id, m.currency, m.amount FROM money_movement m
                JOIN entry e ON e.id = m.entry_id WHERE e.kind IN (\(kinds)))
            SELECT 'entry ' || id || ', account ' || account_id || ': ' || SUM(amount) || ' ' || currency || ' off'
            FROM (SELECT id, account_id, currency, amount FROM found
                UNION ALL SELECT id, account_id, currency, -amount FROM expected)
            GROUP BY id, account_id, currency HAVING SUM(amount) <> 0 LIMIT 1
            """
    )
}

private let moneyRules = [
    moneyRule(
        "placing an order posts its total and its tax",
        kinds: "2",
        expected: """
            SELECT id, 1, currency, total FROM orders UNION ALL SELECT id, 3, currency, tax - total FROM orders
            UNION ALL SELECT id, 4, currency, -tax FROM orders
            """
    ),
    moneyRule(
        "a refund posts its amount and its tax, to where the money came from",
        kinds: "11",
        expected: """
            SELECT e.id, 3, o.currency, r.amount - r.tax FROM refund r JOIN orders o ON o.id = r.order_id
                JOIN entry e ON e.kind = 11 AND e.order_id = r.order_id AND e.subject = r.number
            UNION ALL SELECT e.id, 4, o.currency, r.tax FROM refund r JOIN orders o ON o.id = r.order_id
                JOIN entry e ON e.kind = 11 AND e.order_id = r.order_id AND e.subject = r.number
            UNION ALL SELECT e.id, ifnull(p.account_id, 2), o.currency, -s.amount FROM refund_share s
                JOIN orders o ON o.id = s.order_id
                JOIN payment p ON p.order_id = s.order_id AND p.number = s.payment
                JOIN entry e ON e.kind = 11 AND e.order_id = s.order_id AND e.subject = s.refund
            """
    ),
    moneyRule(
        "cancelling an order posts back its total, its tax and what was captured",
        kinds: "10",
        expected: """
            SELECT e.id, 1, o.currency, o.captured - o.total FROM entry e JOIN orders o ON o.id = e.order_id
                WHERE e.kind = 10
            UNION ALL SELECT e.id, 3, o.currency, o.total - o.tax FROM entry e JOIN orders o ON o.id = e.order_id
                WHERE e.kind = 10
            UNION ALL SELECT e.id, 4, o.currency, o.tax FROM entry e JOIN orders o ON o.id = e.order_id
                WHERE e.kind = 10
            UNION ALL SELECT e.id, ifnull(p.account_id, 2), o.currency, -p.captured FROM entry e
                JOIN orders o ON o.id = e.order_id JOIN payment p ON p.order_id = o.id WHERE e.kind = 10
            """
    ),
    AuditRule(
        name: "what entries hold, release and capture of a payment is what it says",
        sql: """
            WITH moved AS MATERIALIZED (
                SELECT e.order_id, e.subject,
                    SUM(CASE WHEN p.debit = 5 THEN p.amount WHEN p.credit = 5 THEN -p.amount ELSE 0 END) AS held,
                    SUM(CASE WHEN p.credit = 1 THEN p.amount ELSE 0 END) AS captured
                FROM entry e JOIN money_posting p ON p.entry_id = e.id WHERE e.kind IN (3, 4, 5, 6)
                GROUP BY e.order_id, e.subject)
            SELECT 'payment ' || p.order_id || '/' || p.number || ': holds ' ||
                CASE WHEN p.state = 2 THEN p.amount - p.captured ELSE 0 END || ' and captured ' || p.captured ||
                ', entries ' || ifnull(m.held, 0) || ' and ' || ifnull(m.captured, 0)
            FROM payment p LEFT JOIN moved m ON m.order_id = p.order_id AND m.subject = p.number
            WHERE ifnull(m.captured, 0) <> p.captured
                OR ifnull(m.held, 0) <> CASE WHEN p.state = 2 THEN p.amount - p.captured ELSE 0 END
            ORDER BY p.order_id, p.number LIMIT 1
            """
    ),
    AuditRule(
        name: "money is posted by entries that move money, in the order's currency",
        sql: """
            SELECT 'entry ' || e.id FROM money_posting p JOIN entry e ON e.id = p.entry_id
            WHERE e.kind NOT IN (2, 3, 4, 5, 6, 10, 11, 16)
            UNION ALL SELECT 'entry ' || e.id || ': ' || p.currency FROM money_posting p
            JOIN entry e ON e.id = p.entry_id JOIN orders o ON o.id = ifnull(e.order_id, e.id)
            WHERE e.kind <> 16 AND p.currency <> o.currency LIMIT 1
            """
    ),
    AuditRule(
        name: "a transfer is one posting",
        sql: """
            SELECT 'entry ' || e.id FROM entry e WHERE e.kind = 16
                AND (SELECT COUNT(*) FROM money_posting WHERE entry_id = e.id) <> 1 ORDER BY e.id LIMIT 1
            """
    ),
]

private let stockRules = [
    AuditRule(
        name: "a delivery moves units of one product from the supplier",
        sql: """
            SELECT 'entry ' || e.id FROM entry e WHERE e.kind = 1 AND 1 IS NOT (
                SELECT COUNT(*) * (MIN(debit) = 101) * (MIN(credit) = 105) * (MIN(product_id) = e.subject)
                FROM stock_posting WHERE entry_id = e.id)
            ORDER BY e.id LIMIT 1
            """
    ),
    stockRule(
        "a shipment moves the units of its lines to the customer",
        kinds: "8",
        expected: """
            SELECT e.id, 104, l.product_id, s.quantity FROM entry e
                JOIN shipment_line s ON s.order_id = e.order_id AND s.shipment = e.subject
                JOIN order_line l ON l.order_id = s.order_id AND l.line = s.line WHERE e.kind = 8
            UNION ALL SELECT e.id, 103, l.product_id, -s.quantity FROM entry e
                JOIN shipment_line s ON s.order_id = e.order_id AND s.shipment = e.subject
                JOIN order_line l ON l.order_id = s.order_id AND l.line = s.line WHERE e.kind = 8
            """
    ),
    stockRule(
        "a refund moves units that had not left, and those that came back, into stock",
        kinds: "11",
        expected: """
            SELECT e.id, account, l.product_id, amount FROM entry e
                JOIN (SELECT order_id, refund, line, 101 AS account, unshipped + returned AS amount FROM refund_line
                    UNION ALL SELECT order_id, refund, line, 103, -unshipped FROM refund_line
                    UNION ALL SELECT order_id, refund, line, 104, -returned FROM refund_line) r
                    ON r.order_id = e.order_id AND r.refund = e.subject
                JOIN order_line l ON l.order_id = r.order_id AND l.line = r.line WHERE e.kind = 11
            """
    ),
    stockRule(
        "cancelling an order moves the units of its lines back",
        kinds: "10",
        expected: """
            SELECT e.id, 101, l.product_id, l.quantity FROM entry e JOIN order_line l ON l.order_id = e.order_id
                WHERE e.kind = 10
            UNION ALL SELECT e.id, 103, l.product_id, -l.quantity FROM entry e
                JOIN order_line l ON l.order_id = e.order_id WHERE e.kind = 10
            """
    ),
    stockRule(
        "a cart takes the units of its lines once, and gives them back once when it is closed",
        kinds: "12, 13, 14, 15",
        expected: """
            SELECT c.id, 102, l.product_id, l.quantity FROM cart c JOIN cart_line l ON l.cart_id = c.id
            UNION ALL SELECT c.id, 101, l.product_id, -l.quantity FROM cart c JOIN cart_line l ON l.cart_id = c.id
            UNION ALL SELECT e.id, 102, l.product_id, -l.quantity FROM entry e JOIN cart_line l ON l.cart_id = e.subject
                WHERE e.kind IN (13, 14, 15)
            UNION ALL SELECT e.id, 101, l.product_id, l.quantity FROM entry e JOIN cart_line l ON l.cart_id = e.subject
                WHERE e.kind IN (13, 14, 15)
            """
    ),
    AuditRule(
        name: "a cart's state is where its entries lead",
        sql: """
            WITH closed AS MATERIALIZED (
                SELECT subject, COUNT(*) AS count, MIN(kind) AS kind FROM entry WHERE kind IN (13, 14, 15)
                GROUP BY subject)
            SELECT 'cart ' || c.id || ': state ' || c.state FROM cart c LEFT JOIN closed k ON k.subject = c.id
            WHERE ifnull(k.count, 0) <> (c.state <> 1)
                OR ifnull(k.kind, 0) <> CASE c.state WHEN 1 THEN 0 WHEN 2 THEN 15 WHEN 3 THEN 13 ELSE 14 END
            ORDER BY c.id LIMIT 1
            """
    ),
    AuditRule(
        name: "stock is posted by entries that move stock",
        sql: """
            SELECT 'entry ' || e.id FROM stock_posting p JOIN entry e ON e.id = p.entry_id
            WHERE e.kind NOT IN (1, 8, 10, 11, 12, 13, 14, 15) LIMIT 1
            """
    ),
]

private func stockRule(_ name: String, kinds: String, expected: String) -> AuditRule {
    AuditRule(
        name: name,
        sql: """
            WITH expected (id, account_id, product_id, quantity) AS MATERIALIZED (\(expected)),
            found (id, account_id, product_id, quantity) AS MATERIALIZED (
                SELECT p.entry_id, p.debit, p.product_id, p.quantity FROM stock_posting p
                    JOIN entry e ON e.id = p.entry_id WHERE e.kind IN (\(kinds))
                UNION ALL SELECT p.entry_id, p.credit, p.product_id, -p.quantity FROM stock_posting p
                    JOIN entry e ON e.id = p.entry_id WHERE e.kind IN (\(kinds)))
            SELECT 'entry ' || id || ', account ' || account_id || ', product ' || product_id || ': ' ||
                SUM(quantity) || ' units off'
            FROM (SELECT id, account_id, product_id, quantity FROM found
                UNION ALL SELECT id, account_id, product_id, -quantity FROM expected)
            GROUP BY id, account_id, product_id HAVING SUM(quantity) <> 0 LIMIT 1
            """
    )
}

private let balanceRules = [
    AuditRule(
        name: "a product's stock is the balance of its postings",
        sql: """
            WITH on_hand AS MATERIALIZED (
                SELECT product_id, SUM(quantity) AS quantity FROM stock_movement
                WHERE account_id = 101 GROUP BY product_id)
            SELECT 'product ' || p.sku || ': stock ' || p.stock || ', postings ' || ifnull(h.quantity, 0)
            FROM product p LEFT JOIN on_hand h ON h.product_id = p.id
            WHERE p.stock <> ifnull(h.quantity, 0) ORDER BY p.id LIMIT 1
            """
    ),
    AuditRule(
        name: "an account's balance is that of its postings, in its currency",
        sql: """
            WITH held AS MATERIALIZED (
                SELECT account_id, currency, SUM(amount) AS amount FROM money_movement
                WHERE account_id >= 1000 GROUP BY account_id, currency)
            SELECT 'account ' || a.name || ': balance ' || a.balance || ', postings ' || ifnull(h.amount, 0)
            FROM account a LEFT JOIN held h ON h.account_id = a.id AND h.currency = a.currency
            WHERE a.id >= 1000 AND a.balance <> ifnull(h.amount, 0)
            UNION ALL SELECT 'account ' || a.name || ': postings in ' || h.currency FROM held h
            JOIN account a ON a.id = h.account_id WHERE a.currency <> h.currency LIMIT 1
            """
    ),
    AuditRule(
        name: "postings sum to zero per currency",
        sql: """
            SELECT currency || ': ' || SUM(amount) FROM money_movement
            GROUP BY currency HAVING SUM(amount) <> 0 LIMIT 1
            """
    ),
    AuditRule(
        name: "postings sum to zero per SKU",
        sql: """
            SELECT p.sku || ': ' || SUM(m.quantity) FROM stock_movement m JOIN product p ON p.id = m.product_id
            GROUP BY m.product_id HAVING SUM(m.quantity) <> 0 LIMIT 1
            """
    ),
]
