internal import VitrineIO
internal import VitrineSync

extension StoreCore {
    /// From this many samples on, those of one time are kept as a batch, with a list of series beside them.
    private static let batchCountMin = 16
    /// Bytes of new names that are written twice rather than flushed at once.
    private static let loggedNameBytesMax: Int64 = 1 << 20
    /// Heads that may wait for the disk before appends are refused.
    private static let frozenCountMax = 4

    /// The number of a series, new if need be.
    func series(_ name: String, _ given: [MetricLabel], _ kind: SeriesKind) throws(TelemetryError) -> SeriesID {
        let labels = given.filter { !$0.value.isEmpty }
        if labels.count < given.count { try SeriesNaming.check(name, given) }
        if let found = try known(name, labels, kind) { return found }
        try SeriesNaming.check(name, given)
        return try writer.withLock { writer throws(TelemetryError) in
            try Self.check(writer)
            if let found = try known(name, labels, kind) { return found }
            let bytes = labels.reduce(64 + name.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count + 20 }
            guard writer.catalog.byteCount + Int64(bytes) <= configuration.diskBytesMax / 2 else {
                throw TelemetryError(
                    .invalidArgument,
                    "the names of series take half of the budget of \(configuration.diskBytesMax) bytes, so that there is "
                        + "no room for \(name); raise the budget or keep fewer series"
                )
            }
            let number: UInt32? = contents.withLock { contents in
                let number = contents.table.numberEnd
                guard contents.table.insert(number, name, labels, kind) else { return nil }
                return number
            }
            guard let number else { throw TelemetryError(.invalidArgument, "the store has no room for \(name)") }
            writer.catalog.add(SeriesCatalog.record(number, name, labels, kind))
            return SeriesID(number: number)
        }
    }

    private func known(_ name: String, _ labels: [MetricLabel], _ kind: SeriesKind) throws(TelemetryError) -> SeriesID?
    {
        let found: (number: UInt32, kind: SeriesKind)? = contents.withLock { contents in
            contents.table.find(name, labels).map { ($0, contents.table.kind($0)) }
        }
        guard let found else { return nil }
        guard (found.kind == .histogram) == (kind == .histogram) else {
            throw TelemetryError(
                .typeConflict,
                "\(name) is stored as \(found.kind == .histogram ? "a histogram" : "numbers"); use another name"
            )
        }
        return SeriesID(number: found.number)
    }

    /// Takes in a sample of each series in `snapshot`; returns how many.
    func record(_ snapshot: RegistrySnapshot, at time: Duration) throws(TelemetryError) -> Int {
        let batch = try sampler.withLock { sampler throws(TelemetryError) in
            let (generation, table, newest) = contents.withLock { ($0.generation, $0.table, $0.newest) }
            sampler.begin(generation) { table.contains($0) }
            sampler.begin(sampling: snapshot.stored, in: directory.path, newest: newest)
            return try sampler.batch(of: snapshot, at: time) { (name, labels, kind) throws(TelemetryError) in
                try series(name, labels, kind)
            }
        }
        let isEmpty = batch.count == 0
        let count = try append(batch, .buffered)
        // Appends have one thread, so this is still the last batch.
        if count > 0 || isEmpty { sampler.withLock { $0.commit() } }
        return count
    }

    /// Says of each series that was sampled from a registry that it ends here.
    func endSampling() throws(TelemetryError) {
        let batch = sampler.withLock { $0.end(in: directory.path) }
        if let batch, batch.count > 0 { _ = try append(batch, .buffered) }
    }

    /// Takes in samples; returns how many, for those outside of the window are left out and counted.
    func append(_ batch: consuming SampleBatch, _ durability: WriteDurability) throws(TelemetryError) -> Int {
        batch.sort()
        let batch = batch
        let now = now
        try checkKnown(batch)
        guard try makeRoom(toLog: batch) else {
            contents.withLock { $0.refusedCount += UInt64(batch.count) }
            return 0
        }
        return try writing("writing the log") { writer throws(IOError) in
            let (isWelcome, room) = contents.withLock { contents in
                let tolerance = StoredTime.clamped(configuration.futureTolerance)
                let window = StoredTime.clamped(configuration.outOfOrderWindow)
                // A sample that is ahead of the clock keeps no others out.
                let floor = contents.newest == .min ? 0 : min(contents.newest, now) - window
                let isWelcome =
                    batch.time >= max(contents.sealed, floor, 0) && batch.time <= now + tolerance
                    && batch.time < StoredTime.end
                if !isWelcome { contents.refusedCount += UInt64(batch.count) }
                return (isWelcome, contents.frozen.count < Self.frozenCountMax)
            }
            guard isWelcome, batch.count > 0 else { return 0 }
            // Memory is bounded: until a block can be written again, the newest samples are the ones to go.
            guard room else {
                contents.withLock { $0.refusedCount += UInt64(batch.count) }
                return 0
            }
            let many = batch.numbers.count >= Self.batchCountMin
            let list = many ? Self.list(batch.numbers, &writer) : nil
            let whole = list.map { Head.Batch(time: batch.time, list: $0, values: BatchValues(batch.values)) }
            let loose =
                many
                ? []
                : zip(batch.numbers, batch.values).map { Head.Loose(number: $0, time: batch.time, value: $1) }
            let start = writer.log.end
            try log(batch, whole, loose, &writer)
            if durability == .synced {
                try writer.catalog.synchronize()
                try writer.log.synchronize()
            }
            let written = (log: writer.log.end - start, catalog: writer.catalog.end)
            contents.withLock { contents in
                contents.logBytes += written.log
                contents.catalogBytes = written.catalog
                if let whole { contents.head.append(whole) }
                for sample in loose { contents.head.append(sample) }
                for sample in batch.increases { contents.head.append(sample) }
                contents.newest = max(contents.newest, batch.time)
                contents.steady.note(batch.time)
            }
            return batch.count
        }
    }

