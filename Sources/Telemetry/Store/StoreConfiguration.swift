internal import VitrineSync

/// One resolution that a store keeps, and for how long.
public struct StoreTier: Sendable, Hashable {
    /// The time that one point stands for; of the first tier, the time between samples that ``SeriesStore/run(sampling:)``
    /// takes.
    public var resolution: Duration
    /// How long points are kept, counted back from the newest samples.
    public var retention: Duration

    /// Describes a tier.
    public init(resolution: Duration, retention: Duration) {
        self.resolution = resolution
        self.retention = retention
    }
}

/// The bounds of a store.
public struct StoreConfiguration: Sendable {
    /// CloudWatch's: a second for three hours, a minute for 15 days, five minutes for 63 days, an hour for 455 days.
    public static let cloudWatchTiers = [
        StoreTier(resolution: .seconds(1), retention: .seconds(3 * 3_600)),
        StoreTier(resolution: .seconds(60), retention: .seconds(15 * 86_400)),
        StoreTier(resolution: .seconds(300), retention: .seconds(63 * 86_400)),
        StoreTier(resolution: .seconds(3_600), retention: .seconds(455 * 86_400)),
    ]

    /// The tiers, finest first: each resolution a multiple of the one before, and kept longer.
    ///
    /// Resolutions are fixed when a store is made; retention may change each time it is opened.
    public var tiers: [StoreTier] = cloudWatchTiers
    /// How far a sample may lie behind the newest one, or behind the clock where the newest is ahead of it; what is older
    /// is refused.
    public var outOfOrderWindow: Duration = .seconds(60)
    /// How far a sample may lie ahead of the clock; what is later is refused.
    public var futureTolerance: Duration = .seconds(600)
    /// The most that the store takes of the disk; the oldest points of the tier that takes most go first.
    public var diskBytesMax: Int64 = 1 << 30
    /// The memory for samples that are not in a block yet; when it is used up they are written.
    public var headBytesMax = 24 << 20
    /// How long samples stay in memory alone, beside the log, before they are written to a block.
    public var headAgeMax: Duration = .seconds(120)
    /// How often ``SeriesStore/run(sampling:)`` has the disk flush the log: what a loss of power can take.
    public var synchronizeInterval: Duration = .seconds(10)
    /// How long after its last sample a series still has a value.
    public var lookback: Duration = .seconds(300)
    /// The most points that one query may look at: those that it reads, and those of stretches of time that overlap, as
    /// `max_over_time` goes through them, each time anew.
    public var queryPointsMax = 50_000_000
    /// The most values, series times steps, that the selectors of one query may come to: eight bytes each, and as many for
    /// each operator at work on them.
    public var queryValuesMax = 20_000_000

    /// The defaults.
    public init() {}

    /// Tiers, in milliseconds.
    func layout() throws(TelemetryError) -> [TierLayout] {
        guard !tiers.isEmpty, tiers.count <= 8 else {
            throw TelemetryError(.invalidArgument, "a store has one to eight tiers; \(tiers.count) were given")
        }
        guard diskBytesMax >= 1 << 16, headBytesMax >= 1 << 12, outOfOrderWindow >= .zero, lookback > .zero else {
            throw TelemetryError(
                .invalidArgument,
                "a store needs a disk of 64 KiB, a head of 4 KiB, a window that is not negative and a lookback"
            )
        }
        var layout: [TierLayout] = []
        for (index, tier) in tiers.enumerated() {
            let resolution = tier.resolution.wholeMilliseconds
            let retention = tier.retention.wholeMilliseconds
            guard resolution > 0, retention / 2 >= resolution, retention < StoredTime.end else {
                throw TelemetryError(
                    .invalidArgument,
                    "tier \(index) must keep its points longer than two of them last"
                )
            }
            if let before = layout.last {
                guard resolution > before.resolution, resolution % before.resolution == 0, retention > before.retention
                else {
                    throw TelemetryError(
                        .invalidArgument,
                        "tier \(index) must be coarser than the one before by a whole factor, and kept longer"
                    )
                }
            }
            let coarser = index + 1 < tiers.count ? tiers[index + 1].resolution.wholeMilliseconds : resolution
            guard
                let place = TierLayout(
                    resolution: resolution,
                    retention: retention,
                    coarser: max(1, coarser),
                    before: layout.last
                )
            else {
                throw TelemetryError(
                    .invalidArgument,
                    "tier \(index) and the next have no multiple in common that a block can last; choose other resolutions"
                )
            }
            layout.append(place)
        }
        return layout
    }
}

/// A tier as the store's files have it, in milliseconds.
struct TierLayout: Sendable, Hashable {
    let resolution: Int64
    let retention: Int64
    /// The time that one finished block covers: a multiple of what a block of the tier before covers and of the next
    /// resolution, so that a block can be rolled up by itself, and about a twelfth or a twenty-fourth of the retention.
    let span: Int64

    fileprivate init?(resolution: Int64, retention: Int64, coarser: Int64, before: TierLayout?) {
        self.resolution = resolution
        self.retention = retention
        guard let unit = Self.commonMultiple(before?.span ?? resolution, coarser), unit < StoredTime.end / 4 else {
            return nil
        }
        let parts: Int64 = before == nil ? 12 : 24
        // At least two of the pieces that it is put together from, so that a piece is never taken for a whole.
        span = unit * max(before == nil ? 1 : 2, retention / parts / unit)
    }

    /// A tier of a store that was made with this span.
    init(resolution: Int64, retention: Int64, span: Int64) {
        self.resolution = resolution
        self.retention = retention
        self.span = span
    }

    /// The start of the block that `time` falls into.
    func start(of time: Int64) -> Int64 { time / span * span }

    private static func commonMultiple(_ left: Int64, _ right: Int64) -> Int64? {
        var (large, small) = (left, right)
        while small != 0 { (large, small) = (small, large % small) }
        let (product, isTooLarge) = (left / large).multipliedReportingOverflow(by: right)
        return isTooLarge ? nil : product
    }
}
