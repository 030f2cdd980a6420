internal import VitrineSQLite

/// An order without its lines.
struct OrderHead {
    let id: OrderID
    let customer: String
    let state: OrderState
    let total: Money
    let tax: Money
    let captured: Money
    let refunded: Money
    let placedAt: Duration
}

/// A line of an order as the writer needs it.
struct OrderLineRow {
    let line: Int
    let product: Int64
    let quantity: Int
    let total: Int64
    let tax: Int64
}

/// Reads of orders, on whatever connection has them.
struct OrderReader {
    let connection: Connection

    /// The order of `id`; two statements, to be run in one snapshot.
    func order(_ id: OrderID) throws(LedgerError) -> Order? {
        guard let head = try head(id) else { return nil }
        return try complete(head)
    }

    /// The order of `id`, which must be there.
    func existing(_ id: OrderID) throws(LedgerError) -> Order {
        try complete(try existingHead(id))
    }

    /// The order of `id` without its lines.
    func head(_ id: OrderID) throws(LedgerError) -> OrderHead? {
        try connection.first(.selectOrder, id.rawValue) { row throws(LedgerError) in try orderHead(row) }
    }

    /// The same, which must be there.
    func existingHead(_ id: OrderID) throws(LedgerError) -> OrderHead {
        guard let head = try head(id) else { throw LedgerError(.unknownOrder, "there is no order \(id)") }
        return head
    }

    /// At most `limit` orders of `customer` with ids below `before`, the newest first.
    func orders(of customer: String, limit: Int, before: OrderID?) throws(LedgerError) -> [Order] {
        guard let id = try connection.first(.selectCustomer, customer, read: { $0.int64(0) }) else { return [] }
        return try complete(
            try connection.all(.selectOrdersOfCustomer, id, before?.rawValue ?? Int64.max, limit) {
                row throws(LedgerError) in try orderHead(row)
            }
        )
    }

    /// At most `limit` orders in `state`, placed from `from` on and before `end`, the oldest first, after `cursor`.
    func orders(
        in state: OrderState,
        from: Int64,
        to end: Int64,
        limit: Int,
        after cursor: OrderCursor?
    ) throws(LedgerError) -> [Order] {
        try complete(
            try connection.all(
                .selectOrdersByState,
                state.rawValue,
                cursor?.milliseconds ?? from,
                cursor?.id.rawValue ?? Int64.min,
                end,
                limit
            ) { row throws(LedgerError) in try orderHead(row) }
        )
    }

    /// The order's lines as rows.
    func lineRows(of id: OrderID) throws(LedgerError) -> [OrderLineRow] {
        try connection.all(.selectLineRows, id.rawValue) { row in
            OrderLineRow(
                line: row.int(0),
                product: row.int64(1),
                quantity: row.int(2),
                total: row.int64(3),
                tax: row.int64(4)
            )
        }
    }

    /// What the ledger knows of the product of that SKU.
    func product(_ sku: String) throws(LedgerError) -> ProductRow? {
        try connection.first(.selectProduct, sku) { row throws(LedgerError) in try productRow(row) }
    }

    /// At most `limit` products below their reorder points, those with the fewest units first, after `cursor`.
    func productsToReorder(limit: Int, after cursor: Product?, id: Int64) throws(LedgerError) -> [ProductRow] {
        try connection.all(.selectProductsToReorder, cursor?.stock ?? 0, id, limit) { row throws(LedgerError) in
            try productRow(row)
        }
    }

    private func productRow(_ row: Statement) throws(LedgerError) -> ProductRow {
        let sku = row.text(1)
        return ProductRow(
            id: row.int64(0),
            product: Product(
                sku: sku,
                name: row.text(2),
                price: Money(minorUnits: row.int64(4), currency: try row.currency(3, of: "product \(sku)")),
                stock: row.int(5),
                reorderPoint: row.int(6)
            )
        )
    }

    private func complete(_ heads: [OrderHead]) throws(LedgerError) -> [Order] {
        var orders: [Order] = []
        orders.reserveCapacity(heads.count)
        for head in heads { orders.append(try complete(head)) }
        return orders
    }

    private func complete(_ head: OrderHead) throws(LedgerError) -> Order {
        let currency = head.total.currency
        let lines = try connection.all(.selectLines, head.id.rawValue) { row in
            Order.Line(
                sku: row.text(0),
                quantity: row.int(1),
                unitPrice: Money(minorUnits: row.int64(2), currency: currency),
                discount: Money(minorUnits: row.int64(3), currency: currency),
                tax: Money(minorUnits: row.int64(4), currency: currency),
                total: Money(minorUnits: row.int64(5), currency: currency)
            )
        }
        return Order(
            id: head.id,
            customer: head.customer,
            state: head.state,
            lines: lines,
            total: head.total,
            tax: head.tax,
            captured: head.captured,
            refunded: head.refunded,
            placedAt: head.placedAt
        )
    }

    private func orderHead(_ row: Statement) throws(LedgerError) -> OrderHead {
        let id = OrderID(rawValue: row.int64(0))
        guard let state = OrderState(rawValue: row.int(2)) else {
            throw row.damaged("order \(id)", "state \(row.int(2))")
        }
        let currency = try row.currency(3, of: "order \(id)")
        return OrderHead(
            id: id,
            customer: row.text(1),
            state: state,
            total: Money(minorUnits: row.int64(4), currency: currency),
            tax: Money(minorUnits: row.int64(5), currency: currency),
            captured: Money(minorUnits: row.int64(6), currency: currency),
            refunded: Money(minorUnits: row.int64(7), currency: currency),
            placedAt: .milliseconds(row.int64(8))
        )
    }
}

/// A product with its row's number.
struct ProductRow: Sendable {
    let id: Int64
    let product: Product
    var price: Money { product.price }
    var stock: Int { product.stock }
}

extension Statement {
    /// A currency's code.
    ///
    /// - Throws: `corrupted`, naming `what` has it, when it is none.
    func currency(_ column: Int32, of what: @autoclosure () -> String) throws(LedgerError) -> Currency {
        let code = text(column)
        guard let currency = Currency(known: code) else { throw damaged(what(), "currency \"\(code)\"") }
        return currency
    }

    /// TEXT, or `nil` for NULL.
    func optionalText(_ column: Int32) -> String? {
        isNull(column) ? nil : text(column)
    }

    /// The error for a value that the ledger never wrote.
    func damaged(_ what: String, _ value: String) -> LedgerError {
        LedgerError(.corrupted, "\(path): \(what) has \(value); restore it from a snapshot")
    }
}
