internal import VitrineIO
internal import VitrineSync

extension StoreCore {
    /// Writes the samples in memory to blocks and drops their logs.
    ///
    /// Samples of which the budget has no room for a block go when `isDropping`, and else are an error and stay.
    func flush(dropping isDropping: Bool = false) throws(TelemetryError) {
        try maintenance.withLock { state throws(TelemetryError) in
            guard isDropping || contents.withLock({ hasRoomForBlocks($0) }) else {
                throw TelemetryError(
                    .storeFailed,
                    "the budget of \(configuration.diskBytesMax) bytes has no room for a block of what is in memory; raise it"
                )
            }
            try freeze()
            state.headStart = nil
            try writeFrozen()
        }
    }

    /// Whether the samples in memory are many or old enough to be written.
    func isHeadDue(_ state: inout MaintenanceState) -> Bool {
        let now = now
        let (count, bytes, isTight) = contents.withLock { contents in
            // A small budget must not be used up by the log: the block needs room beside it.
            let log = contents.logBytes + Self.blockBytesMax(of: contents.head, seriesCount: contents.table.count)
            let isTight = log > (configuration.diskBytesMax - contents.catalogBytes) / 2
            return (contents.head.sampleCount, contents.head.byteCount, isTight)
        }
        guard count > 0 else {
            state.headStart = nil
            return false
        }
        let start = state.headStart ?? now
        state.headStart = start
        // A clock that was set back must not keep a head for ever.
        let age = now < start ? .max : now - start
        return isTight || bytes >= configuration.headBytesMax || age >= configuration.headAgeMax.wholeMilliseconds
    }

    /// Whether all that is in memory could be written to blocks, if need be in place of all others.
    func hasRoomForBlocks(_ contents: borrowing StoreContents) -> Bool {
        let count = contents.table.count
        let bytes = contents.frozen.reduce(Self.blockBytesMax(of: contents.head, seriesCount: count)) {
            $0 + Self.blockBytesMax(of: $1, seriesCount: count)
        }
        return contents.fixedBytes + bytes <= configuration.diskBytesMax
    }

    /// Has appends go to a new head and a new log.
    private func freeze() throws(TelemetryError) {
        try writing("starting a log") { writer throws(IOError) in
            let isEmpty = contents.withLock { $0.head.sampleCount == 0 }
            if isEmpty { return }
            // Blocks name series by number: the names must be safe first.
            try writer.catalog.synchronize()
            let log = try WriteAheadLog(number: writer.log.number + 1, in: directory.logsPath, on: disk)
            writer.log.close()
            contents.withLock { contents in
                contents.frozen.append(contents.head)
                contents.head = Head(logNumber: log.number)
            }
            writer.log = log
        }
    }

    /// The most that blocks of a head's samples take: each series has an entry of the index, and some bytes of its own.
    private static func blockBytesMax(of head: borrowing Head, seriesCount: Int) -> Int64 {
        2 * Int64(head.unpackedByteCount) + 64 * Int64(min(seriesCount, head.sampleCount)) + 1_024
    }

    /// Writes frozen heads to blocks, oldest first.
    ///
    /// A head that cannot be written stays, and so does its log. Samples of which the budget has no room for a block go,
    /// so that newer ones have a place.
    private func writeFrozen() throws(TelemetryError) {
        while let head = contents.withLock({ $0.frozen.first }) {
            for (header, sampleCount) in Self.headers(for: head, layout[0]) {
                let seriesCount = contents.withLock { $0.table.count }
                guard try reserve(Self.blockBytesMax(of: head, seriesCount: seriesCount)) else {
                    contents.withLock { $0.droppedPointCount += sampleCount }
                    continue
                }
                defer { contents.withLock { $0.reservedBytes = 0 } }
                let block = try writeBlock(header) { writer throws(IOError) in
                    try head.write(to: &writer)
                }
                contents.withLock { $0.insert(block) }
            }
            contents.withLock { contents in _ = contents.frozen.removeFirst() }
            try removeLogs(through: head.logNumber)
        }
    }

    /// A block for each stretch of time that blocks are later put together for, so that none lies across a border.
    private static func headers(for head: Head, _ tier: TierLayout) -> [(BlockHeader, sampleCount: UInt64)] {
        var bounds: [Int64: (first: Int64, last: Int64, sampleCount: UInt64)] = [:]
        func note(_ time: Int64, _ count: Int = 1) {
            let old = bounds[tier.start(of: time)] ?? (time, time, 0)
            bounds[tier.start(of: time)] = (
                min(old.first, time), max(old.last, time), old.sampleCount + UInt64(count)
            )
        }
        for batch in head.batches { note(batch.time, batch.values.count) }
        for sample in head.loose.joined() { note(sample.time) }
        for sample in head.increases.joined() { note(sample.time) }
        return bounds.values.sorted { $0.first < $1.first }.map { part in
            let header = BlockHeader(tier: 0, sequence: head.logNumber, start: part.first, end: part.last + 1)
            return (header, part.sampleCount)
        }
    }

    /// Writes a block whole, or leaves nothing of it.
    func writeBlock(
        _ header: BlockHeader,
        _ fill: (inout BlockWriter) throws(IOError) -> Void
    ) throws(TelemetryError) -> BlockFile {
        let path = directory.blocksPath.appendingPath(header.name)
        do throws(IOError) {
            var writer = try BlockWriter(header, in: directory.blocksPath, on: disk)
            do throws(IOError) {
                try fill(&writer)
            } catch {
                writer.abandon()
                throw error
            }
            try writer.finish()
        } catch {
            // A half-written file must not weigh on the budget; what cannot be removed goes at the next opening.
            try? disk.remove(path + ".new")
            throw TelemetryError(io: error, "writing \(path)")
        }
        do {
            return try BlockFile(path, on: disk)
        } catch let error as IOError {
            throw TelemetryError(io: error, "reading \(path)")
        } catch {
            throw TelemetryError(.storeIsDamaged, "\(path) was written and is damaged: \(error)")
        }
    }

    private func removeLogs(through number: UInt64) throws(TelemetryError) {
        let bytes = try storing("removing logs") { () throws(IOError) in
            var left: Int64 = 0
            var hasRemoved = false
            // Oldest first: an older log left beside the blocks of a newer one would undo what that one overwrote.
            for found in try disk.list(directory.logsPath).compactMap(WriteAheadLog.number).sorted() {
                let path = directory.logsPath.appendingPath(WriteAheadLog.name(found))
                if found <= number {
                    try disk.remove(path)
                    hasRemoved = true
                } else {
                    left += try disk.info(path)?.size ?? 0
                }
            }
            if hasRemoved { try disk.synchronizeDirectory(directory.logsPath) }
            return left
        }
        contents.withLock { $0.logBytes = bytes }
    }
}
