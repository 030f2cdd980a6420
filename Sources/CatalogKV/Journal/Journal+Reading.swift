internal import VitrineIO
internal import VitrineSync

extension Journal {
    /// The beginning of the segment that has the operation `sequence`, or is to have it; `nil` when the operation is
    /// older than the oldest segment.
    package func place(ofSequence sequence: UInt64) -> JournalPlace? {
        let begun = begunSegments()
        guard let last = begun.last(where: { $0.baseSequence <= sequence }) else { return nil }
        return JournalPlace(
            segment: last.number,
            offset: UInt32(SegmentHeader.byteCount),
            sequence: last.baseSequence
        )
    }

    /// Hands over the operations from `place` on, up to and with `last`, record by record.
    ///
    /// `place` moves past every record that was handed over. Records that relocate are handed over too.
    ///
    /// - Parameter body: returns whether to go on, which is looked at after the last operation of a record.
    /// - Returns: whether the place was still there; `false` once its segment is gone.
    /// - Throws: `CatalogError` with `isCorrupt`; what `body` throws.
    package func read(
        from place: inout JournalPlace,
        through last: UInt64,
        _ body: (borrowing OperationFrame, Location, _ sequence: UInt64, RecordHeader) throws -> Bool
    ) throws -> Bool {
        while true {
            let begun = begunSegments()
            guard let index = begun.firstIndex(where: { $0.number == place.segment }),
                let file = segments.file(place.segment)
            else { return false }
            let end = min(begun[index].byteCount, file.capacity)
            let bytes = file.bytes.extracting(0..<end)
            let seed = SegmentHeader.checksumSeed(storeID: manifest.storeID, number: place.segment)
            while Int(place.offset) < end {
                let offset = Int(place.offset)
                guard case .whole(let record) = CheckedRecord(bytes, at: offset, seed: seed) else {
                    throw CatalogError.corrupt(file.file.path, at: offset, "the record does not match its checksum")
                }
                let first = begun[index].baseSequence + UInt64(record.relativeSequence)
                if record.kind == .batch, first > last { return true }
                var goesOn = true
                try record.forEachFrame(bytes, at: offset, segment: place.segment, firstSequence: first) {
                    goesOn = try body($0, $1, $2, $3)
                }
                place.offset += UInt32(record.recordByteCount)
                if record.kind == .batch { place.sequence = first + UInt64(record.operationCount) }
                if !goesOn { return true }
            }
            guard index + 1 < begun.count else { return true }
            let next = begun[index + 1]
            place = JournalPlace(
                segment: next.number,
                offset: UInt32(SegmentHeader.byteCount),
                sequence: next.baseSequence
            )
        }
    }

    /// The segments that have been written to, oldest first.
    private func begunSegments() -> [SealedSegment] {
        state.withLock { state in
            let active = state.active
            let last = SealedSegment(
                number: active.segment.number,
                byteCount: active.end,
                baseSequence: active.header.baseSequence,
                previousNumber: active.header.previousNumber,
                lastTime: .max
            )
            return state.sealed + [last]
        }
    }
}
