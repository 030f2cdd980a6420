internal import VitrineSync

/// Something that a host asks the ledger to do: checked when it is made, on the caller's thread, and done by the
/// writer, alone or as a part of a host's transaction.
protocol Command: Sendable {
    associatedtype Value: Sendable

    /// Does it: one write of a group, inside its savepoint.
    func perform(_ core: WriterCore) throws(LedgerError) -> Value
}

/// Places an order.
struct PlaceCommand: Command {
    private let request: OrderRequest
    private let key: KeyedRequest

    init(_ request: OrderRequest, _ limits: LedgerConfiguration) throws(LedgerError) {
        try request.validate(limits)
        self.request = request
        key = request.keyed
    }

    func perform(_ core: WriterCore) throws(LedgerError) -> Order {
        try OrderPlacing(core: core).place(request, key)
    }
}

/// Notes that a provider holds money.
struct AuthorizeCommand: Command {
    private let order: OrderID
    private let amount: Money?
    private let reference: PaymentReference
    private let hold: Duration
    private let key: KeyedRequest

    init(
        _ order: OrderID,
        _ amount: Money?,
        _ reference: PaymentReference,
        hold: Duration,
        key: String,
        _ limits: LedgerConfiguration
    ) throws(LedgerError) {
        try limits.checkText(key, "idempotency key")
        try limits.checkReference(reference)
        try checkHold(hold, "an authorisation")
        if let amount { try checkAmount(amount, "an authorisation") }
        (self.order, self.amount, self.reference, self.hold) = (order, amount, reference, hold)
        var digest = RequestDigest(.authorize)
        digest.append(order.rawValue)
        digest.append(amount)
        digest.append(reference)
        digest.append(hold.wholeMilliseconds)
        self.key = KeyedRequest(key, digest)
    }

    func perform(_ core: WriterCore) throws(LedgerError) -> Payment {
        let (outcome, _) = try KeyWriter(core: core).once(key) { () throws(LedgerError) in
            try PaymentWriter(core: core).authorize(order, amount, reference, hold: hold.wholeMilliseconds)
        }
        return try payment(outcome, core)
    }
}

/// Takes money out of a hold.
struct CaptureCommand: Command {
    private let id: PaymentID
    private let amount: Money?
    private let key: KeyedRequest

    init(_ id: PaymentID, _ amount: Money?, key: String, _ limits: LedgerConfiguration) throws(LedgerError) {
        try limits.checkText(key, "idempotency key")
        if let amount { try checkAmount(amount, "a capture") }
        (self.id, self.amount) = (id, amount)
        var digest = RequestDigest(.capture)
        digest.append(id.order.rawValue)
        digest.append(id.number)
        digest.append(amount)
        self.key = KeyedRequest(key, digest)
    }

    func perform(_ core: WriterCore) throws(LedgerError) -> Payment {
        let (outcome, _) = try KeyWriter(core: core).once(key) { () throws(LedgerError) in
            try PaymentWriter(core: core).capture(id, amount)
        }
        return try payment(outcome, core)
    }
}

/// Gives up an intent, or what is left of a hold.
struct VoidCommand: Command {
    let id: PaymentID

    func perform(_ core: WriterCore) throws(LedgerError) -> Payment {
        try PaymentWriter(core: core).void(id)
        return try payment(KeyWriter.Outcome(id: id.order.rawValue, number: id.number), core)
    }
}

/// Pays the rest of an order in one step.
struct PayCommand: Command {
    private let order: OrderID
    private let reference: PaymentReference?
    private let account: String

    init(_ order: OrderID, _ reference: PaymentReference, _ limits: LedgerConfiguration) throws(LedgerError) {
        try limits.checkReference(reference)
        (self.order, self.reference, account) = (order, reference, "")
    }

    init(_ order: OrderID, account: String, _ limits: LedgerConfiguration) throws(LedgerError) {
        try limits.checkText(account, "account")
        (self.order, reference, self.account) = (order, nil, account)
    }

    func perform(_ core: WriterCore) throws(LedgerError) -> Order {
        if let reference {
            _ = try PaymentWriter(core: core).pay(order, .provider(reference))
        } else {
            let account = try AccountWriter(core: core).existing(account)
            _ = try PaymentWriter(core: core).pay(order, .account(account))
        }
        return try OrderReader(connection: core.connection).existing(order)
    }
}

/// Ships units of an order.
struct ShipCommand: Command {
    private let order: OrderID
    private let request: ShipmentRequest
    private let key: KeyedRequest

