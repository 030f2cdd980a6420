internal import VitrineSQLite
internal import VitrineSync

/// Places orders: one write of a group, inside its savepoint.
struct OrderPlacing {
    let core: WriterCore
    private var connection: Connection { core.connection }
    private var journal: Journal { Journal(core: core) }

    /// Places the order of `request`, or finds the one that it placed before.
    func place(_ request: OrderRequest, _ key: KeyedRequest) throws(LedgerError) -> Order {
        var placed: Order?
        let (outcome, _) = try KeyWriter(core: core).once(key) { () throws(LedgerError) in
            let order = try place(request)
            placed = order
            return KeyWriter.Outcome(id: order.id.rawValue)
        }
        if let placed { return placed }
        return try OrderReader(connection: connection).existing(OrderID(rawValue: outcome.id))
    }

    private func place(_ request: OrderRequest) throws(LedgerError) -> Order {
        // Stock first: who asks for more than there is, as many do at once in a sale, has written nothing yet.
        var products = request.cart == nil ? try taken(request.lines) : []
        let customer = try CustomerWriter(core: core).id(of: request.customer)
        let id = OrderID(rawValue: try journal.open(.placed))
        if let cart = request.cart {
            try CartWriter(core: core).empty(cart)
            products = try taken(request.lines)
        }
        let lines = try priced(request, products)
        let order = try headed(request, id, lines)
        try connection.run(
            .insertOrder,
            id.rawValue,
            customer,
            order.state.rawValue,
            order.total.currency.code,
            order.total.minorUnits,
            order.tax.minorUnits,
            order.captured.minorUnits,
            core.now
        )
        for (index, line) in lines.enumerated() {
            try connection.run(
                .insertLine,
                id.rawValue,
                index + 1,
                products[index].id,
                line.quantity,
                line.unitPrice.minorUnits,
                line.discount.minorUnits,
                line.tax.minorUnits,
                line.total.minorUnits
            )
        }
        let net = try arithmetic { try order.total.subtracting(order.tax) }
        try journal.post(net, to: .receivable, from: .revenue, in: id.rawValue)
        try journal.post(order.tax, to: .receivable, from: .tax, in: id.rawValue, line: 2)
        if let cart = request.cart {
            try connection.run(.closeCart, cart.rawValue, CartState.ordered.rawValue, id.rawValue)
        }
        try pay(request.payment, order)
        core.noteOrderPlaced()
        return order
    }

    private func priced(_ request: OrderRequest, _ products: [TakenProduct]) throws(LedgerError) -> [Order.Line] {
        guard let currency = products.first?.price.currency else {
            throw LedgerError(.invalidRequest, "no line in request \(request.idempotencyKey)")
        }
        var items: [Pricing.Item] = []
        items.reserveCapacity(products.count)
        for (line, product) in zip(request.lines, products) {
            guard product.price.currency == currency else {
                throw LedgerError(
                    .currencyMismatch,
                    "SKU \(line.sku) is sold in \(product.price.currency), the order's first line in \(currency)"
                )
            }
            items.append(
                Pricing.Item(
                    quantity: line.quantity,
                    unitPrice: product.price,
                    discount: line.discount,
                    taxRate: line.taxRate
                )
            )
        }
        let pricing = Pricing(pricesIncludeTax: request.pricesIncludeTax)
        let amounts = try pricing.amounts(of: items, discount: request.discount, currency: currency)
        return request.lines.indices.map { index in
            Order.Line(
                sku: request.lines[index].sku,
                quantity: request.lines[index].quantity,
                unitPrice: products[index].price,
                discount: amounts[index].discount,
                tax: amounts[index].tax,
                total: amounts[index].total
            )
        }
    }

    private func taken(_ lines: [OrderRequest.Line]) throws(LedgerError) -> [TakenProduct] {
        var products: [TakenProduct] = []
        products.reserveCapacity(lines.count)
        for line in lines { products.append(try StockWriter(core: core).take(line.quantity, of: line.sku)) }
        return products
    }

    /// The order with its sums, and its state by the terms of its payment.
    private func headed(
        _ request: OrderRequest,
        _ id: OrderID,
        _ lines: [Order.Line]
    ) throws(LedgerError) -> Order {
        let zero = Money.zero(lines[0].total.currency)
        let total = try arithmetic { try lines.reduce(zero) { try $0.adding($1.total) } }
        let tax = try arithmetic { try lines.reduce(zero) { try $0.adding($1.tax) } }
        guard total.minorUnits <= totalMax else {
            throw LedgerError(
                .amountOverflow,
                "an order of \(total) passes the \(totalMax) minor units that one may have"
            )
        }
        let isPaid =
            switch request.payment {
            case .later, .authorized: total.minorUnits == 0
            case .captured, .account: true
            }
        return Order(
            id: id,
            customer: request.customer,
            state: isPaid ? .paid : .placed,
            lines: lines,
            total: total,
            tax: tax,
            captured: isPaid ? total : zero,
            refunded: zero,
            placedAt: .milliseconds(core.now)
        )
    }

    /// Writes the order's first payment; an order that costs nothing has none.
    private func pay(_ terms: PaymentTerms, _ order: Order) throws(LedgerError) {
        guard order.total.minorUnits > 0 else { return }
        let payments = PaymentWriter(core: core)
        let id = PaymentID(order: order.id, number: 1)
        switch terms {
        case .later: try payments.insertIntent(id, order.total)
        case .authorized(let reference, let hold):
            try payments.insertAuthorization(id, order.total, reference, hold.wholeMilliseconds)
        case .captured(let reference): try payments.insertCapture(id, order.total, .provider(reference))
        case .account(let name):
            let account = try AccountWriter(core: core).existing(name)
            try payments.insertCapture(id, order.total, .account(account))
        }
    }
}

/// Minor units of one order: a hundred billion euros, and little enough that the sums over all orders that a disk can
/// hold, which `audit` takes in 64 bits, do not overflow in practice.
private let totalMax: Int64 = 10_000_000_000_000

/// The rows of customers, which come with their first order or cart.
struct CustomerWriter {
    let core: WriterCore

    func id(of reference: String) throws(LedgerError) -> Int64 {
        if let id = core.cache.customer(reference) { return id }
        let id: Int64
        if let known = try core.connection.first(.selectCustomer, reference, read: { $0.int64(0) }) {
            id = known
        } else {
            try core.connection.run(.insertCustomer, reference)
            id = core.connection.lastInsertedID
        }
        core.cache.keep(customer: reference, id)
        return id
    }
}
