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
    /// - Parameters:
    ///   - annualFailureRate: the share of disks that fail within a year, above 0 and below 1; large fleets report 1 to 2 %.
    ///   - repairTime: the mean time from a failure to the end of its repair: half the scrub's interval and the repair.
    /// - Throws: `VaultError`: `.invalidArgument` for figures out of their ranges, `.isClosed`.
    public func durabilityReport(
        annualFailureRate: Double = 0.014,
        repairTime: Duration = .seconds(86_400)
    ) throws -> [TierDurability] {
        try health.checkReadable()
        let all = packs.all
        return try Tier.allCases.map { tier in
            let packs = all.filter { $0.tier == tier }
            let redundancy = configuration[tier].redundancy
            let estimate = try DurabilityEstimate(
                dataShardCount: redundancy.dataShards,
                parityShardCount: redundancy.parityShards,
                annualDiskFailureRate: annualFailureRate,
                meanRepairTime: repairTime
            )
            return TierDurability(
                tier: tier,
                packCount: packs.count,
                estimate: estimate,
                anyLossProbability: estimate.annualLossProbability(ofAnyOf: packs.count),
                oldestScrub: packs.map(\.scrubbed).min().map { .milliseconds($0) }
            )
        }
    }
}
