internal import VitrineIO
internal import VitrineSync

extension StoreCore {
    /// Writes the samples in memory to blocks and drops their logs.
    func flush() throws(TelemetryError) {
        try maintenance.withLock { state throws(TelemetryError) in
            try freeze()
            state.headStart = nil
            try writeFrozen()
        }
    }

    /// Whether the samples in memory are many or old enough to be written.
    func isHeadDue(_ state: inout MaintenanceState) -> Bool {
        let now = now
        let (count, bytes) = contents.withLock { ($0.head.sampleCount, $0.head.byteCount) }
        guard count > 0 else {
            state.headStart = nil
            return false
        }
        let start = state.headStart ?? now
        state.headStart = start
        // A clock that was set back must not keep a head for ever.
        let age = now < start ? .max : now - start
        return bytes >= configuration.headBytesMax || age >= configuration.headAgeMax.wholeMilliseconds
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

    /// Writes frozen heads to blocks, oldest first; a head that cannot be written stays, and so does its log.
    private func writeFrozen() throws(TelemetryError) {
        while let head = contents.withLock({ $0.frozen.first }) {
            for header in Self.headers(for: head, layout[0]) {
                // Each series has an entry of the index, and some bytes of its own.
                let bytes = 2 * Int64(head.byteCount) + 64 * Int64(contents.withLock { $0.table.count }) + 1_024
                try reserve(bytes)
                defer { contents.withLock { $0.reservedBytes = 0 } }
                let block = try writeBlock(header) { writer throws(IOError) in
                    let numberEnd = contents.withLock { $0.table.numberEnd }
                    let known = contents.withLock { contents in (0..<numberEnd).map { contents.table.contains($0) } }
                    try head.write(to: &writer, seriesEnd: numberEnd) {
                        known.indices.contains(Int($0)) && known[Int($0)]
                    }
                }
                contents.withLock { $0.insert(block) }
            }
            contents.withLock { contents in _ = contents.frozen.removeFirst() }
            try removeLogs(through: head.logNumber)
        }
    }

    /// A block for each stretch of time that blocks are later put together for, so that none lies across a border.
    private static func headers(for head: Head, _ tier: TierLayout) -> [BlockHeader] {
        var starts: Set<Int64> = []
        var bounds: [Int64: (Int64, Int64)] = [:]
        func note(_ time: Int64) {
            let start = tier.start(of: time)
            let old = starts.contains(start) ? bounds[start] : nil
            starts.insert(start)
            bounds[start] = (min(old?.0 ?? time, time), max(old?.1 ?? time, time))
        }
        for batch in head.batches { note(batch.time) }
        for sample in head.loose.joined() { note(sample.time) }
        for sample in head.increases.joined() { note(sample.time) }
        return bounds.values.sorted { $0.0 < $1.0 }.map {
            BlockHeader(tier: 0, sequence: head.logNumber, start: $0.0, end: $0.1 + 1)
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
            for name in try disk.list(directory.logsPath) {
                guard let found = WriteAheadLog.number(of: name) else { continue }
                let path = directory.logsPath.appendingPath(name)
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
