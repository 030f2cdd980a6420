/// What a catalog holds and has done, at one moment.
public struct CatalogStatistics: Sendable, Equatable {
    /// What opening found in the journal.
    public struct Replay: Sendable, Equatable {
        /// Records read.
        public var recordCount = 0
        /// Operations in them.
        public var operationCount = 0
        /// Bytes at the end of the journal that were no whole record and were cut off: writes that a crash broke off
        /// and that no caller had been told were safe.
        public var tornByteCount = 0
        /// Whether the catalog had been closed, or was new, rather than broken off.
        public var wasClosed = true

        /// Describes a replay.
        public init(recordCount: Int = 0, operationCount: Int = 0, tornByteCount: Int = 0, wasClosed: Bool = true) {
            self.recordCount = recordCount
            self.operationCount = operationCount
            self.tornByteCount = tornByteCount
            self.wasClosed = wasClosed
        }
    }

    /// Items in the index, those of the session store and expired ones that no sweep has removed yet included.
    public var keyCount: Int
    /// Bytes of the keys and values of those items.
    public var liveByteCount: Int
    /// Bytes of the journal on disk, or on their way there.
    public var journalByteCount: Int
    /// Files of the journal.
    public var segmentCount: Int
    /// Flushes of the journal since it was opened.
    public var flushCount: Int
    /// Records written since it was opened.
    public var writtenRecordCount: Int
    /// What opening found.
    public var replay: Replay
    /// Why nothing more is written, or `nil` while writes are taken.
    public var readOnlyReason: String?

    /// Describes a catalog.
    public init(
        keyCount: Int,
        liveByteCount: Int,
        journalByteCount: Int,
        segmentCount: Int,
        flushCount: Int,
        writtenRecordCount: Int,
        replay: Replay,
        readOnlyReason: String? = nil
    ) {
        self.keyCount = keyCount
        self.liveByteCount = liveByteCount
        self.journalByteCount = journalByteCount
        self.segmentCount = segmentCount
        self.flushCount = flushCount
        self.writtenRecordCount = writtenRecordCount
        self.replay = replay
        self.readOnlyReason = readOnlyReason
    }
}
