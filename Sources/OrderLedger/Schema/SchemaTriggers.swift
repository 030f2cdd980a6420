/// What the tables' own constraints cannot say: the state machines, and that the past is closed to change.
///
/// It is a second line behind the checks in Swift, which name what is wrong; no trigger runs when an order is placed.
let schemaTriggers = [moveTriggers, columnTriggers, amountTriggers, quantityTriggers, closedTriggers].joined()

private let moveTriggers = [
    moveTrigger("orders", OrderState.allCases.flatMap { from in from.next.map { (from.rawValue, $0.rawValue) } }),
    moveTrigger("payment", PaymentState.allCases.flatMap { from in from.next.map { (from.rawValue, $0.rawValue) } }),
    moveTrigger("cart", CartState.allCases.flatMap { from in from.next.map { (from.rawValue, $0.rawValue) } }),
].joined()

private let columnTriggers = [
    keepTrigger("orders", "id, customer_id, currency, total, tax, placed_ms"),
    keepTrigger("payment", "order_id, number"),
    keepTrigger("shipment", "order_id, number, carrier, tracking, shipped_ms"),
    keepTrigger("cart", "id, customer_id, hold_ms"),
].joined()

/// Tables of the past, and those whose rows stay although they change.
private let closedTriggers: String = {
    let closed = [
        "order_line", "entry", "money_posting", "stock_posting", "shipment_line", "refund", "refund_line",
        "refund_share", "cart_line",
    ]
    let staying = closed + ["orders", "payment", "shipment", "cart", "product", "account", "customer"]
    return closed.map { keepTrigger($0, nil) }.joined() + staying.map { stayTrigger($0) }.joined()
}()

/// Refuses every move of `state` that the machine does not have.
private func moveTrigger(_ table: String, _ moves: [(Int, Int)]) -> String {
    let pairs = moves.map { "(\($0.0), \($0.1))" }.joined(separator: ", ")
    return """
        CREATE TRIGGER \(table)_move BEFORE UPDATE OF state ON \(table)
        WHEN OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN (VALUES \(pairs))
        BEGIN SELECT RAISE(ABORT, 'no such move in the state machine of \(table)'); END;

        """
}

/// Refuses to change columns of `table`, or any of it.
private func keepTrigger(_ table: String, _ columns: String?) -> String {
    """
    CREATE TRIGGER \(table)_keep BEFORE UPDATE \(columns.map { "OF \($0) " } ?? "")ON \(table)
    BEGIN SELECT RAISE(ABORT, 'what is written in \(table) cannot be edited'); END;

    """
}

/// Refuses to delete a row of `table`.
private func stayTrigger(_ table: String) -> String {
    """
    CREATE TRIGGER \(table)_stay BEFORE DELETE ON \(table)
    BEGIN SELECT RAISE(ABORT, 'a row of \(table) cannot be deleted'); END;

    """
}

/// Amounts that were captured or refunded never become less.
private let amountTriggers = ["orders", "payment"].map { table in
    """
    CREATE TRIGGER \(table)_amounts BEFORE UPDATE OF captured, refunded ON \(table)
    WHEN NEW.captured < OLD.captured OR NEW.refunded < OLD.refunded
    BEGIN SELECT RAISE(ABORT, 'money that was moved cannot be taken back'); END;

    """
}.joined()

/// No unit of a line is shipped twice, or shipped after it was refunded; none is refunded twice.
private let quantityTriggers = """
    CREATE TRIGGER shipment_line_units AFTER INSERT ON shipment_line
    WHEN (SELECT quantity FROM order_line WHERE order_id = NEW.order_id AND line = NEW.line)
        < (SELECT SUM(quantity) FROM shipment_line WHERE order_id = NEW.order_id AND line = NEW.line)
        + ifnull((SELECT SUM(unshipped) FROM refund_line WHERE order_id = NEW.order_id AND line = NEW.line), 0)
    BEGIN SELECT RAISE(ABORT, 'more units were shipped than the line has'); END;
    CREATE TRIGGER refund_line_units AFTER INSERT ON refund_line
    WHEN (SELECT quantity FROM order_line WHERE order_id = NEW.order_id AND line = NEW.line)
        < (SELECT SUM(quantity) FROM refund_line WHERE order_id = NEW.order_id AND line = NEW.line)
        OR ifnull((SELECT SUM(quantity) FROM shipment_line WHERE order_id = NEW.order_id AND line = NEW.line), 0)
        < (SELECT SUM(quantity - unshipped) FROM refund_line WHERE order_id = NEW.order_id AND line = NEW.line)
        OR (SELECT quantity FROM order_line WHERE order_id = NEW.order_id AND line = NEW.line)
        < (SELECT SUM(unshipped) FROM refund_line WHERE order_id = NEW.order_id AND line = NEW.line)
        + ifnull((SELECT SUM(quantity) FROM shipment_line WHERE order_id = NEW.order_id AND line = NEW.line), 0)
    BEGIN SELECT RAISE(ABORT, 'more units were refunded than the line has'); END;

    """
