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

/// What stands in a sealed segment, whether it still counts or not: it never changes, so it is looked at once.
struct SegmentContents: Sendable {
    var putCount = 0
    /// Bytes of puts, and those among them of the old images that they carry, which go when a put is written anew.
    var putByteCount = 0
    var imageByteCount = 0
    /// Bytes of deletes without their old images, and the number of the newest of them.
    var deleteByteCount = 0
    var lastDelete: UInt64 = 0

    mutating func add(_ frame: borrowing OperationFrame, sequence: UInt64) {
        let imageCount = if let image = frame.oldImage { image.count } else { 0 }
        if frame.kind == .put {
            putCount += 1
            putByteCount += frame.byteCount
            imageByteCount += imageCount
        } else {
            deleteByteCount += frame.byteCount - imageCount
            lastDelete = max(lastDelete, sequence)
        }
    }

    /// Bytes of the headers of the records that so many bytes of living puts are moved in.
    func headers(of byteCount: Int) -> Int {
        let count = Double(byteCount) / Double(max(1, putByteCount)) * Double(putCount)
        return Int(count) * RecordHeader.byteCount / RelocationBatch.operationCountMax
    }

    /// What is left of so many bytes of living puts without their old images, as far as these are spread evenly.
    func living(of byteCount: Int) -> Int {
        guard imageByteCount > 0 else { return byteCount }
        return byteCount - Int(Double(byteCount) * Double(imageByteCount) / Double(putByteCount))
    }
}

/// What else goes on in a catalog while it compacts.
enum CompactionLoad: Sendable {
    /// As much as may be.
    case working
    /// Little is written.
    case resting
    /// Nothing was written for a while.
    case still

    /// How much of what the configuration allows the journal to be larger than its living bytes may be left.
    var excessShare: Double {
        switch self {
        case .working: 1
        case .resting: 1.0 / 3
        case .still: 0.1
        }
    }

    /// A segment of which more than this is alive gives too little back.
    ///
    /// What was moved has shorter records than single puts, so that a segment of these that is all alive is moved once,
    /// when nothing else wants the disk.
    var keptShareMax: Double { self == .still ? 0.95 : 0.85 }
}

/// Which segments to compact: those that cost the least to move for what they give back.
struct CompactionPlan {
    let load: CompactionLoad
    /// Oldest first.
    let segments: [SegmentSummary]
    /// The journal may hold this many times its living bytes, and one segment more.
    let spaceAmplificationMax: Double
    let segmentByteCount: Int
    /// Segments that must not be touched: damaged ones, and those that wait to be removed.
    let excluded: Set<UInt32>
    /// What is known of sealed segments.
    let contents: [UInt32: SegmentContents]
    /// What the checkpoint in force has from before here.
    let checkpointSequence: UInt64?

    var liveByteCount: Int { segments.reduce(0) { $0 + living($1) } }
    var byteCount: Int { segments.reduce(0) { $0 + $1.byteCount } }

    /// How many bytes the journal may have before anything is done.
    var target: Int { Int(Double(liveByteCount) * spaceAmplificationMax) + segmentByteCount }

    /// How many bytes there are more than there should be.
    private var excess: Int {
        let waiting = segments.reduce(0) { $0 + (excluded.contains($1.number) ? $1.byteCount : 0) }
        return byteCount - waiting - target
    }

    /// How far the journal is from the least at which compaction begins, 0, to twice that excess over its living bytes,
    /// 1, from where on only speed counts.
    var urgency: Double {
        let allowed = Double(liveByteCount) * (spaceAmplificationMax - 1) + Double(segmentByteCount)
        let over = Double(byteCount - liveByteCount) - allowed
        return over <= 0 ? 0 : min(1, over / max(1, Double(liveByteCount) * (spaceAmplificationMax - 1)))
    }

    /// Whether there is more than there should be.
    var isDue: Bool { excess > 0 }

