/// What a catalog holds and has done, at one moment.
public struct CatalogStatistics: Sendable, Equatable {
    /// What opening found.
    public struct Opening: Sendable, Equatable {
        /// Items that came from the checkpoint.
        public var checkpointItemCount = 0
        /// Records replayed from the journal, those behind the checkpoint.
        public var recordCount = 0
        /// Operations in them.
        public var operationCount = 0
        /// Bytes at the end of the journal that were no whole record and were cut off: writes that a crash broke off
        /// and that no caller had been told were safe.
        public var tornByteCount = 0
        /// Whether the catalog had been closed, or was new, rather than broken off.
        public var wasClosed = true
        /// Why the checkpoint could not be used and the whole journal was replayed, or `nil`.
        public var checkpointFinding: String?

        /// Describes an opening that found nothing.
        public init() {}
    }

    /// Items in the index, those of sessions and the catalog's own tables and expired ones that no sweep has removed
    /// yet included.
    public var keyCount: Int
    /// Bytes of memory that the index takes, its keys and the values beside them included.
    public var indexByteCount: Int
    /// What is taken of `CatalogConfiguration.residentValueByteCountMax`: bytes of values that stand in memory beside their
    /// keys, and of the blocks that keys left empty when their values joined them.
    public var residentValueByteCount: Int
    /// Bytes of the journal that living items take, with their framing.
    public var liveByteCount: Int
    /// Bytes of the journal.
    public var journalByteCount: Int
    /// Files of the journal.
    public var segmentCount: Int
    /// Bytes of the journal's files that compaction has gone through since the catalog was opened; grows by 256 KiB or so
    /// at a time while it works.
    public var compactedByteCount: Int
    /// Bytes that compaction has written anew since then.
    public var movedByteCount: Int
    /// Whether compaction is at work: goes through a file, or has what it moved flushed and removes the files that it has
    /// emptied.
    public var isCompacting: Bool
    /// Flushes of the journal since it was opened.
    public var flushCount: Int
    /// The number of the newest operation that readers see.
    public var sequence: UInt64
    /// What opening found.
    public var opening: Opening
    /// Why nothing more is written, or `nil` while writes are taken.
    public var readOnlyReason: String?

    /// How many times the bytes of the living items the journal takes; 1 for an empty catalog.
    public var spaceAmplification: Double {
        liveByteCount == 0 ? 1 : Double(journalByteCount) / Double(liveByteCount)
    }
}

/// How far opening a catalog has got, for a progress bar.
public struct OpeningProgress: Sendable, Equatable {
    /// What is being done.
    public enum Phase: Sendable, Equatable {
        /// Loading the checkpoint of the index.
        case checkpoint
        /// Replaying the journal behind it.
        case journal
    }

    /// What is being done.
    public var phase: Phase
    /// Bytes read so far in this phase.
    public var byteCount: Int
    /// Bytes to read in this phase.
    public var byteCountTotal: Int
}
