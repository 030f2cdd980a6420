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
        var parts: [(RecordHeader, Int)] = []
        try salvage.read(bytes) { part in
            switch part {
            case .record(let header, let offset): parts.append((header, offset))
            case .damage(let range):
                if try isUnfinished(index, from: range.lowerBound) {
                    isTorn = true
                    report.tornByteCount = bytes.count - range.lowerBound
                    return false
                }
                add(path, range, "no record is here, and records follow")
                nextSequence = nil
            }
            return true
        }
        let foundBase = try base ?? baseSequence(before: index, parts.last?.0)
        for (header, offset) in parts { try take(header, bytes, at: offset, number, path, foundBase, index, body) }
        if !isTorn { try finish(salvage, index, number, path, isSealed: parts.last?.0.kind == .seal) }
        previous = (number, salvage.end)
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

    private mutating func take(
        _ header: RecordHeader,
        _ bytes: Span<UInt8>,
        at offset: Int,
        _ number: UInt32,
        _ path: String,
        _ base: UInt64?,
        _ index: Int,
        _ body: FrameHandler
    ) throws {
        guard let base else { return add(path, offset..<offset + header.recordByteCount, "its numbers are not known") }
        let first = base + UInt64(header.relativeSequence)
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
        } else if let next, next.previousNumber == number, Int(next.previousByteCount) != salvage.end, !isSealed {
            add(path, salvage.end..<Int(next.previousByteCount), "the segment ends before it should")
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

    /// Holds the checkpoint's blocks against their checksums; needs as much memory as the index does.
    mutating func verifyCheckpoint() {
        guard let mark = files.checkpoint else { return }
        do {
            let loader = CheckpointLoader(disk: reader.disk, directory: reader.directory)
            let scratch = VersionedIndex(partitionCount: 1_024)
            let loaded = try loader.load(mark.number, storeID: files.storeID, into: scratch) { _ in }
            report.byteCount += loaded.byteCount
        } catch {
            report.findings.append(StoreFinding(error.path, at: Int(error.offset), error.message))
        }
    }
}
