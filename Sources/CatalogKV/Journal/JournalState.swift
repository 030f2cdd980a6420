package import VitrineIO

/// Where a record got its place.
package struct Placement: Sendable {
    package let segment: UInt32
    /// Where in the segment the record begins.
    package let offset: UInt32
    /// The journal's position behind the record: what to settle.
    package let end: UInt64

    /// The place of the frame that begins at `draftOffset` of the draft.
    package func location(ofFrameAt draftOffset: Int, byteCount: Int) -> Location {
        Location(
            segment: segment,
            offset: offset + UInt32(truncatingIfNeeded: draftOffset),
            byteCount: UInt32(truncatingIfNeeded: byteCount)
        )
    }
}

/// The segment that is being written.
package struct ActiveSegment: Sendable {
    package let segment: SegmentFile
    package let header: SegmentHeader
    package let seed: CRC32C
    /// The journal's position of the segment's first byte.
    package let start: UInt64
    /// Where in the segment the next record goes.
    package var end: Int
    /// Up to where its pages were made ready for stores.
    package var prefaultedEnd: Int
    /// Up to where it may be written: less than the file has, once room was given back.
    package private(set) var limit: Int

    package init(segment: SegmentFile, header: SegmentHeader, start: UInt64, end: Int) {
        self.segment = segment
        self.header = header
        seed = SegmentHeader.checksumSeed(storeID: header.storeID, number: header.number)
        self.start = start
        self.end = end
        prefaultedEnd = end
        limit = segment.capacity
    }

    package var position: UInt64 { start + UInt64(end) }

    /// Whether a record of so many bytes fits, and a seal behind it.
    package func hasRoom(for recordByteCount: Int) -> Bool {
        end + recordByteCount + RecordHeader.byteCount <= limit
    }

    /// Ends it so many bytes behind the last record, unless it ends before; returns where.
    package mutating func limit(toFree byteCount: Int) -> Int? {
        let wanted = (end + byteCount + 4_095) & ~4_095
        guard wanted < limit else { return nil }
        limit = wanted
        return wanted
    }
}

/// A segment that takes no more records.
package struct SealedSegment: Sendable {
    package let number: UInt32
    package let byteCount: Int
    package let baseSequence: UInt64
    /// The segment that was written before it.
    package let previousNumber: UInt32
    /// When its last record was written, in milliseconds since the Unix epoch.
    package let lastTime: UInt64
}

/// All that appending changes; guarded by the journal's lock.
package struct JournalState: Sendable {
    package let storeID: UInt64
    /// What an ordinary segment is made with now.
    package var segmentByteCount: Int
    /// Whether the next segment and the next pages are made ready before they are needed.
    package let preparesAhead: Bool
    package var active: ActiveSegment
    package var sealed: [SealedSegment]
    /// Sealed, and not known to be flushed.
    package var unflushed: [SegmentFile] = []
    package var spare: SegmentFile?
    /// What the keeper is to make, if anything: an ordinary spare, of at least so many bytes.
    package var wantedByteCount: Int?
    /// Who waits for the keeper to have made room, or to say why not.
    package var roomWaiters: [@Sendable (CatalogError?) -> Void] = []
    /// Whether the last record is a close, so that closing again writes nothing.
    package var endsWithClose: Bool
    package var failure: CatalogError?
    package var isClosed = false
    /// Whether nothing is written, so that little is to be set aside for it.
    package var isAtRest = false

    /// Throws when nothing may be written any more.
    package func checkWritable() throws(CatalogError) {
        if isClosed { throw CatalogError.closed() }
        if let failure {
            throw CatalogError(
                .isReadOnly,
                "an earlier write failed, so nothing more is written; open the catalog again once the disk is well",
                cause: failure
            )
        }
    }

    /// Bytes that a segment must have to hold a record of so many.
    package static func segmentByteCount(for recordByteCount: Int) -> Int {
        let least = SegmentHeader.byteCount + recordByteCount + RecordHeader.byteCount
        return (least + 4_095) & ~4_095
    }

    /// Stores the record at the end of the journal.
    package mutating func store(
        _ draft: inout Draft,
        _ kind: RecordHeader.Kind,
        firstSequence: UInt64,
        time: UInt64,
        flushed: UInt64
    ) throws(IOError) -> Placement {
        let offset = active.end
        let header = RecordHeader(
            bodyByteCount: draft.byteCount - RecordHeader.byteCount,
            relativeSequence: UInt32(truncatingIfNeeded: firstSequence - active.header.baseSequence),
            unsettledByteCount: Int(active.position - min(flushed, active.position)),
            operationCount: draft.count,
            kind: kind,
            time: time
        )
        draft.write(header, at: offset, seed: active.seed)
        try active.segment.store(draft.bytes.span, at: offset)
        active.end += draft.byteCount
        endsWithClose = kind == .close
        return Placement(segment: active.segment.number, offset: UInt32(offset), end: active.position)
    }

    /// Seals the active segment and goes on with the spare.
    package mutating func roll(to next: SegmentFile, firstSequence: UInt64, time: UInt64, flushed: UInt64)
        throws(IOError)
    {
        if active.hasRoom(for: 0) {
            var seal = Draft()
            _ = try store(&seal, .seal, firstSequence: firstSequence, time: time, flushed: flushed)
        }
        let old = active
        let header = SegmentHeader(
            storeID: storeID,
            number: next.number,
            baseSequence: firstSequence,
            previousNumber: old.segment.number,
            previousByteCount: UInt32(old.end)
        )
        try next.store(header.encoded().span, at: 0)
        unflushed.append(old.segment)
        sealed.append(
            SealedSegment(
                number: old.segment.number,
                byteCount: old.end,
                baseSequence: old.header.baseSequence,
                previousNumber: old.header.previousNumber,
                lastTime: time
            )
        )
        active = ActiveSegment(segment: next, header: header, start: old.position, end: SegmentHeader.byteCount)
        spare = nil
        isAtRest = false
    }
}
