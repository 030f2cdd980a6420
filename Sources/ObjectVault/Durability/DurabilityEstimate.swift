internal import Glibc

/// How likely a group of shards is lost within a year: k data and m parity shards, each on a disk of its own, of which
/// any k give all back.
///
/// The model is a birth–death process over the number of failed shards, as for RAID (Patterson, Gibson and Katz, "A case
/// for redundant arrays of inexpensive disks (RAID)", SIGMOD 1988; Trivedi, "Probability and statistics with
/// reliability, queuing, and computer science applications"). With n = k + m shards that each fail at the rate λ, and
/// repairs that end at the rate μᵢ while i are failed, the mean time from i failed shards to i + 1 is
///
///     T₀ = 1 / (n λ),    Tᵢ = 1 / ((n − i) λ) + μᵢ / ((n − i) λ) · Tᵢ₋₁
///
/// and the mean time to data loss, when m + 1 are failed at once, is T₀ + T₁ + … + Tₘ; where repairs are much faster than
/// failures it is close to μ₁ … μₘ / (n (n − 1) … (n − m) λᵐ⁺¹). λ is −ln(1 − the annual failure rate) a year, μᵢ is
/// 1 over the mean repair time, or i over it when all failed shards are repaired at once. The annual loss probability is
/// 1 − exp(−1 year / mean time to data loss). For a group that starts whole that is an upper bound, as long as the mean
/// is more than a year: the time to loss is a sum of exponential times (Keilson, "Markov chain models: rarity and
/// exponentiality", 1979), whose failure rate only grows.
///
/// What it says is what redundancy and speed of repair buy, one design beside another. It is no forecast (Greenan, Plank
/// and Wylie, "Mean time to meaningless: MTTDL, Markov models, and storage system reliability", HotStorage 2010): disks
/// of one age, one batch, one room or one power supply fail together, older disks fail more often, repairs take as long
/// as they take rather than exponentially distributed times, an unreadable sector is found only when it is read (so
/// scrub, and count the time between two scrubs with the repair time), and software and people lose data too. Past
/// some ten nines those are what is left.
public struct DurabilityEstimate: Sendable, Hashable {
    /// Shards with data, k; 1 for copies of the whole.
    public let dataShardCount: Int
    /// Shards that may be lost, m; one less than the copies for copies of the whole, 0 for no redundancy.
    public let parityShardCount: Int
    /// The share of disks that fail within a year, above 0 and below 1.
    public let annualDiskFailureRate: Double
    /// The mean time from a shard's failure to the end of its repair, detection and scrub included.
    public let meanRepairTime: Duration
    /// Whether failed shards wait for each other.
    public let repairing: Repairing

    /// In which order failed shards are repaired.
    public enum Repairing: Sendable, Hashable {
        /// One after the other: two take twice the time. The cautious choice, and what one spare disk allows.
        case oneAtATime
        /// All that are failed side by side, each in the mean repair time.
        case allAtOnce
    }

    /// An estimate for one group; computed when it is asked for, in time in proportion to the parity shards.
    ///
    /// - Throws: `VaultError` with `invalidArgument` unless there are at least one data shard, no fewer than zero parity
    ///   shards and at most 256 in all, the failure rate is above 0 and below 1, and the repair time is above zero.
    public init(
        dataShardCount: Int,
        parityShardCount: Int,
        annualDiskFailureRate: Double,
        meanRepairTime: Duration,
        repairing: Repairing = .oneAtATime
    ) throws {
        guard 1...256 ~= dataShardCount, 0...255 ~= parityShardCount, dataShardCount + parityShardCount <= 256 else {
            throw VaultError(
                .invalidArgument,
                "\(dataShardCount) data and \(parityShardCount) parity shards: a group has at least one data shard and "
                    + "at most 256 shards in all"
            )
        }
        guard annualDiskFailureRate > 0, annualDiskFailureRate < 1 else {
            throw VaultError(
                .invalidArgument,
                "an annual disk failure rate of \(annualDiskFailureRate): it is a share above 0 and below 1, such as "
                    + "0.014 for 1.4 %"
            )
        }
        guard meanRepairTime > .zero else {
            throw VaultError(.invalidArgument, "a mean repair time of \(meanRepairTime): it must be above zero")
        }
        self.dataShardCount = dataShardCount
        self.parityShardCount = parityShardCount
        self.annualDiskFailureRate = annualDiskFailureRate
        self.meanRepairTime = meanRepairTime
        self.repairing = repairing
    }

    /// The mean time to data loss of one group, in years of 365.25 days; infinite where it exceeds 10³⁰⁸.
    public var meanYearsToDataLoss: Double {
        let failuresAYear = -log1p(-annualDiskFailureRate)
        let repairsAYear = 31_557_600 / (meanRepairTime / .seconds(1))
        var stage = 0.0
        var total = 0.0
        for failed in 0...parityShardCount {
            let failures = Double(dataShardCount + parityShardCount - failed) * failuresAYear
            let repairs = repairing == .allAtOnce ? Double(failed) * repairsAYear : failed > 0 ? repairsAYear : 0
            stage = failed == 0 ? 1 / failures : (1 + repairs * stage) / failures
            total += stage
        }
        return total
    }

    /// The probability that one group is lost within a year.
    public var annualLossProbability: Double {
        -expm1(-1 / meanYearsToDataLoss)
    }

    /// The probability that any of so many groups, independent of each other, is lost within a year; 0 for none.
    ///
    /// Groups that share disks are not independent: what is lost with one set of disks is then lost by several, and this
    /// is an upper bound.
    public func annualLossProbability(ofAnyOf groupCount: Int) -> Double {
        -expm1(-Double(max(0, groupCount)) / meanYearsToDataLoss)
    }

    /// The nines of a year's durability, for one group: 11 for a loss probability of 10⁻¹¹.
    public var nines: Double {
        -log10(annualLossProbability)
    }
}
