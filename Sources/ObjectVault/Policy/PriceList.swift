/// What a tier costs, in any one currency.
public struct TierPrices: Sendable, Hashable {
    /// For keeping a GB (10^9 bytes) for a month of 30 days.
    public var perGBMonth: Double
    /// For each request that reads an object.
    public var perRead: Double
    /// For each GB that is read.
    public var perGBRead: Double
    /// For each object that is put or moved into the tier.
    public var perTransition: Double
    /// An object that leaves the tier earlier is charged as if it had stayed so many days.
    public var daysMin: Double
    /// A smaller object is charged as if it had so many bytes.
    public var bytesMin: Int64

    /// States a tier's prices.
    public init(
        perGBMonth: Double,
        perRead: Double,
        perGBRead: Double = 0,
        perTransition: Double = 0,
        daysMin: Double = 0,
        bytesMin: Int64 = 0
    ) {
        self.perGBMonth = perGBMonth
        self.perRead = perRead
        self.perGBRead = perGBRead
        self.perTransition = perTransition
        self.daysMin = daysMin
        self.bytesMin = bytesMin
    }
}

/// What all tiers cost, and since when that is known.
public struct PriceList: Sendable, Hashable {
    /// Whose prices they are.
    public var name: String
    /// The day they were looked up, as ISO 8601 has it.
    public var date: String
    /// Where puts go.
    public var hot: TierPrices
    /// For what is read now and then.
    public var warm: TierPrices
    /// For what is hardly read.
    public var cold: TierPrices
    /// What Intelligent-Tiering asks for watching an object for a month.
    public var monitoringPerObjectMonth: Double

    /// States prices.
    public init(
        name: String,
        date: String,
        hot: TierPrices,
        warm: TierPrices,
        cold: TierPrices,
        monitoringPerObjectMonth: Double = 0
    ) {
        self.name = name
        self.date = date
        self.hot = hot
        self.warm = warm
        self.cold = cold
        self.monitoringPerObjectMonth = monitoringPerObjectMonth
    }

    /// A tier's prices.
    public subscript(tier: Tier) -> TierPrices {
        switch tier {
        case .hot: hot
        case .warm: warm
        case .cold: cold
        }
    }

    /// Amazon S3 in us-east-1, in US dollars: Standard (the first 50 TB), Standard-Infrequent Access, and Glacier Instant
    /// Retrieval; with the prices of GET and of lifecycle transitions (aws.amazon.com/s3/pricing).
    ///
    /// Standard's price for a GB-month and that of watching were found unchanged in 2026 (cloudburn.io/blog/amazon-s3-pricing
    /// of 13 March, usage.ai's guide of June); the others were not looked up again.
    ///
    /// Look the prices up before a decision hangs on them: they change.
    public static let awsUSEast1 = PriceList(
        name: "Amazon S3, us-east-1",
        date: "2025-06-01",
        hot: TierPrices(perGBMonth: 0.023, perRead: 0.000_000_4, perTransition: 0.000_005),
        warm: TierPrices(
            perGBMonth: 0.012_5,
            perRead: 0.000_001,
            perGBRead: 0.01,
            perTransition: 0.000_01,
            daysMin: 30,
            bytesMin: 131_072
        ),
        cold: TierPrices(
            perGBMonth: 0.004,
            perRead: 0.000_01,
            perGBRead: 0.03,
            perTransition: 0.000_02,
            daysMin: 90,
            bytesMin: 131_072
        ),
        monitoringPerObjectMonth: 0.000_002_5
    )
}
