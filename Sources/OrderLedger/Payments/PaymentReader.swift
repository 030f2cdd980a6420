internal import VitrineSQLite

/// Reads of payments, on whatever connection has them.
struct PaymentReader {
    let connection: Connection

    /// All payments of an order, the first first.
    func payments(of order: OrderID, _ currency: Currency) throws(LedgerError) -> [Payment] {
        try connection.all(.selectPayments, order.rawValue) { row throws(LedgerError) in
            let id = PaymentID(order: order, number: row.int(0))
            guard let state = PaymentState(rawValue: row.int(1)) else {
                throw row.damaged("payment \(id)", "state \(row.int(1))")
            }
            let isProvided = !row.isNull(5)
            return Payment(
                id: id,
                state: state,
                amount: Money(minorUnits: row.int64(2), currency: currency),
                captured: Money(minorUnits: row.int64(3), currency: currency),
                refunded: Money(minorUnits: row.int64(4), currency: currency),
                reference: isProvided ? PaymentReference(provider: row.text(5), reference: row.text(6)) : nil,
                account: row.optionalText(7),
                expiresAt: row.isNull(8) ? nil : .milliseconds(row.int64(8))
            )
        }
    }

    /// One payment, which must be there.
    func existing(_ id: PaymentID) throws(LedgerError) -> Payment {
        let head = try OrderReader(connection: connection).existingHead(id.order)
        guard let payment = try payments(of: id.order, head.total.currency).first(where: { $0.id == id }) else {
            throw LedgerError(.unknownPayment, "order \(id.order) has no payment \(id.number)")
        }
        return payment
    }

    /// How much of an order was captured or is held.
    func covered(_ order: OrderHead) throws(LedgerError) -> Money {
        let payments = try payments(of: order.id, order.total.currency)
        return try arithmetic {
            try payments.reduce(.zero(order.total.currency)) { sum, payment in
                switch payment.state {
                case .authorized: try sum.adding(payment.amount)
                case .captured: try sum.adding(payment.captured)
                case .intended, .voided, .expired: sum
                }
            }
        }
    }
}
