/// Money of an order that was given back, and what became of the goods.
public struct Refund: Sendable, Hashable {
    /// The order.
    public let order: OrderID
    /// 1 for the order's first refund.
    public let number: Int
    /// What was given back.
    public let amount: Money
    /// The tax within it.
    public let tax: Money
    /// The lines that it was for; empty for one of an amount alone.
    public let lines: [RefundRequest.Line]
    /// How much went back to which payment; the shares sum to the amount.
    public let shares: [Share]
    /// Why, as the host said.
    public let reason: String?
    /// When, since 1970-01-01 00:00 UTC, in whole milliseconds by the ledger's clock.
    public let refundedAt: Duration

    /// What went back to one payment.
    public struct Share: Sendable, Hashable {
        /// The payment.
        public let payment: PaymentID
        /// What it got back.
        public let amount: Money
    }
}

/// What is to be given back.
public struct RefundRequest: Sendable, Hashable {
    /// The caller's name for this request: sent twice, it refunds once.
    public var idempotencyKey: String
    /// The units that it is for; each line at most once.
    public var lines: [Line]
    /// How much; `nil` is what the units of `lines` cost, or all that is left when there are none.
    public var amount: Money?
    /// Why.
    public var reason: String?

    /// Describes a request.
    public init(idempotencyKey: String, lines: [Line] = [], amount: Money? = nil, reason: String? = nil) {
        self.idempotencyKey = idempotencyKey
        self.lines = lines
        self.amount = amount
        self.reason = reason
    }

    /// Units of one line.
    public struct Line: Sendable, Hashable {
        /// The line, counted from 1 as in ``Order/lines``.
        public var line: Int
        /// How many units of it, those first that have not left yet: they go back into stock.
        public var quantity: Int
        /// How many of those that had left came back fit to be sold, and go into stock.
        public var returned: Int

        /// Asks to refund units of a line.
        public init(line: Int, quantity: Int, returned: Int = 0) {
            self.line = line
            self.quantity = quantity
            self.returned = returned
        }
    }
}

extension RefundRequest {
    /// - Throws: `invalidRequest`, naming the part that no ledger could accept.
    func validate(_ limits: LedgerConfiguration) throws(LedgerError) {
        try limits.checkText(idempotencyKey, "idempotency key")
        try limits.checkText(reason, "reason")
        if let amount { try checkAmount(amount, "a refund") }
        if !lines.isEmpty {
            let quantities = lines.map { LineQuantity(line: $0.line, quantity: $0.quantity) }
            try limits.checkLineQuantities(quantities, "refund \(idempotencyKey)")
        }
        for line in lines where !(0...line.quantity).contains(line.returned) {
            throw LedgerError(
                .invalidRequest,
                "line \(line.line): \(line.returned) of \(line.quantity) units returned; pass 0 to \(line.quantity)"
            )
        }
    }

    /// The request with its key; equal for equal requests only.
    func keyed(_ order: OrderID) -> KeyedRequest {
        var digest = RequestDigest(.refund)
        digest.append(order.rawValue)
        digest.append(amount)
        digest.append(reason)
        digest.append(lines.count)
        for line in lines {
            digest.append(line.line)
            digest.append(line.quantity)
            digest.append(line.returned)
        }
        return KeyedRequest(idempotencyKey, digest)
    }
}
