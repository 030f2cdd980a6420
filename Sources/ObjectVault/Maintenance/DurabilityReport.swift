internal import Glibc

/// How likely a pack is to be lost within a year, from how it is spread and how fast it is repaired.
///
/// The model: n shards on disks that fail independently at a constant rate λ; lost shards are made anew one after the
/// other, each in a mean time of 1/μ; data are lost when more than m are gone at once. In the birth-death chain of 0 to
/// m + 1 lost shards the rate of loss is, for μ much above λ, n (n − 1) … (n − m) λ^(m+1) / μ^m (D. A. Patterson, G. Gibson,
/// R. H. Katz, "A Case for Redundant Arrays of Inexpensive Disks", SIGMOD 1988, section 5, for m = 1; K. S. Trivedi,
/// Probability and Statistics with Reliability, Queuing, and Computer Science Applications, 2nd ed., chapter 8, for
/// such chains). The binomial figure is the chance that more than m of n fail within one repair time, for each of the
/// year's repair times.
///
/// Errors of software, of operators, and failures that hit several disks at once are outside of it: they dominate once a
/// figure has more than some ten nines.
public struct DurabilityEstimate: Sendable, Hashable {
    /// Shards that a pack is spread over.
    public var shards: Int
    /// Shards that may be lost.
    public var tolerated: Int
    /// The share of disks that fail within a year.
    public var annualFailureRate: Double
    /// The mean time in which a lost shard is found and made anew.
    public var repairTime: Duration
    /// The chance to lose a given pack within a year, by the chain.
    public var annualLossProbability: Double
    /// The same by the binomial distribution.
    public var annualLossProbabilityBinomial: Double

    /// Nines of durability: 11 for one loss in 10^11.
    public var nines: Double { -log10(annualLossProbability) }

    /// Reckons for a redundancy.
    ///
    /// - Parameters:
    ///   - redundancy: how packs are spread.
    ///   - annualFailureRate: the share of disks that fail within a year, above 0 and below 1; Backblaze's fleet had 1.4% in
    ///     2024's reports.
    ///   - repairTime: the mean time from a failure to the end of its repair: half the scrub's interval and the repair.
    /// - Throws: `VaultError.Code.invalidArgument` for figures out of their ranges.
    public init(
        _ redundancy: Redundancy,
        annualFailureRate: Double = 0.014,
        repairTime: Duration = .seconds(86_400)
    ) throws {
        guard repairTime > .zero, annualFailureRate > 0, annualFailureRate < 1 else {
            throw VaultError(
                .invalidArgument,
                "a failure rate of \(annualFailureRate) and a repair time of \(repairTime) are refused: both are "
                    + "positive, and the rate is below 1"
            )
        }
        shards = redundancy.shardCount
        tolerated = redundancy.parityShards
        self.annualFailureRate = annualFailureRate
        self.repairTime = repairTime
        let years = repairTime / .seconds(365.25 * 86_400)
        // The constant rate at which a share of `annualFailureRate` is gone after a year.
        let rate = -log(1 - annualFailureRate)
        let (n, m) = (Double(shards), Double(tolerated))
        // In logarithms, for the figures go below what a number can be.
        var logRate = (m + 1) * log(rate) + m * log(years)
        for lost in 0...tolerated { logRate += log(n - Double(lost)) }
        annualLossProbability = -expm1(-exp(logRate))

        let p = -expm1(-rate * years)
        var beyond = 0.0
        for lost in (tolerated + 1)...max(shards, tolerated + 1) where lost <= shards {
            let k = Double(lost)
            beyond += exp(
                lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + k * log(p) + (n - k) * log1p(-p)
            )
        }
        annualLossProbabilityBinomial = -expm1(log1p(-min(beyond, 1 - 1e-16)) / years)
    }
}

/// A tier's share of a durability report.
public struct TierDurability: Sendable, Hashable {
    /// The tier.
    public var tier: Tier
    /// Packs in it.
    public var packCount: Int
    /// The chance for each.
    public var estimate: DurabilityEstimate
    /// The chance that any of the tier's packs is lost within a year, were all independent.
    public var anyLossProbability: Double
    /// When the pack that was longest unread was last found well, since 1970; `nil` without packs.
    public var oldestScrub: Duration?
}

extension Vault {
    /// How safe what is stored is, tier by tier, by the redundancy that the configuration gives each.
    ///
    /// - Throws: `VaultError`: `.invalidArgument` for figures out of their ranges, `.isClosed`.
    public func durabilityReport(
        annualFailureRate: Double = 0.014,
        repairTime: Duration = .seconds(86_400)
    ) throws -> [TierDurability] {
        try health.checkReadable()
        let all = packs.all
        return try Tier.allCases.map { tier in
            let packs = all.filter { $0.tier == tier }
            let estimate = try DurabilityEstimate(
                configuration[tier].redundancy,
                annualFailureRate: annualFailureRate,
                repairTime: repairTime
            )
            return TierDurability(
                tier: tier,
                packCount: packs.count,
                estimate: estimate,
                anyLossProbability: -expm1(Double(packs.count) * log1p(-estimate.annualLossProbability)),
                oldestScrub: packs.map(\.scrubbed).min().map { .milliseconds($0) }
            )
        }
    }
}
