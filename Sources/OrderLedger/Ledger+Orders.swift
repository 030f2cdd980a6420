// Products
extension Ledger {
    /// Adds a product; its stock arrives by a posting, as later deliveries do.
    ///
    /// - Throws: ``LedgerError`` with `duplicateProduct`, or `invalidRequest` for a negative price or stock.
    public func addProduct(
        sku: String,
        name: String,
        price: Money,
        stock: Int,
        reorderPoint: Int = 0
    ) async throws {
        try await run(LedgerCommands.addProduct(sku, name, price, stock, reorderPoint, configuration))
    }

    /// Changes a product's price, for orders that are placed from now on, in its own currency.
    ///
    /// - Throws: ``LedgerError`` with `unknownProduct`, `currencyMismatch`, or `invalidRequest` for a negative price.
    public func setPrice(_ price: Money, of sku: String) async throws {
        try await run(LedgerCommands.setPrice(price, sku, configuration))
    }

    /// Has the product show in ``productsToReorder(limit:after:)`` when it has fewer units than this; 0 for never.
    ///
    /// - Throws: ``LedgerError`` with `unknownProduct` or `invalidRequest`.
    public func setReorderPoint(_ units: Int, of sku: String) async throws {
        try await run(LedgerCommands.setReorderPoint(units, sku, configuration))
    }

    /// Books a delivery of `quantity` units, from 1 to 1,000,000,000.
    ///
    /// - Parameters:
    ///   - sku: what arrived.
    ///   - quantity: how many units.
    ///   - key: the delivery's own number: sent twice, it arrives once. Without one, look at the stock after `ioFailed`.
    /// - Throws: ``LedgerError`` with `unknownProduct`, `idempotencyConflict` or `invalidRequest`.
    public func restock(sku: String, by quantity: Int, key: String? = nil) async throws {
        try await run(RestockCommand(sku, quantity, key: key, configuration))
    }
}

// Orders
extension Ledger {
    /// Places an order: takes its stock, fixes its prices, posts its money.
    ///
    /// All of it or nothing. The same key with the same request returns the order that the first one placed, as it is
    /// now, whoever sends it and however often, for ``LedgerConfiguration/keyLifetime``. A request that was refused
    /// leaves its key unused.
    /// - Throws: ``LedgerError`` with `insufficientStock` (`details` has SKU, asked and available), `unknownProduct`,
    ///   `idempotencyConflict`, `currencyMismatch`, `amountOverflow` (a total past 10,000,000,000,000 minor units),
    ///   `cartClosed`, `unknownCart`, `unknownAccount`, `limitExceeded`, `invalidRequest`, `isOverloaded`.
    public func place(_ request: OrderRequest) async throws -> Order {
        try await run(PlaceCommand(request, configuration))
    }

    /// Notes that a paid order's goods are ready to leave.
    ///
    /// - Throws: ``LedgerError`` with `illegalTransition`, `unknownOrder`.
    public func fulfill(_ order: OrderID) async throws -> Order {
        try await run(SimpleCommand { core throws(LedgerError) in try OrderMoves(core: core).fulfill(order) })
    }

    /// Notes that units of a fulfilled order have left, all of it or a part; the last part makes the order `shipped`.
    ///
    /// - Throws: ``LedgerError`` with `illegalTransition`, `quantityExceeded` (`details` has what is left),
    ///   `idempotencyConflict`, `unknownOrder`, `invalidRequest`.
    public func ship(_ order: OrderID, _ request: ShipmentRequest) async throws -> Shipment {
        try await run(ShipCommand(order, request, configuration))
    }

    /// Notes that a shipment has arrived; the last one of a shipped order makes it `delivered`.
    ///
    /// One that had arrived already is left as it is: the call can be repeated.
    /// - Throws: ``LedgerError`` with `unknownShipment`, `unknownOrder`.
    public func deliver(_ order: OrderID, shipment: Int) async throws -> Order {
        try await run(
            SimpleCommand { core throws(LedgerError) in
                try ShipmentWriter(core: core).deliver(order, shipment: shipment)
            }
        )
    }

    /// Cancels an order of which nothing has left: its units are in stock again, its holds are given up, and what was
    /// captured goes back.
    ///
    /// The ledger books the refund; having the provider pay it out is the host's.
    /// - Throws: ``LedgerError`` with `illegalTransition`, `unknownOrder`; `limitExceeded` when an account that paid
    ///   cannot take its money back.
    public func cancel(_ order: OrderID) async throws -> Order {
        try await run(SimpleCommand { core throws(LedgerError) in try OrderMoves(core: core).cancel(order) })
    }

    /// Gives money of a paid order back: for units of its lines, for an amount, or all that is left.
    ///
    /// Shares are exact: whatever is refunded in whatever steps, refunds of all units sum to the line's total and tax,
    /// and all refunds to the order's. What goes back to which payment is in proportion to what each has left.
    /// - Throws: ``LedgerError`` with `illegalTransition`, `quantityExceeded`, `amountExceeded` (`details` has what is
    ///   left), `currencyMismatch`, `limitExceeded`, `idempotencyConflict`, `unknownOrder`, `invalidRequest`.
    public func refund(_ order: OrderID, _ request: RefundRequest) async throws -> Refund {
        try await run(RefundCommand(order, request, configuration))
    }
}

