internal import VitrineIO

/// Reads all records of a store in order, past whatever is damaged, and says what was.
///
/// Verifying and repairing are the same walk: one counts what it finds, the other keeps it.
struct StoreWalk {
    let reader: StoreReader
    let files: StoreFiles
    /// Where the last segment is to end for this reading, when the store is written to meanwhile.
    var limit: JournalPlace?
    private(set) var report = VerificationReport()
    /// The number that the next operation should have; `nil` when damage hides it.
    private var nextSequence: UInt64?
    private var previous: (number: UInt32, end: Int)?

    init(_ reader: StoreReader, _ files: StoreFiles, limit: JournalPlace? = nil) {
        self.reader = reader
        self.files = files
        self.limit = limit
        report.findings = files.findings
    }

    /// The highest number that an operation was found with, and one more.
    private(set) var sequenceEnd: UInt64 = 1

    /// Reads everything; blocks.
    mutating func run(
        _ work: BlockingWork,
        progress: (MaintenanceProgress) -> Void,
        _ body: FrameHandler = { _, _, _, _ in }
    ) throws {
        let total = reader.byteCount(of: files.segments)
        for (index, number) in files.segments.enumerated() {
            try work.checkCancellation()
            if let limit, number > limit.segment { break }
            try read(number, isLast: index == files.segments.count - 1 || number == limit?.segment, index, body)
            progress(MaintenanceProgress(byteCount: min(total, report.byteCount), byteCountTotal: total))
        }
    }

    private mutating func read(_ number: UInt32, isLast: Bool, _ index: Int, _ body: FrameHandler) throws {
        let path = reader.path(ofSegment: number)
        var contents: [UInt8]
        do {
            guard let found = try reader.contents(ofSegment: number) else {
                nextSequence = nil
                return add(path, 0..<0, "the file is missing")
            }
            contents = found
        } catch let error as CatalogError {
            nextSequence = nil
            return add(path, 0..<0, String(describing: error))
        }
        if let limit, limit.segment == number, contents.count > Int(limit.offset) {
            contents.removeLast(contents.count - Int(limit.offset))
        }
        report.byteCount += contents.count
        let bytes = contents.span
        guard bytes.firstNonzero(from: 0) != nil else { return }
        if SegmentHeader.storeID(of: bytes) == nil, try isUnfinished(index, from: 0) {
            report.tornByteCount = bytes.count
            return
        }
        report.segmentCount += 1
        let base = baseSequence(of: bytes, number, path)
        var salvage = SegmentSalvage(storeID: files.storeID, number: number)
        var isTorn = false
        var parts: [SegmentSalvage.Part] = []
        try salvage.read(bytes) { part in
            if case .damage(let range) = part, try isUnfinished(index, from: range.lowerBound) {
                isTorn = true
                report.tornByteCount = bytes.count - range.lowerBound
                return false
            }
            parts.append(part)
            return true
        }
        let last = parts.last?.header
        let foundBase = try base ?? baseSequence(before: index, last) ?? baseSequence(of: parts, number)
        for (position, part) in parts.enumerated() {
            switch part {
            case .record(let header, let offset): try take(header, bytes, at: offset, number, path, foundBase, body)
            case .damage(let range):
                let next = position + 1 < parts.count ? parts[position + 1].header : nil
                let end = next.flatMap { next in foundBase.map { $0 + UInt64(next.relativeSequence) } }
                try takeHeadless(range, before: end, bytes, number, path, body)
            }
        }
        if !isTorn { try finish(salvage, index, number, path, isSealed: last?.kind == .seal) }
        previous = (number, salvage.end)
    }

    /// Takes bytes that have no record's header, with records behind them that begin with operation `end`: when they are
    /// the operations of one record to the byte, nothing but its header is lost.
    private mutating func takeHeadless(
        _ range: Range<Int>,
        before end: UInt64?,
        _ bytes: Span<UInt8>,
        _ number: UInt32,
        _ path: String,
        _ body: FrameHandler
    ) throws {
        guard let first = nextSequence, let end, end >= first,
            let header = RecordHeader(headless: bytes, range, operationCount: Int(clamping: end - first))
        else {
            add(path, range, "no record is here, and records follow")
            nextSequence = nil
            return
        }
        add(path, range, "the record's header is damaged; its \(header.operationCount) operations are whole")
        report.recordCount += 1
        report.operationCount += header.operationCount
        var highest = max(sequenceEnd, end)
        try header.forEachFrame(bytes, at: range.lowerBound, segment: number, firstSequence: first) {
            frame,
            location,
            sequence,
            record in
            highest = max(highest, sequence + 1)
            try body(frame, location, sequence, record)
        }
        sequenceEnd = highest
        nextSequence = end
    }

    /// The number of the segment's first operation, from its header or from what stands before it.
    private mutating func baseSequence(of bytes: Span<UInt8>, _ number: UInt32, _ path: String) -> UInt64? {
        do {
            if let header = try SegmentHeader.read(bytes, storeID: files.storeID, number: number, path: path) {
                if header.previousNumber == previous?.number, let expected = nextSequence,
                    header.baseSequence != expected
                {
                    add(path, 32..<40, "the segment starts with operation \(header.baseSequence), not \(expected)")
                }
                nextSequence = header.baseSequence
                return header.baseSequence
            }
            add(path, 0..<SegmentHeader.byteCount, "the segment's header is damaged")
        } catch {
            add(path, 0..<SegmentHeader.byteCount, (error as? CatalogError)?.message ?? "\(error)")
        }
        return nextSequence
    }

