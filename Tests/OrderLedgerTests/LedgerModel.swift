import OrderLedger

/// What a ledger promises, without a disk: every operation's outcome, and every figure that it leaves.
struct LedgerModel {
    struct Hold {
        var state: PaymentState
        var amount: Int64
        var captured: Int64 = 0
        var refunded: Int64 = 0
        var expires = Duration.zero
        var time = Duration.zero
    }

    struct ModelOrder {
        var request: OrderRequest
        var state: OrderState
        var total: Int64
        var holds: [Hold]
        /// Units of each line that have left, and that were refunded.
        var shipped: [Int]
        var refunded: [Int]
        var captured: Int64 { holds.reduce(0) { $0 + $1.captured } }
        var givenBack: Int64 = 0
        /// What nobody has captured or holds.
        var open: Int64 {
            total
                - holds.reduce(0) { sum, hold in
                    switch hold.state {
                    case .authorized: sum + hold.amount
                    case .captured: sum + hold.captured
                    default: sum
                    }
                }
        }
    }

    struct ModelCart {
        var lines: [CartRequest.Line]
        var state: CartState
        var expires: Duration
        var time: Duration
    }

    var now: Duration
    private var latest = Duration.zero
    var stock: [String: Int] = [:]
    var prices: [String: Int64] = [:]
    var orders: [OrderID: ModelOrder] = [:]
    var keys: [String: OrderID] = [:]
    var carts: [CartID: ModelCart] = [:]

    init(now: Duration) {
        self.now = now
    }

    /// Does what the ledger does at the beginning of each write.
    mutating func expire() {
        // After a jump back nothing holds for longer from now than it was asked to.
        if now < latest {
            for (id, cart) in carts { carts[id]?.expires = min(cart.expires, now + cart.time) }
            for (id, order) in orders {
                for (index, hold) in order.holds.enumerated() {
                    orders[id]?.holds[index].expires = min(hold.expires, now + hold.time)
                }
            }
        }
        latest = now
        for (id, cart) in carts where cart.state == .open && cart.expires <= now { close(id, .expired) }
        for (id, order) in orders {
            for (index, hold) in order.holds.enumerated() where hold.state == .authorized && hold.expires <= now {
                orders[id]?.holds[index].state = hold.captured > 0 ? .captured : .expired
            }
        }
    }

    // Orders

    /// The outcome that placing must have: an error's code, or `nil` for an order.
    func outcome(of request: OrderRequest) -> LedgerError.Code? {
        if let id = keys[request.idempotencyKey] {
            return orders[id]?.request == request ? nil : .idempotencyConflict
        }
        var available = stock
        if let cart = request.cart {
            guard let held = carts[cart] else { return .unknownCart }
            guard held.state == .open else { return .cartClosed }
            for line in held.lines { available[line.sku, default: 0] += line.quantity }
        }
        for line in request.lines {
            guard let units = available[line.sku] else { return .unknownProduct }
            guard units >= line.quantity else { return .insufficientStock }
        }
        return nil
    }

    mutating func place(_ request: OrderRequest, as id: OrderID) {
        guard keys[request.idempotencyKey] == nil else { return }
        keys[request.idempotencyKey] = id
        if let cart = request.cart { close(cart, .ordered) }
        var total: Int64 = 0
        for line in request.lines {
            stock[line.sku, default: 0] -= line.quantity
            total += Int64(line.quantity) * (prices[line.sku] ?? 0)
        }
        var holds: [Hold] = []
        var state = OrderState.placed
        switch request.payment {
        case .authorized(_, let time):
            holds = [Hold(state: .authorized, amount: total, expires: now + time, time: time)]
        case .captured, .account:
            holds = [Hold(state: .captured, amount: total, captured: total)]
            state = .paid
        default: holds = [Hold(state: .intended, amount: total)]
        }
        if total == 0 { (holds, state) = ([], .paid) }
        orders[id] = ModelOrder(
            request: request,
            state: state,
            total: total,
            holds: holds,
            shipped: request.lines.map { _ in 0 },
            refunded: request.lines.map { _ in 0 }
        )
    }

    /// The outcome of cancelling; the change, if it is `nil`.
    mutating func cancel(_ id: OrderID) -> LedgerError.Code? {
        guard var order = orders[id] else { return .unknownOrder }
        guard order.state.canMove(to: .cancelled), order.shipped.allSatisfy({ $0 == 0 }) else {
            return .illegalTransition
        }
        for index in order.holds.indices {
            let hold = order.holds[index]
            order.holds[index].refunded = hold.captured
            if hold.state == .intended { order.holds[index].state = .voided }
            if hold.state == .authorized { order.holds[index].state = hold.captured > 0 ? .captured : .voided }
        }
        order.givenBack = order.captured
        order.state = .cancelled
        for line in order.request.lines { stock[line.sku, default: 0] += line.quantity }
        orders[id] = order
        return nil
    }

    mutating func fulfill(_ id: OrderID) -> LedgerError.Code? {
        guard let order = orders[id] else { return .unknownOrder }
        guard order.state.canMove(to: .fulfilled) else { return .illegalTransition }
        orders[id]?.state = .fulfilled
        return nil
    }