    /// Writes samples to the log, and the names of new series to the catalogue.
    ///
    /// Names stand in the log too, for what the catalogue loses to a crash; many are made safe beforehand instead, so that they
    /// do not take their room twice.
    private func log(
        _ batch: borrowing SampleBatch,
        _ whole: Head.Batch?,
        _ loose: [Head.Loose],
        _ writer: inout StoreWriter
    ) throws(IOError) {
        let isLogged = Self.areLogged(names: writer.catalog.pendingByteCount, configuration)
        let names = isLogged ? writer.catalog.pending.map { Array($0.dropFirst(Frames.headByteCount)) } : []
        if isLogged, !writer.catalog.isOwedFlush {
            try writer.catalog.write()
        } else {
            try writer.catalog.synchronize()
        }
        let values = batch.values
        do throws(IOError) {
            try writer.log.append(
                names: names,
                batch: whole.map { ($0, values) },
                loose: loose,
                increases: batch.increases
            )
        } catch {
            writer.catalog.oweFlush()
            throw error
        }
    }

    /// Whether the names of new series, which take so many bytes, are written to the log as well.
    private static func areLogged(names byteCount: Int, _ configuration: StoreConfiguration) -> Bool {
        Int64(byteCount) <= min(configuration.diskBytesMax / 256, loggedNameBytesMax)
    }

    /// Sees to it that the log does not carry the store beyond its budget; returns whether there is room.
    private func makeRoom(toLog batch: borrowing SampleBatch) throws(TelemetryError) -> Bool {
        let buckets = batch.increases.reduce(0) { $0 + $1.increase.positive.count + $1.increase.negative.count }
        // A list and values, or samples of twenty bytes; names of series that are new.
        let samples = Int64(24 * batch.numbers.count + 80 * batch.increases.count + 12 * buckets + 1_024)
        let names = writer.withLock { $0.catalog.pendingByteCount }
        let bytes = samples + Int64(Self.areLogged(names: names, configuration) ? 2 * names : names)
        let isFull = contents.withLock { $0.diskBytes + bytes > configuration.diskBytesMax }
        guard isFull else { return true }
        // Some more than is needed, so that not every append comes by here.
        let wanted = bytes + configuration.diskBytesMax / 64
        if try maintenance.withLock({ _ throws(TelemetryError) in try makeRoom(for: wanted) }) { return true }
        // The log itself is what fills the disk: a block of the same samples takes a part of that.
        try flush(dropping: true)
        return try maintenance.withLock { _ throws(TelemetryError) in try makeRoom(for: bytes) }
    }

    private func checkKnown(_ batch: borrowing SampleBatch) throws(TelemetryError) {
        let newest = writer.withLock { $0.newestList }
        let isListed = newest?.isOf(batch.numbers) ?? false
        let numbers = isListed ? [] : batch.numbers
        let (unknown, misused): (UInt32?, String?) = contents.withLock { contents in
            let table = contents.table
            let increased = batch.increases.map(\.number)
            if let unknown = (numbers + increased).first(where: { !table.contains($0) }) { return (unknown, nil) }
            let misused =
                numbers.first { table.kind($0) == .histogram } ?? increased.first { table.kind($0) != .histogram }
            return (nil, misused.map { table.name($0) })
        }
        if let unknown {
            throw TelemetryError(
                .invalidArgument,
                "the store does not know series \(unknown), which may have been idle for too long; ask for it again"
            )
        }
        if let misused {
            throw TelemetryError(.typeConflict, "\(misused) takes either numbers or histograms; use another name")
        }
    }

    /// The list that was used last, when it has the same series.
    private static func list(_ numbers: [UInt32], _ writer: inout StoreWriter) -> SeriesList {
        if let newest = writer.newestList, newest.isOf(numbers) { return newest }
        let list = SeriesList(numbers)
        writer.newestList = list
        return list
    }

    /// Makes all that was appended safe from a crash.
    func synchronize() throws(TelemetryError) {
        try writing("flushing the log") { writer throws(IOError) in
            try writer.catalog.synchronize()
            try writer.log.synchronize()
        }
    }
}

/// What may name a stored series: what Prometheus's data model allows, and no more.
enum SeriesNaming {
    static func check(_ name: String, _ labels: [MetricLabel]) throws(TelemetryError) {
        guard isWellFormed(name, allowsColon: true) else {
            throw TelemetryError(
                .invalidName,
                "\"\(name)\" cannot name a series; use letters, digits, \"_\" and \":\", and no digit in front"
            )
        }
        for (index, label) in labels.enumerated() {
            guard isWellFormed(label.name, allowsColon: false), !label.name.hasPrefix("__") else {
                throw TelemetryError(
                    .invalidName,
                    "\"\(label.name)\" cannot name a label of \(name); use letters, digits and \"_\", not \"__\" in front"
                )
            }
            if index > 0, labels[index - 1].name == label.name {
                throw TelemetryError(.invalidName, "\(name) has the label \"\(label.name)\" twice; give it once")
            }
        }
        guard labels.count <= 64, labels.allSatisfy({ $0.value.utf8.count <= 65_536 }) else {
            throw TelemetryError(.invalidName, "\(name) has more than 64 labels, or one of more than 64 KiB")
        }
    }

    private static func isWellFormed(_ name: String, allowsColon: Bool) -> Bool {
        guard let first = name.utf8.first, !(48...57).contains(first) else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"): true
            case 48...57: true
            case UInt8(ascii: ":"): allowsColon
            default: false
            }
        }
    }
}
