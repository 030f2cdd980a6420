internal import VitrineSQLite

// Products
extension Query {
    static let selectProduct = Query(
        "SELECT id, sku, name, currency, price, stock, reorder_point FROM product WHERE sku = ?1"
    )
    /// Naming the stock's lower bound is what lets the partial index be searched from a cursor on.
    static let selectProductsToReorder = Query(
        """
        SELECT id, sku, name, currency, price, stock, reorder_point FROM product
        WHERE stock < reorder_point AND (stock, id) > (?1, ?2) ORDER BY stock, id LIMIT ?3
        """
    )
    static let insertProduct = Query(
        """
        INSERT INTO product (sku, name, currency, price, stock, reorder_point) VALUES (?1, ?2, ?3, ?4, 0, ?5)
        """
    )
    static let updatePrice = Query("UPDATE product SET price = ?2 WHERE id = ?1")
    static let updateReorderPoint = Query("UPDATE product SET reorder_point = ?2 WHERE id = ?1")
    /// The condition is what makes overselling impossible; what the writer needs of the product comes with it.
    static let selectPrice = Query("SELECT id, currency, price FROM product WHERE sku = ?1")
    // Without RETURNING, for which SQLite makes a table of its own each time.
    static let takeStock = Query("UPDATE product SET stock = stock - ?2 WHERE id = ?1 AND stock >= ?2")
    static let addStock = Query("UPDATE product SET stock = stock + ?2 WHERE id = ?1")

    static let ofProducts = [
        selectProduct, selectProductsToReorder, insertProduct, updatePrice, updateReorderPoint, selectPrice, takeStock,
        addStock,
    ]
}

// Orders
extension Query {
    static let selectCustomer = Query("SELECT id FROM customer WHERE reference = ?1")
    static let insertCustomer = Query("INSERT INTO customer (reference) VALUES (?1)")
    static let insertOrder = Query(
        """
        INSERT INTO orders (id, customer_id, state, currency, total, tax, captured, refunded, placed_ms)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 0, ?8)
        """
    )
    static let insertLine = Query(
        """
        INSERT INTO order_line (order_id, line, product_id, quantity, unit_price, discount, tax, total)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
        """
    )
    static let updateOrder = Query("UPDATE orders SET state = ?2, captured = ?3, refunded = ?4 WHERE id = ?1")

    private static let head = """
        SELECT o.id, c.reference, o.state, o.currency, o.total, o.tax, o.captured, o.refunded, o.placed_ms
        FROM orders o JOIN customer c ON c.id = o.customer_id
        """
    static let selectOrder = Query("\(head) WHERE o.id = ?1")
    static let selectOrdersOfCustomer = Query(
        "\(head) WHERE o.customer_id = ?1 AND o.id < ?2 ORDER BY o.id DESC LIMIT ?3"
    )
    static let selectOrdersByState = Query(
        """
        \(head) WHERE o.state = ?1 AND (o.placed_ms, o.id) > (?2, ?3) AND o.placed_ms < ?4
        ORDER BY o.placed_ms, o.id LIMIT ?5
        """
    )
    static let selectLines = Query(
        """
        SELECT p.sku, l.quantity, l.unit_price, l.discount, l.tax, l.total
        FROM order_line l JOIN product p ON p.id = l.product_id WHERE l.order_id = ?1 ORDER BY l.line
        """
    )
    static let selectLineRows = Query(
        "SELECT line, product_id, quantity, total, tax FROM order_line WHERE order_id = ?1 ORDER BY line"
    )
    /// Orders that stand (all states but 6, cancelled) of a stretch of time, by the index of states and times; what is
    /// grouped is theirs alone.
    static let selectSales = Query(
        """
        SELECT (o.placed_ms + ?3) / 86400000 - ((o.placed_ms + ?3) % 86400000 < 0) AS day, p.sku, o.currency,
            SUM(l.quantity), SUM(l.total), SUM(l.tax), SUM(l.discount)
        FROM orders o CROSS JOIN order_line l ON l.order_id = o.id CROSS JOIN product p ON p.id = l.product_id
        WHERE o.state IN (1, 2, 3, 4, 5, 7, 8) AND o.placed_ms >= ?1 AND o.placed_ms < ?2
        GROUP BY day, p.sku, o.currency ORDER BY day, p.sku, o.currency
        """
    )

    static let ofOrders = [
        selectCustomer, insertCustomer, insertOrder, insertLine, updateOrder, selectOrder, selectOrdersOfCustomer,
        selectOrdersByState, selectLines, selectLineRows, selectSales,
    ]
}
