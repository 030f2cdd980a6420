internal import VitrineSync

/// What a customer asks for.
public struct OrderRequest: Sendable, Hashable {
    /// The caller's name for this request: sent twice, it places one order.
    public var idempotencyKey: String
    /// Who orders.
    public var customer: String
    /// What is ordered; each SKU at most once, all in one currency.
    public var lines: [Line]
    /// What is taken off the whole order, at most the sum of its lines: each line gets its share in proportion to its
    /// price, such that the shares sum to exactly the discount.
    public var discount: Money?
    /// Whether the products' prices contain the tax already; else it is added to them.
    public var pricesIncludeTax: Bool
    /// How it is paid.
    public var payment: PaymentTerms
    /// The cart whose units the order takes before it takes others from stock.
    ///
    /// It must be open. The order's lines need not be the cart's: what the cart held beyond them goes back into stock.
    public var cart: CartID?

    /// Describes a request.
    public init(
        idempotencyKey: String,
        customer: String,
        lines: [Line],
        discount: Money? = nil,
        pricesIncludeTax: Bool = false,
        payment: PaymentTerms = .later,
        cart: CartID? = nil
    ) {
        self.idempotencyKey = idempotencyKey
        self.customer = customer
        self.lines = lines
        self.discount = discount
        self.pricesIncludeTax = pricesIncludeTax
        self.payment = payment
        self.cart = cart
    }

    /// Some units of one product.
    public struct Line: Sendable, Hashable {
        /// Which product.
        public var sku: String
        /// How many units, from 1 to 1,000,000,000.
        public var quantity: Int
        /// What is taken off this line, at most its price.
        public var discount: Money?
        /// The tax on what remains after discounts.
        public var taxRate: TaxRate

        /// Asks for `quantity` units of `sku`.
        public init(sku: String, quantity: Int, discount: Money? = nil, taxRate: TaxRate = .zero) {
            self.sku = sku
            self.quantity = quantity
            self.discount = discount
            self.taxRate = taxRate
        }
    }
}

/// How an order is paid when it is placed.
@nonexhaustive
public enum PaymentTerms: Sendable, Hashable {
    /// Later: an intent of the total is written, and the order waits for its payment.
    case later
    /// A provider holds the total, for so long from now; the ledger gives the hold up by itself when it runs out.
    case authorized(PaymentReference, for: Duration)
    /// A provider took the total already: the order is paid from the start.
    case captured(PaymentReference)
    /// The total comes out of an account that the host has opened: the order is paid from the start.
    case account(String)
}

/// A rate of tax.
public struct TaxRate: Sendable, Hashable {
    /// Millionths: 190,000 is 19 %.
    public let partsPerMillion: Int

    /// No tax.
    public static let zero = TaxRate(checked: 0)

    /// A rate in millionths, from 0 to 1,000,000.
    ///
    /// - Throws: `LedgerError` with `invalidRequest` for any other.
    public init(partsPerMillion: Int) throws {
        guard 0...1_000_000 ~= partsPerMillion else {
            throw LedgerError(.invalidRequest, "a tax rate of \(partsPerMillion) millionths: pass 0 to 1000000")
        }
        self.init(checked: partsPerMillion)
    }

    private init(checked: Int) {
        partsPerMillion = checked
    }
}

/// Units of one product that one line or delivery may move.
let quantityRange = 1...1_000_000_000

extension OrderRequest {
    /// - Throws: `invalidRequest`, naming the part that no ledger could accept.
    func validate(_ limits: LedgerConfiguration) throws(LedgerError) {
        try limits.checkText(idempotencyKey, "idempotency key")
        try limits.checkText(customer, "customer")
        switch payment {
        case .later: break
        case .authorized(let reference, let hold):
            try limits.checkReference(reference)
            try checkHold(hold, "authorisation")
        case .captured(let reference): try limits.checkReference(reference)
        case .account(let name): try limits.checkText(name, "account")
        }
        try limits.checkLines(lines.map { ($0.sku, $0.quantity) }, of: "request \(idempotencyKey)")
        for case let discount? in [discount] + lines.map(\.discount) where discount.minorUnits < 0 {
            throw LedgerError(.invalidRequest, "a discount of \(discount): pass zero or more")
        }
    }

    /// The request with its key; equal for equal requests only.
    var keyed: KeyedRequest {
        var digest = RequestDigest(.place)
        digest.append(customer)
        digest.append(lines.count)
        for line in lines {
            digest.append(line.sku)
            digest.append(line.quantity)
            digest.append(line.discount)
            digest.append(line.taxRate.partsPerMillion)
        }
        digest.append(discount)
        digest.append(pricesIncludeTax ? 1 : 0)
        digest.append(cart?.rawValue ?? 0)
        switch payment {
        case .later: digest.append(0)
        case .authorized(let reference, let hold):
            digest.append(1)
            digest.append(reference)
            digest.append(hold.wholeMilliseconds)
        case .captured(let reference):
            digest.append(2)
            digest.append(reference)
        case .account(let name):
            digest.append(3)
            digest.append(name)
        }
        return KeyedRequest(idempotencyKey, digest)
    }
}