// Payments
extension Ledger {
    /// Notes that a provider holds money for a placed order: the first of two phases.
    ///
    /// - Parameters:
    ///   - order: what is to be paid.
    ///   - amount: how much is held; `nil` for all that is neither captured nor held yet.
    ///   - reference: the provider's name of the hold.
    ///   - hold: for how long; then the ledger gives up by itself what was not captured.
    ///   - key: the caller's name for the request: sent twice, it holds once.
    /// - Throws: ``LedgerError`` with `illegalTransition`, `amountExceeded`, `idempotencyConflict`, `currencyMismatch`,
    ///   `unknownOrder`, `invalidRequest`.
    public func authorize(
        _ order: OrderID,
        amount: Money? = nil,
        _ reference: PaymentReference,
        for hold: Duration,
        key: String
    ) async throws -> Payment {
        try await run(AuthorizeCommand(order, amount, reference, hold: hold, key: key, configuration))
    }

    /// Captures money that is held: the second phase.
    ///
    /// It may be done in parts; once the order's total is captured, the order is `paid`.
    ///
    /// - Parameters:
    ///   - payment: the hold.
    ///   - amount: how much; `nil` for all that is left of it.
    ///   - key: the caller's name for the request: sent twice, it captures once.
    /// - Throws: ``LedgerError`` with `illegalPaymentTransition` when it was voided, has expired or is captured already,
    ///   `amountExceeded`, `illegalTransition`, `idempotencyConflict`, `unknownPayment`, `invalidRequest`.
    public func capture(_ payment: PaymentID, amount: Money? = nil, key: String) async throws -> Payment {
        try await run(CaptureCommand(payment, amount, key: key, configuration))
    }

    /// Gives up an intent, or what is left of a hold; what was captured stays.
    ///
    /// - Throws: ``LedgerError`` with `illegalPaymentTransition`, `unknownPayment`, `unknownOrder`.
    public func void(_ payment: PaymentID) async throws -> Payment {
        try await run(VoidCommand(id: payment))
    }

    /// Notes that a provider took all that was still owed of a placed order, in one step.
    ///
    /// - Throws: ``LedgerError`` with `illegalTransition` when it was paid already or cancelled, `amountExceeded` when
    ///   other payments hold all of it, `unknownOrder`, `invalidRequest`.
    public func pay(_ order: OrderID, _ reference: PaymentReference) async throws -> Order {
        try await run(PayCommand(order, reference, configuration))
    }

    /// Pays all that is still owed of a placed order out of an account that the host has opened: it is debited.
    ///
    /// - Throws: as ``pay(_:_:)``, and `unknownAccount`, `limitExceeded`.
    public func pay(_ order: OrderID, from account: String) async throws -> Order {
        try await run(PayCommand(order, account: account, configuration))
    }
}

// Carts
extension Ledger {
    /// Takes units out of stock and holds them in a cart for a time.
    ///
    /// When the time is over the ledger gives them back by itself: in the first write after that, or within
    /// ``LedgerConfiguration/expiryInterval`` when there is none.
    /// - Throws: ``LedgerError`` with `insufficientStock`, `unknownProduct`, `idempotencyConflict`, `invalidRequest`.
    public func reserve(_ request: CartRequest) async throws -> Cart {
        try await run(ReserveCommand(request, configuration))
    }

    /// Holds an open cart's units for its whole time again, from now on.
    ///
    /// - Throws: ``LedgerError`` with `cartClosed`, `unknownCart`.
    public func renew(_ cart: CartID) async throws -> Cart {
        try await run(
            SimpleCommand { core throws(LedgerError) in try CartWriter(core: core).renew(cart) }
        )
    }

    /// Gives an open cart's units back into stock.
    ///
    /// - Throws: ``LedgerError`` with `cartClosed`, `unknownCart`.
    public func release(_ cart: CartID) async throws {
        try await run(SimpleCommand { core throws(LedgerError) in try CartWriter(core: core).release(cart) })
    }
}

// Accounts
extension Ledger {
    /// Opens an account with a balance of zero.
    ///
    /// - Parameters:
    ///   - name: its name.
    ///   - currency: what it holds.
    ///   - limits: what its balance, debits less credits, may be, in minor units; zero must be within. A gift card that
    ///     can hold 500 euros and owes nothing is `-50_000...0`.
    /// - Throws: ``LedgerError`` with `duplicateAccount` or `invalidRequest`.
    public func openAccount(_ name: String, currency: Currency, limits: ClosedRange<Int64>) async throws {
        try await run(LedgerCommands.openAccount(name, currency, limits, configuration))
    }

    /// Moves money between two accounts, if both stay within their limits.
    ///
    /// - Throws: ``LedgerError`` with `limitExceeded` (`details` has the figures), `unknownAccount`, `currencyMismatch`,
    ///   `idempotencyConflict`, `invalidRequest`.
    public func transfer(_ request: TransferRequest) async throws {
        try await run(TransferCommand(request, configuration))
    }
}
