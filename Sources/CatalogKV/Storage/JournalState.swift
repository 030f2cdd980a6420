internal import VitrineIO

/// The segment that is being written.
struct ActiveSegment: Sendable {
    let segment: Segment
    let header: SegmentHeader
    let writer: AppendWriter
    let seed: CRC32C

    init(segment: Segment, header: SegmentHeader, writer: AppendWriter) {
        self.segment = segment
        self.header = header
        self.writer = writer
        seed = header.checksumSeed
    }
}

/// What must become safe before a record counts.
struct CommitPoint: Sendable {
    let writer: AppendWriter
    let end: Int64
    let durability: WriteDurability
    /// The record's last operation.
    let lastSequence: UInt64

    var isReached: Bool { writer.end(reached: durability) >= end }
}

/// A record that was appended and is not in the index yet.
struct Ticket: Sendable {
    let point: CommitPoint
    let firstSequence: UInt64
    let changes: [IndexChange]
}

/// The newest version of a key among the records that are not in the index yet.
struct PendingVersion: Sendable {
    let sequence: UInt64
    /// `nil` for a delete.
    let expiry: Int64?
}

/// How an attempt to append went.
enum AppendStep: Sendable {
    /// The record stands at its place; for each delete, whether its key had a living version before.
    case appended(CommitPoint, existed: [Bool])
    /// The operation of this number has a condition that does not hold, after all that stands before the point.
    case refused(operation: Int, after: CommitPoint)
    /// The segment of this number has no room, or is being sealed.
    case full(segment: UInt32)
}

/// All that writers share; guarded by the journal's lock.
struct JournalState: Sendable {
    var active: ActiveSegment
    var nextSequence: UInt64
    /// Bytes in the segments before the active one.
    var sealedByteCount: Int
    /// Flushes of the segments before the active one.
    var sealedFlushCount = 0
    /// Flushes that the metrics know of.
    private var countedFlushCount = 0
    var writtenRecordCount = 0
    /// Appended and not in the index yet, in journal order.
    var tickets: [Ticket] = []
    /// How many of the first tickets are in the index already.
    var appliedTicketCount = 0
    var appliedSequence: UInt64
    var pending: [StoredKey: PendingVersion] = [:]
    /// Whether the last record is a close, so that closing again writes nothing.
    var endsWithClose: Bool
    var isRolling = false
    var rollWaiters: [CheckedContinuation<Void, Never>] = []
    var failure: CatalogError?
    var isClosed = false

    init(
        active: ActiveSegment,
        nextSequence: UInt64,
        sealedByteCount: Int,
        endsWithClose: Bool
    ) {
        self.active = active
        self.nextSequence = nextSequence
        self.sealedByteCount = sealedByteCount
        self.endsWithClose = endsWithClose
        appliedSequence = nextSequence - 1
    }

    /// Throws when nothing may be written any more.
    func checkWritable() throws {
        if isClosed { throw CatalogError.closed() }
        if let failure {
            throw CatalogError(
                .isReadOnly,
                "an earlier write failed, so nothing more is written; open the catalog again once the disk is well",
                cause: failure
            )
        }
    }

    /// Appends `draft`'s record if its conditions hold and the segment has room.
    mutating func append(
        _ draft: Draft,
        _ durability: WriteDurability,
        index: CatalogIndex,
        now: Int64,
        segmentByteCountMax: Int
    ) throws -> AppendStep {
        try checkWritable()
        let offset = Int(active.writer.end)
        let isFirst = offset == SegmentHeader.byteCount
        // The seal needs room too.
        let end = offset + draft.record.count + RecordHeader.byteCount
        guard !isRolling, isFirst || end <= segmentByteCountMax else { return .full(segment: active.segment.number) }
        var existed: [Bool] = []
        for (place, operation) in draft.operations.enumerated() {
            if operation.isPut, operation.condition == nil {
                existed.append(false)  // Nobody asks this of a plain put, and finding out costs a search.
                continue
            }
            let newest = newestVersion(of: operation.key, in: index)
            guard operation.condition?.holds(for: newest, now: now) ?? true else {
                return .refused(operation: place, after: commitPoint(durability))
            }
            existed.append(newest.map { now < $0.expiry } ?? false)
        }
        let first = nextSequence
        try appendRecord(draft.record, .batch, operationCount: draft.operations.count, checksum: draft.bodyChecksum)
        let point = commitPoint(durability)
        let changes = draft.changes(first: first, segment: active.segment.number, offset: offset)
        for (place, operation) in draft.operations.enumerated() {
            let expiry = operation.isPut ? operation.expiry : nil
            pending[operation.key] = PendingVersion(sequence: first + UInt64(place), expiry: expiry)
        }
        tickets.append(Ticket(point: point, firstSequence: first, changes: changes))
        writtenRecordCount += 1
        endsWithClose = false
        return .appended(point, existed: existed)
    }