    /// Ships everything that has not left, or `units` of one line.
    mutating func ship(_ id: OrderID, _ line: LineQuantity?) -> LedgerError.Code? {
        guard var order = orders[id] else { return .unknownOrder }
        guard order.state == .fulfilled || order.state == .partiallyRefunded else { return .illegalTransition }
        var left = order.request.lines.indices.map { unshipped(order, $0) }
        if let line {
            guard left[line.line - 1] >= line.quantity else { return .quantityExceeded }
            order.shipped[line.line - 1] += line.quantity
            left[line.line - 1] -= line.quantity
        } else {
            guard left.contains(where: { $0 > 0 }) else { return .illegalTransition }
            for index in left.indices { order.shipped[index] += left[index] }
            left = left.map { _ in 0 }
        }
        if order.state == .fulfilled, left.allSatisfy({ $0 == 0 }) { order.state = .shipped }
        orders[id] = order
        return nil
    }

    // Only amounts: what refunds of units cost is the subject of other tests.
    mutating func refund(_ id: OrderID, _ amount: Int64) -> LedgerError.Code? {
        guard var order = orders[id] else { return .unknownOrder }
        guard order.state.canMove(to: .partiallyRefunded) else { return .illegalTransition }
        guard amount <= order.captured - order.givenBack else { return .amountExceeded }
        order.givenBack += amount
        order.state = order.givenBack == order.total ? .refunded : .partiallyRefunded
        orders[id] = order
        return nil
    }

    // Payments

    mutating func authorize(_ id: OrderID, _ amount: Int64, _ time: Duration) -> LedgerError.Code? {
        guard let order = orders[id] else { return .unknownOrder }
        guard order.state == .placed else { return .illegalTransition }
        guard amount <= order.open else { return .amountExceeded }
        add(Hold(state: .authorized, amount: amount, expires: now + time, time: time), to: id)
        return nil
    }

    mutating func pay(_ id: OrderID) -> LedgerError.Code? {
        guard let order = orders[id] else { return .unknownOrder }
        guard order.state == .placed else { return .illegalTransition }
        guard order.open > 0 else { return .amountExceeded }
        add(Hold(state: .captured, amount: order.open, captured: order.open), to: id)
        settle(id)
        return nil
    }

    mutating func capture(_ id: OrderID, _ index: Int, _ amount: Int64) -> LedgerError.Code? {
        guard let order = orders[id], order.holds.indices.contains(index) else { return .unknownPayment }
        let hold = order.holds[index]
        guard hold.state == .authorized else { return .illegalPaymentTransition }
        guard amount <= hold.amount - hold.captured else { return .amountExceeded }
        orders[id]?.holds[index].captured += amount
        if hold.captured + amount == hold.amount { orders[id]?.holds[index].state = .captured }
        settle(id)
        return nil
    }

    mutating func void(_ id: OrderID, _ index: Int) -> LedgerError.Code? {
        guard let order = orders[id], order.holds.indices.contains(index) else { return .unknownPayment }
        let hold = order.holds[index]
        guard hold.state == .authorized || hold.state == .intended else { return .illegalPaymentTransition }
        orders[id]?.holds[index].state = hold.captured > 0 ? .captured : .voided
        return nil
    }

    /// A payment fulfils the intent, or a part of it.
    private mutating func add(_ hold: Hold, to id: OrderID) {
        guard var order = orders[id] else { return }
        if let intent = order.holds.firstIndex(where: { $0.state == .intended }) {
            if order.holds[intent].amount <= hold.amount {
                order.holds[intent] = hold
            } else {
                order.holds[intent].amount -= hold.amount
                order.holds.append(hold)
            }
        } else {
            order.holds.append(hold)
        }
        orders[id] = order
    }

    private mutating func settle(_ id: OrderID) {
        if let order = orders[id], order.captured == order.total { orders[id]?.state = .paid }
    }

    // Carts

    func outcome(of request: CartRequest) -> LedgerError.Code? {
        for line in request.lines {
            guard let units = stock[line.sku] else { return .unknownProduct }
            guard units >= line.quantity else { return .insufficientStock }
        }
        return nil
    }

    mutating func reserve(_ request: CartRequest, as id: CartID) {
        for line in request.lines { stock[line.sku, default: 0] -= line.quantity }
        carts[id] = ModelCart(lines: request.lines, state: .open, expires: now + request.hold, time: request.hold)
    }

    mutating func release(_ id: CartID) -> LedgerError.Code? {
        guard carts[id]?.state == .open else { return .cartClosed }
        close(id, .released)
        return nil
    }

    private mutating func close(_ id: CartID, _ state: CartState) {
        guard let cart = carts[id] else { return }
        for line in cart.lines { stock[line.sku, default: 0] += line.quantity }
        carts[id]?.state = state
    }

    private func unshipped(_ order: ModelOrder, _ index: Int) -> Int {
        order.request.lines[index].quantity - order.shipped[index] - order.refunded[index]
    }
}