    /// Whether something can be done about it.
    var hasWork: Bool { isDue && (nextToLookInto != nil || next != nil || wantsCheckpoint) }

    private var candidates: [SegmentSummary] {
        segments.filter { $0.isSealed && !excluded.contains($0.number) }
    }

    /// Segments of whose contents nothing is known yet.
    var unknown: [SegmentSummary] { candidates.filter { contents[$0.number] == nil } }

    /// The segment to look into before `next` can be told, or `nil` when it can.
    var nextToLookInto: SegmentSummary? {
        let best = candidates.min { keptShare($0) < keptShare($1) }
        guard let best, keptShare(best) <= load.keptShareMax else { return unknown.first }
        return contents[best.number] == nil ? best : nil
    }

    /// The segment to take next, or `nil` when none is worth it.
    var next: SegmentSummary? {
        let best = candidates.min { keptShare($0) < keptShare($1) }
        if let best, keptShare(best) <= load.keptShareMax { return best }
        // Deletes are kept for the sake of segments older than they are. When it is they that take the room, these go.
        guard let oldest = segments.first, candidates.first?.number == oldest.number else { return nil }
        let deletes = candidates.dropFirst().reduce(0) { $0 + (isAfterCheckpoint($1) ? 0 : keptDeletes($1)) }
        return deletes > 0 && deletes >= excess / 2 ? oldest : nil
    }

    /// Whether the room is taken by deletes that only a newer checkpoint makes free to go.
    var wantsCheckpoint: Bool {
        let deletes = candidates.reduce(0) { $0 + (isAfterCheckpoint($1) ? keptDeletes($1) : 0) }
        return isDue && next == nil && deletes > 0 && deletes >= excess / 2
    }

    /// Which deletes have to be moved out of a segment.
    func rule(for segment: SegmentSummary) -> RelocationRule {
        let others = segments.lazy.filter { $0.number != segment.number }
        return RelocationRule(
            oldestSequence: others.map(\.baseSequence).min() ?? .max,
            checkpointSequence: checkpointSequence
        )
    }

    private func living(_ segment: SegmentSummary) -> Int {
        contents[segment.number]?.living(of: segment.liveByteCount) ?? segment.liveByteCount
    }

    private func keptDeletes(_ segment: SegmentSummary) -> Int {
        guard let contents = contents[segment.number], contents.deleteByteCount > 0 else { return 0 }
        return rule(for: segment).canDrop(contents.lastDelete) ? 0 : contents.deleteByteCount
    }

    private func isAfterCheckpoint(_ segment: SegmentSummary) -> Bool {
        guard let checkpointSequence, let contents = contents[segment.number] else { return false }
        return contents.lastDelete >= checkpointSequence
    }

    /// The part of a segment that would be written anew, at the most where its contents are known.
    private func keptShare(_ segment: SegmentSummary) -> Double {
        let headers = contents[segment.number]?.headers(of: max(0, segment.liveByteCount)) ?? 0
        return Double(max(0, living(segment)) + headers + keptDeletes(segment)) / Double(max(1, segment.byteCount))
    }
}

/// Which deletes have to be moved.
///
/// What a delete deletes was written before it, or moved before it, and so stands in a segment that was begun before
/// it: once there is none of those but its own, which goes too, the delete can go.
struct RelocationRule: Sendable {
    /// The first operation of the oldest segment that stays.
    let oldestSequence: UInt64
    /// What the checkpoint in force has from before here.
    let checkpointSequence: UInt64?

    /// Whether a delete that is the newest of its key can go.
    ///
    /// What it deletes must be in no segment and in no checkpoint that the delete itself is not in.
    func canDrop(_ sequence: UInt64) -> Bool {
        sequence < oldestSequence && sequence < checkpointSequence ?? .max
    }
}

/// Operations of one segment that may still count, encoded to be written anew.
struct RelocationBatch {
    /// Small enough that the writer lock is held for a fraction of a millisecond.
    static let byteCountMax = 4 << 10
    static let operationCountMax = 8

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