    /// Appends a record that marks something: no operations, no body.
    mutating func appendMark(_ kind: RecordHeader.Kind) throws {
        let record = [UInt8](repeating: 0, count: RecordHeader.byteCount)
        try appendRecord(record, kind, operationCount: 0, checksum: CRC32C().value)
        endsWithClose = kind == .close
    }

    private mutating func appendRecord(
        _ record: [UInt8],
        _ kind: RecordHeader.Kind,
        operationCount: Int,
        checksum: UInt32
    ) throws {
        var record = record
        let offset = active.writer.end
        let header = RecordHeader(
            bodyByteCount: record.count - RecordHeader.byteCount,
            bodyChecksum: checksum,
            relativeSequence: UInt32(truncatingIfNeeded: nextSequence - active.header.baseSequence),
            unsettledByteCount: Int(offset - active.writer.end(reached: .synced)),
            operationCount: operationCount,
            kind: kind
        )
        header.write(over: &record, at: Int(offset), seed: active.seed)
        _ = try onDisk("appending to the journal") { () throws(IOError) in try active.writer.append(record.span) }
        nextSequence += UInt64(operationCount)
    }

    /// Flushes since the last time this was asked.
    mutating func takeNewFlushes() -> Int {
        let count = sealedFlushCount + active.writer.flushCount
        defer { countedFlushCount = count }
        return count - countedFlushCount
    }

    /// When all that was appended so far is as safe as asked.
    private func commitPoint(_ durability: WriteDurability) -> CommitPoint {
        CommitPoint(
            writer: active.writer,
            end: active.writer.end,
            durability: durability,
            lastSequence: nextSequence - 1
        )
    }

    /// The newest version of a key in journal order.
    private func newestVersion(of key: StoredKey, in index: CatalogIndex) -> (sequence: UInt64, expiry: Int64)? {
        if let pending = pending[key] { return pending.expiry.map { (pending.sequence, $0) } }
        return index.partition(of: key).newest(key).map { ($0.sequence, $0.expiry) }
    }

    /// Brings into the index, in journal order, the records that are as safe as their writers asked, up to the first
    /// that is not yet.
    ///
    /// Returns what still stands before the operation `sequence`, or `nil` when that is in the index.
    mutating func applySettled(through sequence: UInt64, to index: CatalogIndex) -> CommitPoint? {
        while appliedSequence < sequence, appliedTicketCount < tickets.count {
            let ticket = tickets[appliedTicketCount]
            guard ticket.point.isReached else { return ticket.point }
            index.apply(ticket.changes)
            for (place, change) in ticket.changes.enumerated() {
                let key = change.key
                if pending[key]?.sequence == ticket.firstSequence + UInt64(place) { pending[key] = nil }
            }
            appliedSequence = ticket.point.lastSequence
            appliedTicketCount += 1
        }
        if appliedTicketCount > 64, appliedTicketCount > tickets.count / 2 {
            tickets.removeFirst(appliedTicketCount)
            appliedTicketCount = 0
        }
        return nil
    }
}

extension Operation.Condition {
    fileprivate func holds(for version: (sequence: UInt64, expiry: Int64)?, now: Int64) -> Bool {
        switch self {
        case .exists: version != nil
        case .absent: version.map { $0.expiry <= now } ?? true
        case .version(let sequence): version?.sequence == sequence
        }
    }
}
