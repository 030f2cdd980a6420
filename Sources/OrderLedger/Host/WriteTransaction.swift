/// The ledger inside one write, for what must happen together: what ``Ledger/write(_:)`` hands to its body.
///
/// Everything that is done through it is one savepoint: all of it is committed and durable when `write` returns, or
/// none of it. A call that throws has taken back what it did, so that the body may catch the error and go on. The body
/// runs on the writer's thread, and every other write waits for it: no network, no sleeping. It is of use inside the
/// body only.
public final class WriteTransaction {
    private let core: WriterCore
    private var isOpen = true

    init(core: WriterCore) {
        self.core = core
    }

    func end() {
        isOpen = false
    }

    private func run<Done: Command>(_ command: Done) throws(LedgerError) -> Done.Value {
        guard isOpen else { throw LedgerError(.isClosed, "the write has ended; call this inside its body") }
        return try core.performPart { core throws(LedgerError) in try command.perform(core) }
    }

    private var limits: LedgerConfiguration { core.configuration }

    /// All rows of one statement, with values for its parameters `?1`, `?2`, …; it sees what was done before it.
    ///
    /// It may read everything and write tables whose names begin with `host_`, creating them first; the ledger's own
    /// change through its calls only. A statement that fails takes back only itself: catch the error to go on.
    /// - Throws: ``LedgerError`` with `sqlRefused`, `constraintFailed`, `databaseFailed`, `invalidRequest`.
    @discardableResult
    public func execute(_ sql: String, _ values: SQLiteValue...) throws -> [SQLiteRow] {
        guard isOpen else { throw LedgerError(.isClosed, "the write has ended; call this inside its body") }
        return try core.connection.hostRows(sql, values)
    }

    /// Writes an event for subscribers, which they see after the commit: an outbox of the host's own.
    ///
    /// - Parameters:
    ///   - topic: what the event is about, at most ``LedgerConfiguration/textBytesMax`` bytes.
    ///   - payload: whatever its readers agreed upon, at most 1 MiB.
    public func emit(topic: String, payload: [UInt8] = []) throws {
        try run(LedgerCommands.emit(topic, payload, limits))
    }

    /// As ``Ledger/place(_:)``.
    public func place(_ request: OrderRequest) throws -> Order {
        try run(PlaceCommand(request, limits))
    }

    /// As ``Ledger/authorize(_:amount:_:for:key:)``.
    public func authorize(
        _ order: OrderID,
        amount: Money? = nil,
        _ reference: PaymentReference,
        for hold: Duration,
        key: String
    ) throws -> Payment {
        try run(AuthorizeCommand(order, amount, reference, hold: hold, key: key, limits))
    }

    /// As ``Ledger/capture(_:amount:key:)``.
    public func capture(_ payment: PaymentID, amount: Money? = nil, key: String) throws -> Payment {
        try run(CaptureCommand(payment, amount, key: key, limits))
    }

    /// As ``Ledger/void(_:)``.
    public func void(_ payment: PaymentID) throws -> Payment {
        try run(VoidCommand(id: payment))
    }

    /// As ``Ledger/pay(_:_:)``.
    public func pay(_ order: OrderID, _ reference: PaymentReference) throws -> Order {
        try run(PayCommand(order, reference, limits))
    }

    /// As ``Ledger/pay(_:from:)``.
    public func pay(_ order: OrderID, from account: String) throws -> Order {
        try run(PayCommand(order, account: account, limits))
    }

    /// As ``Ledger/fulfill(_:)``.
    public func fulfill(_ order: OrderID) throws -> Order {
        try run(SimpleCommand { core throws(LedgerError) in try OrderMoves(core: core).fulfill(order) })
    }

    /// As ``Ledger/ship(_:_:)``.
    public func ship(_ order: OrderID, _ request: ShipmentRequest) throws -> Shipment {
        try run(ShipCommand(order, request, limits))
    }

    /// As ``Ledger/cancel(_:)``.
    public func cancel(_ order: OrderID) throws -> Order {
        try run(SimpleCommand { core throws(LedgerError) in try OrderMoves(core: core).cancel(order) })
    }

    /// As ``Ledger/refund(_:_:)``.
    public func refund(_ order: OrderID, _ request: RefundRequest) throws -> Refund {
        try run(RefundCommand(order, request, limits))
    }

    /// As ``Ledger/reserve(_:)``.
    public func reserve(_ request: CartRequest) throws -> Cart {
        try run(ReserveCommand(request, limits))
    }

    /// As ``Ledger/release(_:)``.
    public func release(_ cart: CartID) throws {
        try run(SimpleCommand { core throws(LedgerError) in try CartWriter(core: core).release(cart) })
    }

    /// As ``Ledger/transfer(_:)``.
    public func transfer(_ request: TransferRequest) throws {
        try run(TransferCommand(request, limits))
    }
}
