/// Works out what each line of an order costs: discounts and tax in exact shares, nothing rounded away.
///
/// 1. A line's price is its quantity times the unit price, less its own discount.
/// 2. The order's discount is cut into shares in proportion to these prices.
/// 3. Lines of one rate are taxed together: the tax on their sum, rounded half up, is cut into shares in proportion to
///    what each line costs by then. So the tax on an invoice is right to the minor unit, whatever its number of lines.
struct Pricing {
    /// A line before it is priced.
    struct Item {
        let quantity: Int
        let unitPrice: Money
        let discount: Money?
        let taxRate: TaxRate
    }

    /// A line's amounts.
    struct Amounts {
        var discount: Money
        var tax: Money
        var total: Money
    }

    let pricesIncludeTax: Bool

    /// The amounts of each item; all must be of `currency`.
    func amounts(of items: [Item], discount: Money?, currency: Currency) throws(LedgerError) -> [Amounts] {
        let zero = Money.zero(currency)
        var amounts: [Amounts] = []
        amounts.reserveCapacity(items.count)
        for item in items {
            let gross = try arithmetic { try item.unitPrice.multiplied(by: Int64(item.quantity)) }
            let own = item.discount ?? zero
            let net = try arithmetic { try gross.subtracting(own) }
            guard net.minorUnits >= 0 else { throw excess(own, gross) }
            amounts.append(Amounts(discount: own, tax: zero, total: net))
        }
        if let discount, discount.minorUnits > 0 { try share(discount, over: &amounts) }
        if items.contains(where: { $0.taxRate != .zero }) { try tax(items, &amounts) }
        return amounts
    }

    private func share(_ discount: Money, over amounts: inout [Amounts]) throws(LedgerError) {
        let prices = amounts.map(\.total.minorUnits)
        let sum = try total(amounts.map(\.total))
        guard try arithmetic({ try sum.subtracting(discount) }).minorUnits >= 0 else { throw excess(discount, sum) }
        let shares = try arithmetic { try discount.allocated(by: prices) }
        for (index, share) in shares.enumerated() {
            amounts[index].discount = try arithmetic { try amounts[index].discount.adding(share) }
            amounts[index].total = try arithmetic { try amounts[index].total.subtracting(share) }
        }
    }

    private func tax(_ items: [Item], _ amounts: inout [Amounts]) throws(LedgerError) {
        let rates = Set(items.map(\.taxRate)).filter { $0 != .zero }.sorted { $0.partsPerMillion < $1.partsPerMillion }
        for rate in rates {
            let indices = items.indices.filter { items[$0].taxRate == rate }
            let base = try total(indices.map { amounts[$0].total })
            guard base.minorUnits > 0 else { continue }
            let tax = self.tax(on: base, at: rate)
            let shares = try arithmetic { try tax.allocated(by: indices.map { amounts[$0].total.minorUnits }) }
            for (index, share) in zip(indices, shares) {
                amounts[index].tax = share
                if !pricesIncludeTax {
                    amounts[index].total = try arithmetic { try amounts[index].total.adding(share) }
                }
            }
        }
    }

    /// The tax that is on top of `base`, or in it, rounded half up.
    private func tax(on base: Money, at rate: TaxRate) -> Money {
        let whole = Int128(1_000_000) + (pricesIncludeTax ? Int128(rate.partsPerMillion) : 0)
        let exact = Int128(base.minorUnits) * Int128(rate.partsPerMillion)
        // No larger than the base, for no rate is above one.
        return Money(minorUnits: Int64((2 * exact + whole) / (2 * whole)), currency: base.currency)
    }

    private func total(_ amounts: [Money]) throws(LedgerError) -> Money {
        guard let first = amounts.first else { throw LedgerError(.invalidRequest, "nothing to add up") }
        return try arithmetic { try amounts.dropFirst().reduce(first) { try $0.adding($1) } }
    }

    private func excess(_ discount: Money, _ price: Money) -> LedgerError {
        LedgerError(.invalidRequest, "a discount of \(discount) on \(price): it cannot be more than the price")
    }
}