    init(_ order: OrderID, _ request: ShipmentRequest, _ limits: LedgerConfiguration) throws(LedgerError) {
        try request.validate(limits)
        (self.order, self.request, key) = (order, request, request.keyed(order))
    }

    func perform(_ core: WriterCore) throws(LedgerError) -> Shipment {
        let (outcome, _) = try KeyWriter(core: core).once(key) { () throws(LedgerError) in
            try ShipmentWriter(core: core).ship(order, request)
        }
        let shipments = try ShipmentReader(connection: core.connection).shipments(of: order)
        guard let shipment = shipments.first(where: { $0.number == outcome.number }) else {
            throw LedgerError(.unknownShipment, "order \(order) has no shipment \(outcome.number)")
        }
        return shipment
    }
}

/// Gives money of an order back.
struct RefundCommand: Command {
    private let order: OrderID
    private let request: RefundRequest
    private let key: KeyedRequest

    init(_ order: OrderID, _ request: RefundRequest, _ limits: LedgerConfiguration) throws(LedgerError) {
        try request.validate(limits)
        (self.order, self.request, key) = (order, request, request.keyed(order))
    }

    func perform(_ core: WriterCore) throws(LedgerError) -> Refund {
        let (outcome, _) = try KeyWriter(core: core).once(key) { () throws(LedgerError) in
            try RefundWriter(core: core).refund(order, request)
        }
        let head = try OrderReader(connection: core.connection).existingHead(order)
        let refunds = try RefundReader(connection: core.connection).refunds(of: head)
        guard let refund = refunds.first(where: { $0.number == outcome.number }) else {
            throw LedgerError(.corrupted, "order \(order) has no refund \(outcome.number), which its key stands for")
        }
        return refund
    }
}

/// Takes units out of stock and holds them.
struct ReserveCommand: Command {
    private let request: CartRequest
    private let key: KeyedRequest

    init(_ request: CartRequest, _ limits: LedgerConfiguration) throws(LedgerError) {
        try request.validate(limits)
        (self.request, key) = (request, request.keyed)
    }

    func perform(_ core: WriterCore) throws(LedgerError) -> Cart {
        let (outcome, _) = try KeyWriter(core: core).once(key) { () throws(LedgerError) in
            try CartWriter(core: core).reserve(request)
        }
        return try CartReader(connection: core.connection).existing(CartID(rawValue: outcome.id))
    }
}

/// Moves money between accounts.
struct TransferCommand: Command {
    private let request: TransferRequest
    private let key: KeyedRequest

    init(_ request: TransferRequest, _ limits: LedgerConfiguration) throws(LedgerError) {
        try request.validate(limits)
        (self.request, key) = (request, request.keyed)
    }

    func perform(_ core: WriterCore) throws(LedgerError) {
        _ = try KeyWriter(core: core).once(key) { () throws(LedgerError) in
            try AccountWriter(core: core).transfer(request)
        }
    }
}

/// Books a delivery.
struct RestockCommand: Command {
    private let sku: String
    private let quantity: Int
    private let key: KeyedRequest?

    init(_ sku: String, _ quantity: Int, key: String?, _ limits: LedgerConfiguration) throws(LedgerError) {
        try limits.checkText(sku, "SKU")
        try checkQuantity(quantity, of: sku)
        try limits.checkText(key, "idempotency key")
        (self.sku, self.quantity) = (sku, quantity)
        var digest = RequestDigest(.restock)
        digest.append(sku)
        digest.append(quantity)
        self.key = key.map { KeyedRequest($0, digest) }
    }

    func perform(_ core: WriterCore) throws(LedgerError) {
        let writer = ProductWriter(core: core)
        guard let key else {
            _ = try writer.restock(sku: sku, by: quantity)
            return
        }
        _ = try KeyWriter(core: core).once(key) { () throws(LedgerError) in try writer.restock(sku: sku, by: quantity) }
    }
}

/// Does something that needs no check of its own.
struct SimpleCommand<Value: Sendable>: Command {
    private let body: @Sendable (WriterCore) throws(LedgerError) -> Value

    init(_ body: @escaping @Sendable (WriterCore) throws(LedgerError) -> Value) {
        self.body = body
    }

    func perform(_ core: WriterCore) throws(LedgerError) -> Value {
        try body(core)
    }
}

/// The payment that a command made.
private func payment(_ outcome: KeyWriter.Outcome, _ core: WriterCore) throws(LedgerError) -> Payment {
    let id = PaymentID(order: OrderID(rawValue: outcome.id), number: outcome.number)
    return try PaymentReader(connection: core.connection).existing(id)
}
