internal import VitrineIO

extension JournalReader {
    /// Reads every record from `place` on, or all, up to the end of the journal.
    package mutating func readRecords(
        from place: JournalPlace?,
        progress: (JournalProgress) -> Void,
        replay: FrameHandler
    ) throws {
        try findFirst(place)
        var told = JournalProgress(replayedByteCount: 0, totalByteCount: 0)
        for segment in listed[firstRead...] where segment.header != nil { told.totalByteCount += segment.size }
        progress(told)
        var position: UInt64 = 0
        var buffer = SegmentBuffer()
        for index in listed.indices[firstRead...] {
            guard let header = listed[index].header else {
                if let place, index == firstRead {
                    let path = options.path(ofSegment: listed[index].number)
                    throw CatalogError.corrupt(
                        path,
                        at: 0,
                        "the segment holds operation \(place.sequence), and no header"
                    )
                }
                try endBeforeUnbegun(index)
                break
            }
            try checkJoint(index, header)
            let atPlace = place?.segment == header.number ? place : nil
            var scan = SegmentScan(
                header,
                path: options.path(ofSegment: header.number),
                start: position,
                from: atPlace.map { Int($0.offset) } ?? SegmentHeader.byteCount,
                sequence: atPlace?.sequence ?? header.baseSequence
            )
            let count = try onDisk("reading the journal") { () throws(IOError) in
                try buffer.fill(from: listed[index].file, count: listed[index].size)
            }
            let from = scan.end
            guard from <= count else {
                throw CatalogError.corrupt(scan.path, at: count, "the file is shorter than the checkpoint says")
            }
            try scan.read(buffer.bytes(count), replay)
            listed[index].scan = scan
            note(scan, from: from)
            position += UInt64(scan.end)
            told.replayedByteCount += listed[index].size
            progress(told)
            if try endsAt(index, scan) { break }
        }
    }

    private mutating func findFirst(_ place: JournalPlace?) throws {
        guard let place else {
            if let first = listed.first?.header { recovery.nextSequence = first.baseSequence }
            return
        }
        recovery.nextSequence = place.sequence
        // The place's own segment may be gone since: then what counted of it stands in later ones.
        firstRead = listed.firstIndex { $0.number >= place.segment } ?? listed.count
        guard firstRead < listed.count else {
            throw CatalogError.corrupt(
                options.path(ofSegment: place.segment),
                at: Int(place.offset),
                "the checkpoint goes on in this segment, and neither it nor a later one is there"
            )
        }
    }

    /// Checks that a segment goes on where the one before it ended.
    private func checkJoint(_ index: Int, _ header: SegmentHeader) throws {
        let path = options.path(ofSegment: header.number)
        let follows = index > firstRead && header.previousNumber == listed[index - 1].number
        let expected = recovery.nextSequence
        let isInOrder =
            if index == firstRead { true } else if follows { header.baseSequence == expected } else {
                header.baseSequence >= expected
            }
        guard isInOrder else {
            throw CatalogError.corrupt(
                path,
                at: 32,
                "the segment starts with operation \(header.baseSequence), not \(expected)"
            )
        }
    }

    private mutating func note(_ scan: SegmentScan, from: Int) {
        recovery.nextSequence = scan.nextSequence
        let isUntouched = scan.recordCount == 0 && recovery.recordCount == 0
        if scan.recordCount > 0 || !isUntouched { recovery.endsWithClose = scan.endsWithClose }
        recovery.recordCount += scan.recordCount
        recovery.operationCount += scan.operationCount
        recovery.replayedByteCount += scan.end - from
        recovery.lastTime = max(recovery.lastTime, scan.lastTime)
    }

    /// Whether the journal ends in this segment; throws when it does and should not.
    private mutating func endsAt(_ index: Int, _ scan: SegmentScan) throws -> Bool {
        let next = index + 1 < listed.count ? listed[index + 1] : nil
        if let header = next?.header, header.previousNumber == scan.number,
            Int(header.previousByteCount) == scan.end
        {
            return false
        }
        if scan.ending == .sealed { return false }
        // A segment between this one and the next was compacted away: both are older than that, and were flushed.
        if let header = next?.header, header.previousNumber > scan.number, scan.ending == .clean { return false }
        let isLast = try listed[(index + 1)...].allSatisfy { try isUnbegun($0) }
        if isLast, scan.ending == .clean { return true }
        let what = if case .torn(let what) = scan.ending { what } else { "the segment ends without its seal" }
        try cutOff(index, at: scan.end, what)
        return true
    }

    /// A segment without a header: the journal's end, or what a crash or damage left of one.
    private mutating func endBeforeUnbegun(_ index: Int) throws {
        if try listed[index...].allSatisfy({ try isUnbegun($0) }) { return }
        try cutOff(index, at: 0, "the segment's header is damaged")
    }

    private mutating func cutOff(_ index: Int, at end: Int, _ what: String) throws {
        let tail = TornTail(
            storeID: manifest.storeID,
            candidates: listed[index...].map {
                TornTail.Candidate(number: $0.number, header: $0.header, file: $0.file)
            },
            end: end
        )
        if try tail.isClaimed() {
            throw CatalogError.corrupt(
                options.path(ofSegment: listed[index].number),
                at: end,
                what + ", though a later record says that this was flushed"
            )
        }
        cut = (index, end)
        recovery.endsWithClose = false
        recovery.tornByteCount = listed[index].size - end
    }

    /// Whether the file has nothing but zeros.
    private func isUnbegun(_ segment: ListedSegment) throws -> Bool {
        if segment.header != nil { return false }
        let bytes = try onDisk("reading the journal") { () throws(IOError) in
            try segment.file.readBytes(segment.size, at: 0)
        }
        return bytes.span.firstNonzero(from: 0) == nil
    }
}

/// Room for one segment after the other: to have so much memory anew for each would take longer than to fill it.
private struct SegmentBuffer {
    private var room: [UInt8] = []

    /// Reads the first `count` bytes of a file, or fewer where it ends, and returns how many.
    mutating func fill(from file: any StorageFile, count: Int) throws(IOError) -> Int {
        if room.count < count {
            room = []
            room = [UInt8](repeating: 0, count: count)
        }
        var filled = 0
        while filled < count {
            var span = room.mutableSpan
            var window = span._mutatingExtracting(filled..<count)
            let read = try file.read(into: &window, at: Int64(filled))
            if read == 0 { break }
            filled += read
        }
        return filled
    }

    /// The first `count` bytes.
    @_lifetime(borrow self)
    func bytes(_ count: Int) -> Span<UInt8> { room.span.extracting(0..<count) }
}
