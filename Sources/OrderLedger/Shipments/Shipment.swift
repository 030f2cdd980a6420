/// Units of an order that left together.
public struct Shipment: Sendable, Hashable {
    /// The order that they are of.
    public let order: OrderID
    /// 1 for the order's first shipment.
    public let number: Int
    /// Who carries it, as the host said.
    public let carrier: String?
    /// The carrier's name of it, as the host said.
    public let tracking: String?
    /// What is in it.
    public let lines: [LineQuantity]
    /// When it left, since 1970-01-01 00:00 UTC, in whole milliseconds by the ledger's clock.
    public let shippedAt: Duration
    /// When it arrived, or `nil` as long as it did not.
    public let deliveredAt: Duration?
}

/// Units of one line of an order.
public struct LineQuantity: Sendable, Hashable {
    /// The line, counted from 1 as in ``Order/lines``.
    public var line: Int
    /// How many units of it.
    public var quantity: Int

    /// Names units of a line.
    public init(line: Int, quantity: Int) {
        self.line = line
        self.quantity = quantity
    }
}

/// What leaves together.
public struct ShipmentRequest: Sendable, Hashable {
    /// The caller's name for this request: sent twice, it ships once.
    public var idempotencyKey: String
    /// What leaves, each line at most once; `nil` is everything that has not left yet.
    public var lines: [LineQuantity]?
    /// Who carries it.
    public var carrier: String?
    /// The carrier's name of it.
    public var tracking: String?

    /// Describes a request.
    public init(
        idempotencyKey: String,
        lines: [LineQuantity]? = nil,
        carrier: String? = nil,
        tracking: String? = nil
    ) {
        self.idempotencyKey = idempotencyKey
        self.lines = lines
        self.carrier = carrier
        self.tracking = tracking
    }
}

extension ShipmentRequest {
    /// - Throws: `invalidRequest`, naming the part that no ledger could accept.
    func validate(_ limits: LedgerConfiguration) throws(LedgerError) {
        try limits.checkText(idempotencyKey, "idempotency key")
        try limits.checkText(carrier, "carrier")
        try limits.checkText(tracking, "tracking name")
        if let lines { try limits.checkLineQuantities(lines, "shipment \(idempotencyKey)") }
    }

    /// The request with its key; equal for equal requests only.
    func keyed(_ order: OrderID) -> KeyedRequest {
        var digest = RequestDigest(.ship)
        digest.append(order.rawValue)
        digest.append(carrier)
        digest.append(tracking)
        digest.append(lines?.count ?? -1)
        for line in lines ?? [] {
            digest.append(line.line)
            digest.append(line.quantity)
        }
        return KeyedRequest(idempotencyKey, digest)
    }
}

extension LedgerConfiguration {
    /// - Throws: `invalidRequest` for no line, too many, one that stands twice, or a quantity out of range.
    func checkLineQuantities(_ lines: [LineQuantity], _ what: String) throws(LedgerError) {
        guard (1...linesMax).contains(lines.count), Set(lines.map(\.line)).count == lines.count else {
            throw LedgerError(.invalidRequest, "\(what) has \(lines.count) lines: pass 1 to \(linesMax), each once")
        }
        for line in lines { try checkQuantity(line.quantity, of: "line \(line.line) of \(what)") }
    }
}
