/// Reads of orders and products, on whatever connection has them.
struct OrderReader {
    let connection: Connection

    /// The order of `id`; two statements, to be run in one snapshot.
    func order(_ id: OrderID) throws(LedgerError) -> Order? {
        let head = try connection.first(.selectOrder, id.rawValue) { row throws(LedgerError) in try orderHead(row) }
        guard let head else { return nil }
        return try complete(head)
    }

    /// At most `limit` orders of `customer` with ids below `before`, the newest first.
    func orders(of customer: String, limit: Int, before: OrderID?) throws(LedgerError) -> [Order] {
        let heads = try connection.all(
            .selectOrdersOfCustomer,
            customer,
            before?.rawValue ?? Int64.max,
            limit
        ) { row throws(LedgerError) in try orderHead(row) }
        var orders: [Order] = []
        orders.reserveCapacity(heads.count)
        for head in heads { orders.append(try complete(head)) }
        return orders
    }

    /// What the ledger knows of the product of that SKU.
    func product(_ sku: String) throws(LedgerError) -> ProductRow? {
        try connection.first(.selectProduct, sku) { row throws(LedgerError) in
            ProductRow(
                id: row.int64(0),
                sku: sku,
                price: Money(minorUnits: row.int64(2), currency: try currency(row.text(1), of: "product \(sku)")),
                stock: row.int(3)
            )
        }
    }

    private func complete(_ head: OrderHead) throws(LedgerError) -> Order {
        let lines = try connection.all(.selectLines, head.id.rawValue) { row throws(LedgerError) in
            try line(row, of: head)
        }
        return Order(
            id: head.id,
            customer: head.customer,
            state: head.state,
            lines: lines,
            total: head.total,
            payment: head.payment,
            placedAt: head.placedAt
        )
    }

    private func orderHead(_ row: Statement) throws(LedgerError) -> OrderHead {
        let id = OrderID(rawValue: row.int64(0))
        guard let state = OrderState(rawValue: row.int(2)) else {
            throw damaged("order \(id)", "state \(row.int(2))")
        }
        return OrderHead(
            id: id,
            customer: row.text(1),
            state: state,
            total: Money(minorUnits: row.int64(4), currency: try currency(row.text(3), of: "order \(id)")),
            payment: row.isNull(6) ? nil : Payment(provider: row.text(6), reference: row.text(7)),
            placedAt: .milliseconds(row.int64(5))
        )
    }

    private func line(_ row: Statement, of head: OrderHead) throws(LedgerError) -> Order.Line {
        let quantity = row.int64(1)
        let unitPrice = row.int64(2)
        let (total, overflow) = unitPrice.multipliedReportingOverflow(by: quantity)
        if overflow { throw damaged("order \(head.id)", "a line of \(quantity) at \(unitPrice)") }
        return Order.Line(
            sku: row.text(0),
            quantity: Int(quantity),
            unitPrice: Money(minorUnits: unitPrice, currency: head.total.currency),
            total: Money(minorUnits: total, currency: head.total.currency)
        )
    }

    private func currency(_ code: String, of what: String) throws(LedgerError) -> Currency {
        guard let currency = Currency(known: code) else { throw damaged(what, "currency \"\(code)\"") }
        return currency
    }

    private func damaged(_ what: String, _ value: String) -> LedgerError {
        LedgerError(.corrupted, "\(connection.path): \(what) has \(value); restore it from a snapshot")
    }
}

/// A product as the writer needs it.
struct ProductRow: Sendable {
    let id: Int64
    let sku: String
    let price: Money
    let stock: Int
}

/// An order without its lines.
private struct OrderHead {
    let id: OrderID
    let customer: String
    let state: OrderState
    let total: Money
    let payment: Payment?
    let placedAt: Duration
}
