internal import VitrineSQLite

// Payments
extension Query {
    static let selectPayments = Query(
        """
        SELECT p.number, p.state, p.amount, p.captured, p.refunded, p.provider, p.reference, a.name, p.expires_ms
        FROM payment p LEFT JOIN account a ON a.id = p.account_id WHERE p.order_id = ?1 ORDER BY p.number
        """
    )
    static let insertIntent = Query(
        "INSERT INTO payment (order_id, number, state, amount, captured, refunded) VALUES (?1, ?2, 1, ?3, 0, 0)"
    )
    static let resizeIntent = Query("UPDATE payment SET amount = ?3 WHERE order_id = ?1 AND number = ?2")
    /// An intent that is fulfilled becomes the payment.
    static let insertAuthorization = Query(
        """
        INSERT INTO payment (order_id, number, state, amount, captured, refunded, provider, reference, expires_ms, hold_ms)
        VALUES (?1, ?2, 2, ?3, 0, 0, ?4, ?5, ?6, ?7)
        ON CONFLICT (order_id, number) DO UPDATE SET state = 2, amount = excluded.amount, provider = excluded.provider,
            reference = excluded.reference, expires_ms = excluded.expires_ms, hold_ms = excluded.hold_ms
        """
    )
    static let insertCapture = Query(
        """
        INSERT INTO payment (order_id, number, state, amount, captured, refunded, account_id, provider, reference)
        VALUES (?1, ?2, 3, ?3, ?3, 0, ?4, ?5, ?6)
        ON CONFLICT (order_id, number) DO UPDATE SET state = 3, amount = excluded.amount, captured = excluded.captured,
            account_id = excluded.account_id, provider = excluded.provider, reference = excluded.reference
        """
    )
    static let capturePayment = Query(
        "UPDATE payment SET captured = captured + ?3, state = ?4 WHERE order_id = ?1 AND number = ?2"
    )
    static let closePayment = Query("UPDATE payment SET state = ?3 WHERE order_id = ?1 AND number = ?2")
    static let refundPayment = Query(
        "UPDATE payment SET refunded = refunded + ?3 WHERE order_id = ?1 AND number = ?2"
    )
    static let selectExpiredPayments = Query(
        """
        SELECT order_id, number FROM payment WHERE state = 2 AND expires_ms <= ?1
        ORDER BY expires_ms, order_id, number LIMIT ?2
        """
    )
    static let clampPayments = Query(
        "UPDATE payment SET expires_ms = ?1 + hold_ms WHERE state = 2 AND expires_ms > ?1 AND expires_ms > ?1 + hold_ms"
    )

    static let ofPayments = [
        selectPayments, insertIntent, resizeIntent, insertAuthorization, insertCapture, capturePayment, closePayment,
        refundPayment, selectExpiredPayments, clampPayments,
    ]
}

// Shipments
extension Query {
    static let selectShipments = Query(
        """
        SELECT number, carrier, tracking, shipped_ms, delivered_ms FROM shipment WHERE order_id = ?1 ORDER BY number
        """
    )
    static let selectLastShipment = Query(
        "SELECT number FROM shipment WHERE order_id = ?1 ORDER BY number DESC LIMIT 1"
    )
    static let selectShipmentLines = Query(
        "SELECT shipment, line, quantity FROM shipment_line WHERE order_id = ?1 ORDER BY shipment, line"
    )
    static let insertShipment = Query(
        "INSERT INTO shipment (order_id, number, carrier, tracking, shipped_ms) VALUES (?1, ?2, ?3, ?4, ?5)"
    )
    static let insertShipmentLine = Query(
        "INSERT INTO shipment_line (order_id, shipment, line, quantity) VALUES (?1, ?2, ?3, ?4)"
    )
    static let deliverShipment = Query("UPDATE shipment SET delivered_ms = ?3 WHERE order_id = ?1 AND number = ?2")

    static let ofShipments = [
        selectShipments, selectLastShipment, selectShipmentLines, insertShipment, insertShipmentLine, deliverShipment,
    ]
}

// Refunds
extension Query {
    static let selectRefunds = Query(
        "SELECT number, amount, tax, reason, refunded_ms FROM refund WHERE order_id = ?1 ORDER BY number"
    )
    static let selectLastRefund = Query("SELECT number FROM refund WHERE order_id = ?1 ORDER BY number DESC LIMIT 1")
    static let sumRefundTax = Query("SELECT SUM(tax) FROM refund WHERE order_id = ?1")
    static let selectRefundLines = Query(
        """
        SELECT refund, line, quantity, unshipped, returned FROM refund_line WHERE order_id = ?1 ORDER BY refund, line
        """
    )
    static let selectRefundShares = Query(
        "SELECT refund, payment, amount FROM refund_share WHERE order_id = ?1 ORDER BY refund, payment"
    )
    static let insertRefund = Query(
        "INSERT INTO refund (order_id, number, amount, tax, reason, refunded_ms) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    )
    static let insertRefundLine = Query(
        """
        INSERT INTO refund_line (order_id, refund, line, quantity, unshipped, returned) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
        """
    )
    static let insertRefundShare = Query(
        "INSERT INTO refund_share (order_id, refund, payment, amount) VALUES (?1, ?2, ?3, ?4)"
    )

    static let ofRefunds = [
        selectRefunds, selectLastRefund, sumRefundTax, selectRefundLines, selectRefundShares, insertRefund,
        insertRefundLine, insertRefundShare,
    ]
}
