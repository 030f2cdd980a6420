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
            let from = scan.end
            guard from <= listed[index].size else {
                throw CatalogError.corrupt(
                    scan.path,
                    at: listed[index].size,
                    "the file is shorter than the checkpoint says"
                )
            }
            try read(listed[index], &scan, &buffer, replay)
            listed[index].scan = scan
            note(scan, from: from)
            position += UInt64(scan.end)
            told.replayedByteCount += listed[index].size
            progress(told)
            if try endsAt(index, scan) { break }
        }
    }

    /// Reads a segment from where the scan is on.
    ///
    /// Most of the last one has never been written: that is zeros, which need not be read. Where a record seems to be
    /// torn, all is read after all, for zeros that were written may have become a hole when the file was copied.
    private func read(
        _ segment: ListedSegment,
        _ scan: inout SegmentScan,
        _ buffer: inout SegmentBuffer,
        _ replay: FrameHandler
    ) throws {
        let file = segment.file
        let from = scan.end
        let count = try onDisk("reading the journal") { () throws(IOError) in
            let dataEnd = Int(try file.dataEnd(size: Int64(segment.size)))
            return try buffer.fill(from: file, from..<max(from, dataEnd))
        }
        try scan.read(buffer.bytes(count), replay)
        guard scan.isTorn, count < segment.size else { return }
        let all = try onDisk("reading the journal") { () throws(IOError) in
            try buffer.fill(from: file, from..<segment.size)
        }
        try scan.read(buffer.bytes(all), replay)
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
        // A close can take the room that its segment kept for the seal. Then nothing is missing here, and it is the next
        // segment's beginning that a crash broke off.
        if next?.header == nil, scan.ending == .clean, scan.endsWithClose,
            scan.end + RecordHeader.byteCount > listed[index].size
        {
            return false
        }
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
            try segment.file.readBytes(Int(try segment.file.dataEnd(size: Int64(segment.size))), at: 0)
        }
        return bytes.span.firstNonzero(from: 0) == nil
    }
}

/// Room for one segment after the other: to have so much memory anew for each would take longer than to fill it.
@safe private struct SegmentBuffer: ~Copyable {
    // Allocated by `fill` and freed by it or by deinit; what lies before the part that was filled last means nothing.
    private var room: UnsafeMutableBufferPointer<UInt8>

    init() {
        unsafe room = UnsafeMutableBufferPointer(start: nil, count: 0)
    }

    deinit {
        unsafe room.deallocate()
    }

    /// Reads a part of a file, or less where that ends, into the same place here, and returns its end.
    mutating func fill(from file: any StorageFile, _ part: Range<Int>) throws(IOError) -> Int {
        if unsafe room.count < part.upperBound {
            unsafe room.deallocate()
            // So much is memory of its own, of which the system gives what is touched.
            unsafe room = .allocate(capacity: part.upperBound)
        }
        var filled = part.lowerBound
        while filled < part.upperBound {
            let rest = unsafe UnsafeMutableBufferPointer(rebasing: room[filled..<part.upperBound])
            var window = unsafe MutableSpan(_unsafeElements: rest)
            let read = try file.read(into: &window, at: Int64(filled))
            if read == 0 { break }
            filled += read
        }
        return filled
    }

    /// The first `count` bytes.
    @_lifetime(borrow self)
    func bytes(_ count: Int) -> Span<UInt8> {
        let bytes = unsafe Span(_unsafeElements: UnsafeBufferPointer(room).extracting(0..<count))
        return unsafe _overrideLifetime(bytes, borrowing: self)
    }
}
