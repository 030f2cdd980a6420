internal import VitrineSQLite

/// Reads of refunds, on whatever connection has them.
struct RefundReader {
    let connection: Connection

    /// All refunds of an order, the first first.
    func refunds(of head: OrderHead) throws(LedgerError) -> [Refund] {
        let order = head.id
        let currency = head.total.currency
        let lines = try connection.all(.selectRefundLines, order.rawValue) { row throws(LedgerError) in
            let line = RefundRequest.Line(line: row.int(1), quantity: row.int(2), returned: row.int(4))
            return (refund: row.int(0), line: line)
        }
        let shares = try connection.all(.selectRefundShares, order.rawValue) { row throws(LedgerError) in
            let payment = PaymentID(order: order, number: row.int(1))
            let amount = Money(minorUnits: row.int64(2), currency: currency)
            return (refund: row.int(0), share: Refund.Share(payment: payment, amount: amount))
        }
        return try connection.all(.selectRefunds, order.rawValue) { row throws(LedgerError) in
            let number = row.int(0)
            return Refund(
                order: order,
                number: number,
                amount: Money(minorUnits: row.int64(1), currency: currency),
                tax: Money(minorUnits: row.int64(2), currency: currency),
                lines: lines.filter { $0.refund == number }.map(\.line),
                shares: shares.filter { $0.refund == number }.map(\.share),
                reason: row.optionalText(3),
                refundedAt: .milliseconds(row.int64(4))
            )
        }
    }
}
