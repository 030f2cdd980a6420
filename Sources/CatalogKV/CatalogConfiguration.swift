public import Logging
internal import VitrineSync

/// How a catalog is kept; the defaults fit a shop's catalog on one disk.
public struct CatalogConfiguration: Sendable {
    /// The least that `segmentByteCountMax` may be.
    public static let segmentByteCountLeast = 4_096
    /// The most that `segmentByteCountMax` may be: one segment at a time is held in memory while opening.
    public static let segmentByteCountMost = 1 << 30

    /// A journal file is sealed before it grows beyond this many bytes; one record alone may be larger.
    public var segmentByteCountMax: Int
    /// Parts of the index, each with a lock of its own, at most 65,536.
    ///
    /// At least the number of threads that read at once serves best. It is not written to disk and may change at each
    /// opening.
    public var indexPartitionCount: Int
    /// How long `Catalog.run()` rests between two sweeps of expired items.
    public var sweepInterval: Duration
    /// The most items that one sweep of `Catalog.run()` removes before others get their turn.
    public var sweepItemCountMax: Int
    /// How long changes stay readable for streams and consumers that do not keep up; by default compaction heeds none.
    public var changeRetention: ChangeRetention
    /// The time of day, as the time since 1970-01-01 00:00 UTC, by which items expire.
    ///
    /// Should it be set back, items that had expired and were not swept yet come back for as long.
    public var now: @Sendable () -> Duration
    /// Where opening, closing and failures are noted, at `info`; nothing is, when `nil`.
    public var logger: Logger?

    /// Describes how a catalog is kept.
    public init(
        segmentByteCountMax: Int = 64 << 20,
        indexPartitionCount: Int = 16,
        sweepInterval: Duration = .seconds(1),
        sweepItemCountMax: Int = 10_000,
        changeRetention: ChangeRetention = .none,
        logger: Logger? = nil
    ) {
        self.segmentByteCountMax = segmentByteCountMax
        self.indexPartitionCount = indexPartitionCount
        self.sweepInterval = sweepInterval
        self.sweepItemCountMax = sweepItemCountMax
        self.changeRetention = changeRetention
        self.logger = logger
        now = { WallClock.sinceEpoch() }
    }

    /// Refuses settings that mean nothing.
    func check() throws {
        let segments = CatalogConfiguration.segmentByteCountLeast...CatalogConfiguration.segmentByteCountMost
        guard segments.contains(segmentByteCountMax) else {
            throw CatalogError(
                .invalidArgument,
                "segmentByteCountMax is \(segmentByteCountMax); it may be \(segments.lowerBound) to "
                    + "\(segments.upperBound)"
            )
        }
        guard (1...65_536).contains(indexPartitionCount) else {
            throw CatalogError(
                .invalidArgument,
                "indexPartitionCount is \(indexPartitionCount); it may be 1 to 65,536"
            )
        }
        guard sweepInterval > .zero, sweepItemCountMax > 0 else {
            throw CatalogError(.invalidArgument, "sweepInterval and sweepItemCountMax must be above zero")
        }
        guard changeRetention.duration >= .zero, changeRetention.byteCountMax >= 0 else {
            throw CatalogError(.invalidArgument, "changeRetention must not be below zero")
        }
    }
}
