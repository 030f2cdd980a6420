internal import VitrineIO

/// Reads a journal from its first segment to its last, fills the index, and makes the end fit to be written on.
struct Recovery {
    /// What the journal starts from.
    struct Outcome: Sendable {
        /// The segment to append to, with where, or `nil` when the last one is sealed or there is none.
        var active: (segment: Segment, header: SegmentHeader, end: Int)?
        var storeID: UInt64
        var nextNumber: UInt32
        var nextSequence: UInt64
        /// Bytes in the sealed segments.
        var sealedByteCount: Int
        /// Whether the last thing in the journal is a close.
        var endsWithClose: Bool
        var replay: CatalogStatistics.Replay
    }

    let disk: any FileSystem
    /// The directory of the segments.
    let directory: String
    let index: CatalogIndex
    /// The id that a new store gets.
    let freshStoreID: UInt64

    /// Reads everything; blocks.
    func run() throws -> Outcome {
        let numbers = try segmentNumbers()
        var outcome = Outcome(
            active: nil,
            storeID: freshStoreID,
            nextNumber: UInt32(numbers.count) + 1,
            nextSequence: 1,
            sealedByteCount: 0,
            endsWithClose: true,
            replay: CatalogStatistics.Replay()
        )
        for number in numbers {
            try replay(number, isLast: number == numbers.last, into: &outcome)
        }
        return outcome
    }

    /// Segments are numbered from 1 without a gap.
    private func segmentNumbers() throws -> [UInt32] {
        let names = try onDisk("listing the journal") { () throws(IOError) in try disk.list(directory) }
        let numbers = names.compactMap(SegmentHeader.number(ofFile:)).sorted()
        for (place, number) in numbers.enumerated() where number != UInt32(place) + 1 {
            let missing = directory.appendingPath(SegmentHeader.fileName(UInt32(place) + 1))
            throw CatalogError.corrupt(missing, at: 0, "the segment is missing, and segment \(number) is there")
        }
        return numbers
    }

    private func replay(_ number: UInt32, isLast: Bool, into outcome: inout Outcome) throws {
        let path = directory.appendingPath(SegmentHeader.fileName(number))
        let file = try onDisk("opening the journal") { () throws(IOError) in
            try disk.open(path, isLast ? .readWrite : .read)
        }
        // One segment at a time is held in memory; reading, unlike a mapping, reports a bad sector as an error.
        let size = try onDisk("reading the journal") { () throws(IOError) in try file.size() }
        // Positions in a segment are 32 bits wide, and no segment is begun or grown that passes them.
        guard size <= Int64(UInt32.max) else {
            throw CatalogError.corrupt(path, at: 0, "\(size) bytes are more than a segment can have")
        }
        let bytes = try onDisk("reading the journal") { () throws(IOError) in try file.readBytes(Int(size), at: 0) }
        var scan = try SegmentScan(bytes.span, number: number, path: path)
        if number > 1 {
            guard scan.header.storeID == outcome.storeID else {
                throw CatalogError.corrupt(path, at: 16, "the segment belongs to another store")
            }
            guard scan.header.baseSequence == outcome.nextSequence else {
                throw CatalogError.corrupt(
                    path,
                    at: 32,
                    "the segment starts with operation \(scan.header.baseSequence), not \(outcome.nextSequence)"
                )
            }
        }
        let segment = Segment(number: number, file: file)
        index.install(segment)
        try scan.readRecords(bytes.span, isLast: isLast) { index.apply($0) }
        if isLast { try settle(scan, bytes, file) }
        if scan.ending == .sealed {
            // Reading values with system calls is slower and nothing else, should the mapping be refused.
            if let mapped = try? segment.mapped(byteCount: scan.end) { index.install(mapped) }
            outcome.sealedByteCount += scan.end
        } else {
            outcome.active = (segment, scan.header, scan.end)
        }
        outcome.storeID = scan.header.storeID
        outcome.nextSequence = scan.nextSequence
        let isUntouched = number == 1 && scan.recordCount == 0 && scan.ending == .whole
        outcome.endsWithClose = scan.endsWithClose || isUntouched
        outcome.replay.recordCount += scan.recordCount
        outcome.replay.operationCount += scan.operationCount
        outcome.replay.tornByteCount += bytes.count - scan.end
        outcome.replay.wasClosed = outcome.endsWithClose
    }

    /// Makes what was replayed durable before anybody is told of it, and cuts off what was not.
    ///
    /// The records since the last one known to be flushed are written once more in their place. After a flush that
    /// failed, the system may keep pages in memory that it no longer means to write (Rebello et al., "Can applications
    /// recover from fsync failures?", 2020): a process that restarts reads them, and a flush then reports success.
    private func settle(_ scan: SegmentScan, _ bytes: [UInt8], _ file: any StorageFile) throws {
        try onDisk("making the end of the journal fit to be written on") { () throws(IOError) in
            if scan.ending == .torn { try file.truncate(to: Int64(scan.end)) }
            if scan.batchEnd > scan.settledEnd {
                let unsettled = bytes.span.extracting(scan.settledEnd..<scan.end)
                try file.writeAll(unsettled, at: Int64(scan.settledEnd))
            }
            try file.synchronize()
        }
    }
}
