internal import VitrineIO

/// Where a record begins, for readers of changes.
struct ChangePlace: Sendable {
    let segment: UInt32
    let baseSequence: UInt64
    /// What the checksums of the segment's records start from.
    let seed: CRC32C
    var offset: Int
}

// Everything here that looks into segments is called with the index's epoch pinned.
extension Engine {
    /// The number of the oldest change from which on none is missing.
    func oldestChange() throws -> UInt64 {
        index.pinned { unbrokenSegments().first?.baseSequence ?? 1 }
    }

    /// The beginning of the segment that holds the change behind `position`.
    ///
    /// - Throws: `CatalogError` with `changesTrimmed` when compaction has removed it, or one that follows it.
    func changePlace(after position: UInt64) throws -> ChangePlace {
        let segments = unbrokenSegments()
        guard let segment = segments.last(where: { $0.baseSequence <= position + 1 }) else {
            throw CatalogError.changesTrimmed(after: position, oldest: segments.first?.baseSequence ?? 1)
        }
        return place(segment)
    }

    /// The beginning of the segment that follows the one of `place`, of which everything was read.
    ///
    /// - Throws: `CatalogError` with `changesTrimmed` when it is gone and had changes.
    func changePlace(behind place: ChangePlace, after position: UInt64) throws -> ChangePlace {
        guard let next = journal.segmentList().first(where: { $0.number > place.segment }),
            next.baseSequence <= position + 1
        else {
            // The segment itself was taken away before it was read to its end, or one behind it was.
            return try changePlace(after: position)
        }
        return self.place(next)
    }

    /// Whether there are no records at `place` because its segment ends there, or is gone.
    func isBehindRecords(_ place: ChangePlace) throws -> Bool {
        guard let segment = journal.segmentList().first(where: { $0.number == place.segment }) else { return true }
        return segment.isSealed && place.offset >= segment.byteCount
    }

    /// The newest segments between which no sequence number is missing, oldest first.
    private func unbrokenSegments() -> ArraySlice<SegmentSummary> {
        let segments = journal.segmentList()
        var first = segments.count - 1
        while first > 0, follows(segments[first], segments[first - 1]) { first -= 1 }
        return segments[max(first, 0)...]
    }

    /// Whether the first operation of `later` is the one behind the last of `earlier`.
    private func follows(_ later: SegmentSummary, _ earlier: SegmentSummary) -> Bool {
        if let seal = seal(of: earlier) {
            return earlier.baseSequence + UInt64(seal.relativeSequence) == later.baseSequence
        }
        // It was filled to the last byte.
        return later.previousNumber == earlier.number
    }

    /// The header of the seal that the segment ends with, if it had room for one.
    private func seal(of segment: SegmentSummary) -> RecordHeader? {
        let offset = segment.byteCount - RecordHeader.byteCount
        let table = segments
        let bytes = table.bytes(ofSegment: segment.number, from: offset, count: RecordHeader.byteCount)
        let header = RecordHeader(bytes, at: offset, seed: place(segment).seed)
        return header?.kind == .seal ? header : nil
    }

    private func place(_ segment: SegmentSummary) -> ChangePlace {
        ChangePlace(
            segment: segment.number,
            baseSequence: segment.baseSequence,
            seed: SegmentHeader.checksumSeed(storeID: journal.manifest.storeID, number: segment.number),
            offset: SegmentHeader.byteCount
        )
    }
}