    /// The number of a segment's first operation, counted back from where the next segment begins.
    private mutating func baseSequence(before index: Int, _ last: RecordHeader?) throws -> UInt64? {
        guard let last, index + 1 < files.segments.count, let next = try header(ofSegment: files.segments[index + 1]),
            next.previousNumber == files.segments[index]
        else { return nil }
        let count = UInt64(last.relativeSequence) + (last.kind == .batch ? UInt64(last.operationCount) : 0)
        guard next.baseSequence > count else { return nil }
        nextSequence = next.baseSequence - count
        return nextSequence
    }

    /// The number of a segment's first operation where its neighbours do not tell: from the checkpoint's place, or, since
    /// the first segment of a store begins with its first operation, and one that is alone agrees with any, 1.
    private mutating func baseSequence(of parts: [SegmentSalvage.Part], _ number: UInt32) -> UInt64? {
        if let place = files.checkpoint?.place, place.segment == number {
            for case .record(let header, let offset) in parts {
                var before = UInt64(header.relativeSequence)
                if offset != Int(place.offset) {
                    guard offset + header.recordByteCount == Int(place.offset) else { continue }
                    if header.kind == .batch { before += UInt64(header.operationCount) }
                }
                guard place.sequence > before else { return nil }
                nextSequence = place.sequence - before
                return nextSequence
            }
        }
        guard number == 1 || files.segments == [number] else { return nil }
        nextSequence = 1
        return nextSequence
    }

    private mutating func take(
        _ header: RecordHeader,
        _ bytes: Span<UInt8>,
        at offset: Int,
        _ number: UInt32,
        _ path: String,
        _ base: UInt64?,
        _ body: FrameHandler
    ) throws {
        guard let base else { return add(path, offset..<offset + header.recordByteCount, "its numbers are not known") }
        let first = base + UInt64(header.relativeSequence)
        guard first + UInt64(header.operationCount) <= Entry.sequenceMax + 1 else {
            return add(path, offset..<offset + header.recordByteCount, "no journal gets as far as operation \(first)")
        }
        if let nextSequence, nextSequence != first {
            add(path, offset..<offset, "operation \(nextSequence) is missing; the record starts at \(first)")
        }
        report.recordCount += 1
        var lost: [(Range<Int>, Key?, UInt16?)] = []
        var count = 0
        var highest = sequenceEnd
        try header.salvage(bytes, at: offset, segment: number, firstSequence: first) {
            lost.append(($0, $1, $2))
        } _: { frame, location, sequence, record in
            count += 1
            highest = max(highest, sequence + 1)
            try body(frame, location, sequence, record)
        }
        sequenceEnd = max(highest, first)
        report.operationCount += count
        for (range, key, table) in lost {
            add(path, range, "the operation does not match its checksum")
            report.findings[report.findings.count - 1].key = key
            report.findings[report.findings.count - 1].tableNumber = table
        }
        nextSequence = header.kind == .batch ? first + UInt64(header.operationCount) : first
    }

    private mutating func finish(
        _ salvage: SegmentSalvage,
        _ index: Int,
        _ number: UInt32,
        _ path: String,
        isSealed: Bool
    ) throws {
        let next = index + 1 < files.segments.count ? try header(ofSegment: files.segments[index + 1]) : nil
        if salvage.tornEnd > salvage.end {
            if try isUnfinished(index, from: salvage.end) {
                report.tornByteCount = salvage.tornEnd - salvage.end
            } else {
                add(path, salvage.end..<salvage.tornEnd, "no record is here")
            }
            nextSequence = nil
        } else if let next, next.previousNumber == number, !isSealed {
            let end = Int(next.previousByteCount)
            if end == salvage.end { return }
            let what = salvage.end < end ? "the segment ends before it should" : "the segment goes on behind its end"
            add(path, min(salvage.end, end)..<max(salvage.end, end), what)
            nextSequence = nil
        }
    }

    /// Whether what begins at `offset` of a segment is what a crash left of data that had not been flushed.
    private func isUnfinished(_ index: Int, from offset: Int) throws -> Bool {
        // While the store is open, everything up to the limit was flushed.
        if limit != nil { return false }
        let candidates = try files.segments[index...].compactMap { number -> TornTail.Candidate? in
            let path = reader.path(ofSegment: number)
            guard let file = try? reader.disk.open(path, .read) else { return nil }
            return TornTail.Candidate(number: number, header: try header(ofSegment: number), file: file)
        }
        return try !TornTail(storeID: files.storeID, candidates: candidates, end: offset).isClaimed()
    }

    private func header(ofSegment number: UInt32) throws -> SegmentHeader? {
        let path = reader.path(ofSegment: number)
        guard let head = try? reader.disk.open(path, .read).readBytes(SegmentHeader.byteCount, at: 0) else {
            return nil
        }
        return try? SegmentHeader.read(head.span, storeID: files.storeID, number: number, path: path)
    }

    private mutating func add(_ path: String, _ range: Range<Int>, _ message: String) {
        report.findings.append(StoreFinding(path, at: range.lowerBound, byteCount: range.count, message))
    }

    /// Holds the checkpoint's blocks against their checksums.
    mutating func verifyCheckpoint() {
        guard let mark = files.checkpoint else { return }
        do {
            let loader = CheckpointLoader(disk: reader.disk, directory: reader.directory)
            report.byteCount += try loader.visit(mark.number, storeID: files.storeID) { _, _ in }
        } catch {
            report.findings.append(StoreFinding(error.path, at: Int(error.offset), error.message))
        }
    }
}
