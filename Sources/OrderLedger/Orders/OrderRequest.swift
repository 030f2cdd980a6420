internal import VitrineIO

/// What a customer asks for.
public struct OrderRequest: Sendable, Hashable {
    /// The caller's name for this request: sent twice, it places one order.
    public var idempotencyKey: String
    /// Who orders.
    public var customer: String
    /// What is ordered; each SKU at most once, all in one currency.
    public var lines: [Line]
    /// The payment, when it was taken already: the order is then `paid` from the start.
    public var payment: Payment?

    /// Describes a request.
    public init(idempotencyKey: String, customer: String, lines: [Line], payment: Payment? = nil) {
        self.idempotencyKey = idempotencyKey
        self.customer = customer
        self.lines = lines
        self.payment = payment
    }

    /// Some units of one product.
    public struct Line: Sendable, Hashable {
        /// Which product.
        public var sku: String
        /// How many units, from 1 to 1,000,000,000.
        public var quantity: Int

        /// Asks for `quantity` units of `sku`.
        public init(sku: String, quantity: Int) {
            self.sku = sku
            self.quantity = quantity
        }
    }
}

/// Units of one product that one line or delivery may move.
let quantityRange = 1...1_000_000_000

extension OrderRequest {
    /// - Throws: `invalidRequest`, naming the part that no ledger could accept.
    func validate(_ limits: LedgerConfiguration) throws(LedgerError) {
        try limits.checkText(idempotencyKey, "idempotency key")
        try limits.checkText(customer, "customer")
        if let payment {
            try limits.checkText(payment.provider, "payment provider")
            try limits.checkText(payment.reference, "payment reference")
        }
        guard !lines.isEmpty, lines.count <= limits.linesMax else {
            throw LedgerError(
                .invalidRequest,
                "\(lines.count) lines in request \(idempotencyKey): pass 1 to \(limits.linesMax)"
            )
        }
        var seen: Set<String> = []
        for line in lines {
            try limits.checkText(line.sku, "SKU")
            try checkQuantity(line.quantity, of: line.sku)
            guard seen.insert(line.sku).inserted else {
                throw LedgerError(.invalidRequest, "SKU \(line.sku) stands on two lines: add them up")
            }
        }
    }

    /// Bytes that are equal for equal requests only, whatever the process: kept with the key to compare later ones.
    ///
    /// A version byte (1); the customer; the number of lines; per line the SKU and the quantity; 0, or 1 and the
    /// payment's provider and reference. Texts are a length and UTF-8, numbers are LEB128.
    var canonicalBytes: [UInt8] {
        var bytes: [UInt8] = [1]
        func append(_ text: String) {
            bytes.appendVarint(UInt64(text.utf8.count))
            bytes.append(contentsOf: text.utf8)
        }
        append(customer)
        bytes.appendVarint(UInt64(lines.count))
        for line in lines {
            append(line.sku)
            bytes.appendVarint(UInt64(bitPattern: Int64(line.quantity)))
        }
        bytes.append(payment == nil ? 0 : 1)
        if let payment {
            append(payment.provider)
            append(payment.reference)
        }
        return bytes
    }
}

extension LedgerConfiguration {
    /// - Throws: `invalidRequest` when `text` is empty, too long, or has a zero byte, which SQL text cannot carry.
    func checkText(_ text: String, _ what: String) throws(LedgerError) {
        let count = text.utf8.count
        guard (1...textBytesMax).contains(count), !text.utf8.contains(0) else {
            throw LedgerError(
                .invalidRequest,
                "\(what) of \(count) bytes: pass 1 to \(textBytesMax), none of them zero"
            )
        }
    }
}

/// - Throws: `invalidRequest` when no line or delivery may move so many units.
func checkQuantity(_ quantity: Int, of sku: String) throws(LedgerError) {
    guard quantityRange.contains(quantity) else {
        throw LedgerError(
            .invalidRequest,
            "\(quantity) units of SKU \(sku): pass \(quantityRange.lowerBound) to \(quantityRange.upperBound)"
        )
    }
}
