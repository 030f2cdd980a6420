extension Money {
    /// Cuts the amount into shares in proportion to `weights`, such that the shares sum to exactly the amount.
    ///
    /// The method of largest remainders (Hamilton): each share is its exact value rounded towards zero, and the minor
    /// units that are left over go, one each, to the shares that lost most by the rounding, the earlier first when two
    /// lost the same. So no share is a whole minor unit off, and a weight of zero gets nothing. O(n log n).
    ///
    /// - Throws: `LedgerError` with `invalidAllocation` when there is no weight above zero, one below zero, or their
    ///   sum does not fit 64 bits.
    public func allocated(by weights: [Int64]) throws -> [Money] {
        let whole = try Money.sum(ofWeights: weights)
        let magnitude = Int128(minorUnits).magnitude
        let divisions = weights.map { UInt128($0) * magnitude }.map { $0.quotientAndRemainder(dividingBy: whole) }
        var shares = divisions.map(\.quotient)
        let leftOver = Int(magnitude - shares.reduce(0, +))
        let byLoss = divisions.indices.sorted {
            (divisions[$1].remainder, $0) < (divisions[$0].remainder, $1)
        }
        for index in byLoss.prefix(leftOver) { shares[index] += 1 }
        return shares.map { share in
            // No share is larger than the amount, so that it fits with either sign.
            let value = minorUnits < 0 ? -Int128(share) : Int128(share)
            return Money(minorUnits: Int64(value), currency: currency)
        }
    }

    /// Cuts the amount into `count` shares that differ by at most one minor unit, the larger first.
    ///
    /// - Parameter count: From 1 to 1,000,000.
    /// - Throws: `LedgerError` with `invalidAllocation` when `count` is not one of these.
    public func split(into count: Int) throws -> [Money] {
        guard 1...1_000_000 ~= count else {
            throw LedgerError(.invalidAllocation, "\(count) shares were asked for; there can be 1 to 1,000,000")
        }
        return try allocated(by: Array(repeating: 1, count: count))
    }

    private static func sum(ofWeights weights: [Int64]) throws -> UInt128 {
        var sum: Int64 = 0
        for (index, weight) in weights.enumerated() {
            let (next, overflow) = sum.addingReportingOverflow(weight)
            guard weight >= 0, !overflow else {
                throw LedgerError(
                    .invalidAllocation,
                    "weight \(weight) at index \(index): pass weights of zero or more whose sum fits 64 bits"
                )
            }
            sum = next
        }
        guard sum > 0 else {
            throw LedgerError(.invalidAllocation, "no weight above zero: there is nobody to give the amount to")
        }
        return UInt128(sum)
    }
}
