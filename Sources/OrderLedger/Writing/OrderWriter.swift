/// Orders placed, paid and cancelled: each method is one write of a group, inside its savepoint.
struct OrderWriter {
    let core: WriterCore
    private var connection: Connection { core.connection }
    private var reader: OrderReader { OrderReader(connection: core.connection) }
    private var journal: Journal { Journal(connection: core.connection) }

    /// Places the order of `request`, or finds the one that it placed before.
    func place(_ request: OrderRequest) throws(LedgerError) -> Order {
        let bytes = request.canonicalBytes
        if let earlier = try earlierOrder(of: request, bytes) { return earlier }
        let now = core.nowMilliseconds
        var products: [ProductRow] = []
        var lines: [Order.Line] = []
        for line in request.lines {
            let product = try take(line)
            products.append(product)
            lines.append(try priced(line, product))
        }
        let total = try sum(lines, of: request)
        let state: OrderState = request.payment == nil ? .placed : .paid
        try connection.run(
            .insertOrder,
            request.customer,
            state.rawValue,
            total.currency.code,
            total.minorUnits,
            now
        )
        let id = OrderID(rawValue: connection.lastInsertedID)
        try connection.run(.insertKey, request.idempotencyKey, id.rawValue, bytes)
        for (index, line) in lines.enumerated() {
            let product = products[index].id
            try connection.run(.insertLine, id.rawValue, index + 1, product, line.quantity, line.unitPrice.minorUnits)
        }
        let entry = try journal.open(.place, order: id, at: now)
        for (index, line) in lines.enumerated() {
            try journal.post(
                line.quantity,
                of: products[index].id,
                to: .sold,
                from: .onHand,
                in: entry,
                line: index + 1
            )
        }
        try journal.post(total, to: .receivable, from: .revenue, in: entry)
        if let payment = request.payment { try record(payment, of: total, for: id, at: now) }
        core.noteOrderPlaced()
        return Order(
            id: id,
            customer: request.customer,
            state: state,
            lines: lines,
            total: total,
            payment: request.payment,
            placedAt: .milliseconds(now)
        )
    }

    /// Notes that the order was paid.
    func pay(_ id: OrderID, _ payment: Payment) throws(LedgerError) -> Order {
        let order = try move(id, to: .paid)
        try record(payment, of: order.total, for: id, at: core.nowMilliseconds)
        return try existing(id)
    }

    /// Takes the order back: its stock, and its money if it was paid.
    func cancel(_ id: OrderID) throws(LedgerError) -> Order {
        let order = try move(id, to: .cancelled)
        let entry = try journal.open(.cancel, order: id, at: core.nowMilliseconds)
        let products = try connection.all(.selectLines, id.rawValue) { row throws(LedgerError) in row.int64(3) }
        for (index, (line, product)) in zip(order.lines, products).enumerated() {
            try connection.run(.addStock, product, line.quantity)
            try journal.post(line.quantity, of: product, to: .onHand, from: .sold, in: entry, line: index + 1)
        }
        try journal.post(order.total, to: .revenue, from: order.state == .paid ? .cash : .receivable, in: entry)
        return try existing(id)
    }

    /// The order that the request's key stands for, if there is one.
    private func earlierOrder(of request: OrderRequest, _ bytes: [UInt8]) throws(LedgerError) -> Order? {
        let earlier = try connection.first(.selectKey, request.idempotencyKey) { row throws(LedgerError) in
            (id: OrderID(rawValue: row.int64(0)), request: row.bytes(1))
        }
        guard let earlier else { return nil }
        guard earlier.request == bytes else {
            throw LedgerError(
                .idempotencyConflict,
                """
                key \(request.idempotencyKey) stands for order \(earlier.id), which another request placed: use a new \
                key for a new order
                """,
                details: .idempotencyConflict(order: earlier.id)
            )
        }
        return try existing(earlier.id)
    }

    /// Takes a line's units out of stock, if there are as many.
    private func take(_ line: OrderRequest.Line) throws(LedgerError) -> ProductRow {
        guard let product = try reader.product(line.sku) else { throw unknownProduct(line.sku) }
        try connection.run(.takeStock, product.id, line.quantity)
        guard connection.changes == 1 else {
            throw LedgerError(
                .insufficientStock,
                "SKU \(line.sku): \(line.quantity) asked, \(product.stock) available; ask for fewer, or restock",
                details: .insufficientStock(sku: line.sku, asked: line.quantity, available: product.stock)
            )
        }
        return product
    }

    private func priced(_ line: OrderRequest.Line, _ product: ProductRow) throws(LedgerError) -> Order.Line {
        try Order.Line(
            sku: line.sku,
            quantity: line.quantity,
            unitPrice: product.price,
            total: arithmetic { try product.price.multiplied(by: Int64(line.quantity)) }
        )
    }

    private func sum(_ lines: [Order.Line], of request: OrderRequest) throws(LedgerError) -> Money {
        guard let first = lines.first else {
            throw LedgerError(.invalidRequest, "no line in request \(request.idempotencyKey)")
        }
        let total = try arithmetic {
            try lines.dropFirst().reduce(first.total) { sum, line in try sum.adding(line.total) }
        }
        guard total.minorUnits <= totalMax else {
            throw LedgerError(
                .amountOverflow,
                "an order of \(total) passes the \(totalMax) minor units that one may have"
            )
        }
        return total
    }

    /// Checks the move against the state machine and makes it; returns the order as it was before.
    private func move(_ id: OrderID, to next: OrderState) throws(LedgerError) -> Order {
        let order = try existing(id)
        guard order.state.canMove(to: next) else {
            throw LedgerError(
                .illegalTransition,
                "order \(id) is \(order.state) and cannot become \(next)",
                details: .illegalTransition(order: id, from: order.state, to: next)
            )
        }
        try connection.run(.updateState, id.rawValue, next.rawValue)
        return order
    }

    private func record(
        _ payment: Payment,
        of total: Money,
        for id: OrderID,
        at now: Int64
    ) throws(LedgerError) {
        try connection.run(.insertPayment, id.rawValue, payment.provider, payment.reference, now)
        let entry = try journal.open(.pay, order: id, at: now)
        try journal.post(total, to: .cash, from: .receivable, in: entry)
    }

    private func existing(_ id: OrderID) throws(LedgerError) -> Order {
        guard let order = try reader.order(id) else { throw LedgerError(.unknownOrder, "there is no order \(id)") }
        return order
    }
}

/// Minor units of one order: a hundred billion euros, and little enough that the sums over all orders that a disk can
/// hold, which `audit` takes in 64 bits, do not overflow in practice.
private let totalMax: Int64 = 10_000_000_000_000

/// The error for a SKU that names nothing.
func unknownProduct(_ sku: String) -> LedgerError {
    LedgerError(.unknownProduct, "there is no product of SKU \(sku); add it first")
}

/// Runs arithmetic on money, whose only errors are the module's own.
private func arithmetic(_ body: () throws -> Money) throws(LedgerError) -> Money {
    do {
        return try body()
    } catch let error as LedgerError {
        throw error
    } catch {
        throw LedgerError(.amountOverflow, "an amount could not be worked out", cause: error)
    }
}
