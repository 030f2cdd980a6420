/// A rule of the ledger, and the statement that returns one text, what breaks it first, or nothing.
struct AuditRule: Sendable {
    let name: String
    let sql: String
}

/// Every rule beyond what the schema's own constraints state; 1, 2, 3 and 4 are the kinds of `EntryKind`, and the
/// accounts are those of `MoneyAccount` and `StockAccount`.
let auditRules = [
    AuditRule(
        name: "an order's total is the sum of its lines",
        sql: """
            SELECT 'order ' || o.id || ': total ' || o.total || ', lines ' || ifnull(
                (SELECT SUM(l.quantity * l.unit_price) FROM order_line l WHERE l.order_id = o.id), 'none')
            FROM orders o
            WHERE o.total IS NOT (SELECT SUM(l.quantity * l.unit_price) FROM order_line l WHERE l.order_id = o.id)
            ORDER BY o.id LIMIT 1
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
        name: "an order's state is where its entries lead",
        sql: """
            SELECT 'order ' || id || ': state ' || state || ', entries ' || kinds FROM (
                SELECT o.id, o.state, ifnull((SELECT group_concat(kind, ' ') FROM
                    (SELECT kind FROM entry WHERE order_id = o.id ORDER BY kind)), 'none') AS kinds
                FROM orders o ORDER BY o.id)
            WHERE NOT ((state = 1 AND kinds = '2') OR (state = 2 AND kinds = '2 3')
                OR (state = 9 AND kinds IN ('2 4', '2 3 4')))
            LIMIT 1
            """
    ),
    AuditRule(
        name: "an order that was paid has a payment, and no other has",
        sql: """
            SELECT 'order ' || o.id FROM orders o
            WHERE EXISTS (SELECT 1 FROM payment WHERE order_id = o.id)
                <> EXISTS (SELECT 1 FROM entry WHERE order_id = o.id AND kind = 3)
            ORDER BY o.id LIMIT 1
            """
    ),
    AuditRule(
        name: "an entry moves its order's total between the accounts of its kind",
        sql: """
            SELECT 'entry ' || id || ': ' || found || ', should be ' || expected FROM (
                SELECT e.id,
                    ifnull((SELECT group_concat(debit || '<' || credit || ' ' || amount || ' ' || currency, ', ')
                        FROM money_posting WHERE entry_id = e.id), 'none') AS found,
                    CASE WHEN ifnull(o.total, 0) = 0 THEN 'none' ELSE
                        CASE e.kind WHEN 2 THEN '1<3' WHEN 3 THEN '2<1' ELSE
                            CASE WHEN EXISTS (SELECT 1 FROM entry WHERE order_id = o.id AND kind = 3)
                                THEN '3<2' ELSE '3<1' END
                        END || ' ' || o.total || ' ' || o.currency END AS expected
                FROM entry e LEFT JOIN orders o ON o.id = e.order_id ORDER BY e.id)
            WHERE found <> expected LIMIT 1
            """
    ),
    AuditRule(
        name: "an entry moves the units of its order's lines",
        sql: """
            SELECT 'entry ' || id || ': ' || found || ', should be ' || expected FROM (
                SELECT e.id,
                    ifnull((SELECT group_concat(line || ':' || debit || '<' || credit || ' ' || quantity || ' of '
                        || product_id, ', ') FROM stock_posting WHERE entry_id = e.id), 'none') AS found,
                    CASE e.kind WHEN 3 THEN 'none' ELSE
                        (SELECT group_concat(line || ':' || CASE e.kind WHEN 2 THEN '102<101 ' ELSE '101<102 ' END
                            || quantity || ' of ' || product_id, ', ') FROM order_line WHERE order_id = e.order_id)
                    END AS expected
                FROM entry e WHERE e.kind <> 1 ORDER BY e.id)
            WHERE found <> expected LIMIT 1
            """
    ),
    AuditRule(
        name: "a delivery moves units of one product from the supplier",
        sql: """
            SELECT 'entry ' || e.id FROM entry e WHERE e.kind = 1 AND 1 IS NOT (
                SELECT COUNT(*) * (MIN(debit) = 101) * (MIN(credit) = 103) FROM stock_posting WHERE entry_id = e.id)
            ORDER BY e.id LIMIT 1
            """
    ),
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
    AuditRule(
        name: "every order has the key that placed it",
        sql: """
            WITH keyed AS MATERIALIZED (SELECT order_id FROM idempotency_key)
            SELECT 'order ' || o.id FROM orders o WHERE o.id NOT IN (SELECT order_id FROM keyed) ORDER BY o.id LIMIT 1
            """
    ),
]
