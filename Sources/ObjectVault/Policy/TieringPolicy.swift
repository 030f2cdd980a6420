internal import Glibc

/// Which objects go to which tier, and when.
@nonexhaustive
public enum TieringPolicy: Sendable, Hashable {
    /// Everything stays hot.
    case allHot
    /// The rules of S3 Intelligent-Tiering: by the days since the last access.
    case intelligentTiering(IntelligentTieringRules = .init())
    /// What costs least in expectation, by a price list and each object's own accesses.
    case costOptimal(CostOptimalRules)
}

/// S3 Intelligent-Tiering's rules, as AWS states them: warm after 30 days without access, cold after 90, hot again with the
/// next access; objects below 128 KB are left alone.
///
/// After 180 days AWS would move on to an archive from which reads take hours. This vault has no such tier: what is due
/// for it stays cold.
public struct IntelligentTieringRules: Sendable, Hashable {
    /// Days without access after which an object is warm.
    public var warmAfterDays: Double
    /// Days without access after which it is cold.
    public var coldAfterDays: Double
    /// Days without access after which it would be archived.
    public var archiveAfterDays: Double
    /// Smaller objects stay hot, and are not watched.
    public var bytesMin: Int64
    /// Whether a simulation prices the rules as AWS bills its service of that name.
    ///
    /// That is the tiers' storage and watching, and neither retrieval nor transitions nor days that are missing. Of no
    /// meaning for moves.
    public var isBilledByAWS: Bool

    /// AWS's figures unless said otherwise.
    public init(
        warmAfterDays: Double = 30,
        coldAfterDays: Double = 90,
        archiveAfterDays: Double = 180,
        bytesMin: Int64 = 128_000,
        isBilledByAWS: Bool = false
    ) {
        self.warmAfterDays = warmAfterDays
        self.coldAfterDays = coldAfterDays
        self.archiveAfterDays = archiveAfterDays
        self.bytesMin = bytesMin
        self.isBilledByAWS = isBilledByAWS
    }

    func tier(_ object: TieredObject) -> Tier {
        if object.bytes < bytesMin { return .hot }
        if object.idleDays >= coldAfterDays { return .cold }
        return object.idleDays >= warmAfterDays ? .warm : .hot
    }
}

/// What a policy knows of an object: nothing of the future.
public struct TieredObject: Sendable, Hashable {
    /// Bytes of the object.
    public var bytes: Int64
    /// Where it is.
    public var tier: Tier
    /// Days since it was put.
    public var ageDays: Double
    /// Days since it was last read, or put.
    public var idleDays: Double
    /// Days since it came into its tier.
    public var daysInTier: Double
    /// Its reads so far, each halved for every half-life that has passed since.
    public var score: Double
    /// Reads a day of all objects so far, on average, weighed in the same way; 0 where nothing is known of others.
    public var peersReadsPerDay: Double

    /// States what is known.
    public init(
        bytes: Int64,
        tier: Tier,
        ageDays: Double,
        idleDays: Double,
        daysInTier: Double,
        score: Double,
        peersReadsPerDay: Double = 0
    ) {
        self.bytes = bytes
        self.tier = tier
        self.ageDays = ageDays
        self.idleDays = idleDays
        self.daysInTier = daysInTier
        self.score = score
        self.peersReadsPerDay = peersReadsPerDay
    }
}

/// Moves what saves money in expectation.
///
/// Reads are taken for a Poisson process whose rate drifts: the rate's estimate is the mean of the Gamma distribution that
/// the decayed count and the decayed time of watching make of a prior (the conjugate prior of a Poisson rate; A. Gelman et
/// al., Bayesian Data Analysis, 3rd ed., section 2.6). A tier's expected cost over a horizon is what keeping and those
/// reads cost there, and what coming there costs: reading from where the object is, the transition, and the days that
/// the old tier charges for although the object leaves. The cheapest tier wins if it saves more than the hysteresis asks.
public struct CostOptimalRules: Sendable, Hashable {
    /// What tiers cost.
    public var prices: PriceList
    /// The half-life of `TieredObject.score`, in days.
    public var halfLifeDays: Double
    /// Over how many days a move must pay.
    public var horizonDays: Double
    /// What share of the present tier's cost over the horizon a move must save, so that none is taken back soon.
    public var hysteresis: Double
    /// Reads that an object is believed to have had before it was watched, and the days in which it had them.
    public var priorReads: Double
    /// See `priorReads`.
    public var priorDays: Double
    /// What share of all objects' mean rate an object is believed to have that was hardly watched, if that is more.
    ///
    /// Below 1, because the mean is that of a few popular ones, and rates fall with age.
    public var priorShareOfPeers: Double

