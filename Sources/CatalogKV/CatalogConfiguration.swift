public import Logging
package import Metrics
internal import VitrineSync

/// How a catalog is kept; the defaults fit a shop's catalog on one disk.
public struct CatalogConfiguration: Sendable {
    /// The least that `segmentByteCountMax` may be.
    public static let segmentByteCountLeast = 4_096
    /// The most that `segmentByteCountMax` may be.
    public static let segmentByteCountMost = 1 << 30

    /// The most that `spaceAmplificationMax` may be.
    public static let spaceAmplificationMost = 1_000.0

    /// The most that a journal file has, reserved on disk when the file is begun; a record that is larger gets a file of its
    /// own.
    ///
    /// A file has an eighth of what the living items take then, and at least 1 MiB.
    public var segmentByteCountMax: Int
    /// Parts of the index, each with a tree of its own: a power of two, at most 65,536.
    ///
    /// It is not written to disk and may change at each opening. One for each partition key serves best: the items of a
    /// partition are then told apart by their sort keys alone.
    public var indexPartitionCount: Int
    /// The most bytes of small values (up to 1,024 bytes each) that stand in memory beside their keys, so that reading
    /// them costs one wait for memory less and no checksum.
    ///
    /// What is written gets there while there is room, and what is read often after that, in the place of what is not;
    /// the small block that a key leaves when its value joins it counts too until it serves another key. 0 keeps all values in the journal alone. It is not written to disk and may change at each opening.
    public var residentValueByteCountMax: Int
    /// How long `Catalog.run()` rests between two rounds of sweeping, compaction and checkpoints.
    public var maintenanceInterval: Duration
    /// The most items that one sweep of `Catalog.run()` removes before others get their turn.
    public var sweepItemCountMax: Int
    /// Compaction starts when the journal holds more than this many times the bytes of the living items, and one file
    /// more.
    ///
    /// While little is written, `Catalog.run()` goes on until it is a third of that over one, and once nothing was written
    /// in two of its rounds, until it is a tenth of that. From 1.1 to `spaceAmplificationMost`, which is as good as never.
    public var spaceAmplificationMax: Double
    /// The most bytes of living items that compaction moves in a second, so that readers and writers keep the disk.
    ///
    /// It goes faster the further the journal is above where compaction begins, and from twice that excess on as fast as
    /// it can.
    public var compactionBytesPerSecond: Int
    /// A checkpoint of the index is written once the journal has grown by this many bytes since the last.
    public var checkpointIntervalByteCount: Int
    /// How long changes stay readable for change streams.
    public var changeRetention: ChangeRetention
    /// The time of day, as the time since 1970-01-01 00:00 UTC, by which items expire.
    ///
    /// Should it be set back, items that had expired and were not swept yet come back for as long.
    public var now: @Sendable () -> Duration
    /// The most bytes of memory that the index takes.
    package var indexByteCountMax = Int.max
    /// Where counts go: to what the host gave swift-metrics, unless a test wants them.
    package var metricsFactory: any MetricsFactory = MetricsSystem.factory
    /// Where opening, closing and failures are noted, at `info`; nothing is, when `nil`.
    public var logger: Logger?

    /// Describes how a catalog is kept.
    public init(
        segmentByteCountMax: Int = 16 << 20,
        indexPartitionCount: Int = 65_536,
        residentValueByteCountMax: Int = 256 << 20,
        maintenanceInterval: Duration = .seconds(1),
        sweepItemCountMax: Int = 10_000,
        spaceAmplificationMax: Double = 1.3,
        compactionBytesPerSecond: Int = 64 << 20,
        checkpointIntervalByteCount: Int = 512 << 20,
        changeRetention: ChangeRetention = .none,
        logger: Logger? = nil
    ) {
        self.segmentByteCountMax = segmentByteCountMax
        self.indexPartitionCount = indexPartitionCount
        self.residentValueByteCountMax = residentValueByteCountMax
        self.maintenanceInterval = maintenanceInterval
        self.sweepItemCountMax = sweepItemCountMax
        self.spaceAmplificationMax = spaceAmplificationMax
        self.compactionBytesPerSecond = compactionBytesPerSecond
        self.checkpointIntervalByteCount = checkpointIntervalByteCount
        self.changeRetention = changeRetention
        self.logger = logger
        now = { WallClock.sinceEpoch() }
    }

    /// Refuses settings that mean nothing.
    func check() throws {
        let segments = CatalogConfiguration.segmentByteCountLeast...CatalogConfiguration.segmentByteCountMost
        try require(segments.contains(segmentByteCountMax), "segmentByteCountMax", "4,096 bytes to 1 GiB")
        try require(
            (1...65_536).contains(indexPartitionCount) && indexPartitionCount.nonzeroBitCount == 1,
            "indexPartitionCount",
            "a power of two up to 65,536"
        )
        try require(residentValueByteCountMax >= 0, "residentValueByteCountMax", "0 or more")
        try require(maintenanceInterval > .zero, "maintenanceInterval", "above zero")
        try require(sweepItemCountMax > 0, "sweepItemCountMax", "above zero")
        try require(
            (1.1...CatalogConfiguration.spaceAmplificationMost).contains(spaceAmplificationMax),
            "spaceAmplificationMax",
            "1.1 to \(CatalogConfiguration.spaceAmplificationMost)"
        )
        try require(compactionBytesPerSecond > 0, "compactionBytesPerSecond", "above zero")
        try require(checkpointIntervalByteCount > 0, "checkpointIntervalByteCount", "above zero")
    }

    private func require(_ holds: Bool, _ setting: String, _ allowed: String) throws {
        if !holds { throw CatalogError(.invalidArgument, "\(setting) must be \(allowed)") }
    }
}
