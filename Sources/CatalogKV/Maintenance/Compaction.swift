/// What a compaction did.
public struct CompactionReport: Sendable, Equatable {
    /// Journal files that are gone.
    public var removedSegmentCount = 0
    /// Files that hold nothing that counts any more, and stay while a snapshot or a change stream's retention needs them.
    public var heldSegmentCount = 0
    /// Bytes of the files that are gone.
    public var removedByteCount = 0
    /// Items and deletes that were written anew, and their bytes.
    public var movedOperationCount = 0
    /// Bytes of them.
    public var movedByteCount = 0
    /// Files that could not be compacted because they are damaged: where, and how.
    public var findings: [String] = []
    /// How many times the bytes of the living items the journal takes now.
    public var spaceAmplification = 1.0

    /// Describes a compaction that did nothing.
    public init() {}

    mutating func add(_ other: CompactionReport) {
        removedSegmentCount += other.removedSegmentCount
        heldSegmentCount = other.heldSegmentCount
        removedByteCount += other.removedByteCount
        movedOperationCount += other.movedOperationCount
        movedByteCount += other.movedByteCount
        findings += other.findings
        spaceAmplification = other.spaceAmplification
    }
}

/// Which segments to compact: those that cost the least to move for what they give back.
struct CompactionPlan {
    /// A segment that is mostly alive gives too little back.
    private static let liveShareMax = 0.85

    let segments: [SegmentSummary]
    /// The journal may hold this many times its living bytes, and one segment more.
    let spaceAmplificationMax: Double
    let segmentByteCount: Int
    /// Segments that must not be touched: damaged ones, and those that wait to be removed.
    let excluded: Set<UInt32>

    var liveByteCount: Int { segments.reduce(0) { $0 + $1.liveByteCount } }
    var byteCount: Int { segments.reduce(0) { $0 + $1.byteCount } }

    /// How many bytes the journal may have before anything is done.
    var target: Int { Int(Double(liveByteCount) * spaceAmplificationMax) + segmentByteCount }

    /// Whether there is more than there should be.
    var isDue: Bool {
        let waiting = segments.reduce(0) { $0 + (excluded.contains($1.number) ? $1.byteCount : 0) }
        return byteCount - waiting > target
    }

    /// The segment to take next, or `nil` when none is worth it.
    var next: SegmentSummary? {
        let candidates = segments.filter { segment in
            segment.isSealed && !excluded.contains(segment.number)
                && Double(segment.liveByteCount) <= Double(segment.byteCount) * CompactionPlan.liveShareMax
        }
        return candidates.min { share($0) < share($1) }
    }

    private func share(_ segment: SegmentSummary) -> Double {
        Double(max(0, segment.liveByteCount)) / Double(max(1, segment.byteCount))
    }
}

/// Operations of one segment that may still count, encoded to be written anew.
struct RelocationBatch {
    /// Small enough that the writer lock is held for a fraction of a millisecond.
    static let byteCountMax = 32 << 10
    static let operationCountMax = 64

    var draft = Draft(byteCapacity: RelocationBatch.byteCountMax + 4_096)
    /// Where each operation of the draft stands now.
    var places: [Location] = []

    var isEmpty: Bool { places.isEmpty }
    var isFull: Bool {
        places.count >= RelocationBatch.operationCountMax || draft.byteCount >= RelocationBatch.byteCountMax
    }

    mutating func add(_ frame: borrowing OperationFrame, sequence: UInt64, at location: Location) {
        draft.relocate(frame, sequence: sequence)
        places.append(location)
    }

    mutating func removeAll() {
        draft.removeAll()
        places.removeAll(keepingCapacity: true)
    }
}