    /// Prices, and figures that do well on a generated year of a shop.
    public init(
        prices: PriceList,
        halfLifeDays: Double = 30,
        horizonDays: Double = 90,
        hysteresis: Double = 0.1,
        priorReads: Double = 0.2,
        priorDays: Double = 60,
        priorShareOfPeers: Double = 0.35
    ) {
        self.prices = prices
        self.halfLifeDays = halfLifeDays
        self.horizonDays = horizonDays
        self.hysteresis = hysteresis
        self.priorReads = priorReads
        self.priorDays = priorDays
        self.priorShareOfPeers = priorShareOfPeers
    }

    /// Reads a day that are to be expected.
    public func expectedReadsPerDay(_ object: TieredObject) -> Double {
        let reads = max(priorReads, priorShareOfPeers * object.peersReadsPerDay * priorDays)
        return (reads + object.score) / (priorDays + CostOptimalRules.watchedDays(object.ageDays, halfLifeDays))
    }

    /// What the days of watching weigh when each is halved like the reads: the integral of 2^(-t/h) over the age.
    static func watchedDays(_ ageDays: Double, _ halfLifeDays: Double) -> Double {
        halfLifeDays / log(2) * (1 - exp2(-max(0, ageDays) / halfLifeDays))
    }

    /// What keeping an object in a tier over the horizon is expected to cost, without coming there.
    func keeping(_ object: TieredObject, in tier: Tier) -> Double {
        let prices = prices[tier]
        let months = horizonDays / 30
        let reads = expectedReadsPerDay(object) * horizonDays
        return Double(max(object.bytes, prices.bytesMin)) / 1e9 * prices.perGBMonth * months
            + reads * (prices.perRead + Double(object.bytes) / 1e9 * prices.perGBRead)
    }

    /// What a move costs at once.
    func moving(_ object: TieredObject, to tier: Tier) -> Double {
        prices.leaving(object.tier, bytes: object.bytes, daysInTier: object.daysInTier)
            + prices[object.tier].perRead + Double(object.bytes) / 1e9 * prices[object.tier].perGBRead
            + prices[tier].perTransition
    }

    func tier(_ object: TieredObject) -> Tier {
        let staying = keeping(object, in: object.tier)
        var best = (tier: object.tier, saving: hysteresis * staying)
        for tier in Tier.allCases where tier != object.tier {
            let saving = staying - keeping(object, in: tier) - moving(object, to: tier)
            if saving > best.saving { best = (tier, saving) }
        }
        return best.tier
    }
}

extension PriceList {
    /// What a tier charges for the days that an object does not stay.
    func leaving(_ tier: Tier, bytes: Int64, daysInTier: Double) -> Double {
        let prices = self[tier]
        let missing = max(0, prices.daysMin - daysInTier)
        return Double(max(bytes, prices.bytesMin)) / 1e9 * prices.perGBMonth * missing / 30
    }
}

extension TieringPolicy {
    /// The tier that an object should be in.
    public func tier(for object: TieredObject) -> Tier {
        switch self {
        case .allHot: .hot
        case .intelligentTiering(let rules): rules.tier(object)
        case .costOptimal(let rules): rules.tier(object)
        }
    }

    /// The policy's name, as reports have it.
    public var name: String {
        switch self {
        case .allHot: "all hot"
        case .intelligentTiering(let rules):
            rules.isBilledByAWS ? "Intelligent-Tiering as AWS bills it" : "Intelligent-Tiering's rules"
        case .costOptimal: "cost-optimal"
        }
    }
}
