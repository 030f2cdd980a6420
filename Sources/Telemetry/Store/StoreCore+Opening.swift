internal import VitrineIO
internal import VitrineSync

extension StoreCore {
    /// Opens the store of a directory: takes its lock, reads the catalogue, checks the blocks, and takes in the logs.
    static func open(
        at path: String,
        on disk: any FileSystem,
        configuration: StoreConfiguration,
        clock: @escaping @Sendable () -> Duration,
        progress: (StoreProgress) -> Void
    ) throws(TelemetryError) -> StoreCore {
        let asked = try configuration.layout()
        let path = try storing("resolving \(path)") { () throws(IOError) in
            try disk.createDirectories(path)
            return try disk.canonicalPath(of: path)
        }
        let directory = StoreDirectory(disk: disk, path: path)
        let (lock, layout) = try directory.prepare(asked)
        do throws(TelemetryError) {
            var opening = StoreOpening(directory: directory, layout: layout)
            var contents = StoreContents(
                table: SeriesTable(),
                head: Head(logNumber: 0),
                blocks: [[BlockFile]](repeating: [], count: layout.count),
                steady: SteadyTime(window: configuration.outOfOrderWindow, resolution: layout[0].resolution)
            )
            try opening.readCatalog(into: &contents)
            let replay = try opening.readLogs(into: &contents, progress: progress)
            let hasRestored = contents.restoreNames(replay)
            try opening.readBlocks(into: &contents, progress: progress)
            contents.head = Head(logNumber: opening.numberEnd)
            contents.take(replay)
            contents.noteLostNames(directory.catalogPath)
            let number = opening.numberEnd
            let (log, catalog) = try storing("making a log in \(path)") { () throws(IOError) in
                let catalog = try CatalogFile(directory, end: contents.catalogBytes)
                if hasRestored {
                    try catalog.replace(with: contents.table)
                    contents.catalogBytes = catalog.end
                }
                return (try WriteAheadLog(number: number, in: directory.logsPath, on: disk), catalog)
            }
            contents.logBytes += log.end
            return StoreCore(
                directory,
                configuration,
                layout,
                clock: clock,
                lock: lock,
                writer: StoreWriter(log: log, catalog: catalog),
                contents: contents
            )
        } catch {
            lock.release()
            throw error
        }
    }
}

/// How far opening a store has come.
public struct StoreProgress: Sendable, Equatable {
    /// Files that were read and checked.
    public var filesDone: Int
    /// Files there are.
    public var filesTotal: Int
}

/// Reads what is in a store's directory.
struct StoreOpening {
    let directory: StoreDirectory
    let layout: [TierLayout]
    /// A number that no log had yet.
    var numberEnd: UInt64 = 1
    private var progress = StoreProgress(filesDone: 0, filesTotal: 0)

    init(directory: StoreDirectory, layout: [TierLayout]) {
        self.directory = directory
        self.layout = layout
    }

    private var disk: any FileSystem { directory.disk }

    /// Takes in the series that the catalogue names; what stands behind its last whole record is cut off.
    func readCatalog(into contents: inout StoreContents) throws(TelemetryError) {
        let path = directory.catalogPath
        let found = try storing("reading \(path)") { () throws(IOError) -> [UInt8]? in
            guard let info = try disk.info(path) else { return nil }
            return try disk.contents(of: path, byteCountMax: Int(info.size))
        }
        let title = FileTitle.encoded(SeriesCatalog.magic)
        contents.catalogBytes = Int64(title.count)
        guard let bytes = found, bytes.count > title.count || bytes == title else {
            try storing("writing \(path)") { () throws(IOError) in
                try disk.replaceFile(at: path, with: title.span)
            }
            return
        }
        var damagedByteCount = 0
        if try !FileTitle.isSound(bytes.span, SeriesCatalog.magic, path: path) { damagedByteCount += title.count }
        let findings = Frames.read(bytes.span, from: title.count) { record in
            if !SeriesCatalog.load(record, into: &contents.table) { damagedByteCount += record.count }
        }
        contents.note(damagedByteCount + findings.damagedByteCount, in: path)
        contents.catalogBytes = Int64(findings.end)
        if findings.end != bytes.count {
            try storing("cutting \(path)") { () throws(IOError) in
                let file = try disk.open(path, .readWrite)
                defer { try? file.close() }
                try file.truncate(to: Int64(findings.end))
                try file.synchronize()
            }
        }
    }

    mutating func readBlocks(
        into contents: inout StoreContents,
        progress report: (StoreProgress) -> Void
    ) throws(TelemetryError) {
        let names = try storing("listing \(directory.blocksPath)") { () throws(IOError) in
            try disk.list(directory.blocksPath)
        }
        progress.filesTotal += names.count
        for name in names {
            let path = directory.blocksPath.appendingPath(name)
            defer {
                progress.filesDone += 1
                report(progress)
            }
            if name.hasSuffix(".new") {
                try storing("removing \(path)") { () throws(IOError) in try disk.remove(path) }
                continue
            }
            guard name.hasSuffix(".block") || name.hasSuffix(".flush") else { continue }
            switch try open(path) {
            case .success(let block):
                numberEnd = max(numberEnd, block.header.sequence + 1)
                if block.seriesCount > 0 { contents.table.skip(to: block.id(at: block.seriesCount - 1) &+ 1) }
                contents.insert(block)
            case .failure(let problem): try setAside(path, name, problem, in: &contents)
            }
        }
        for tier in layout.indices { try removeSuperseded(tier, in: &contents) }
        contents.newest = contents.blocks.joined().map { $0.header.end - 1 }.max() ?? .min
        contents.noteBlocks()
    }

    private func open(_ path: String) throws(TelemetryError) -> Result<BlockFile, BlockProblem> {
        do {
            let block = try BlockFile(path, on: disk)
            return block.header.tier < layout.count ? .success(block) : .failure(BlockProblem("there is no such tier"))
        } catch let problem as BlockProblem {
            return .failure(problem)
        } catch {
            throw TelemetryError(.storeFailed, "reading \(path) failed; see the cause", cause: error)
        }
    }

    /// Leaves a damaged file where it is, for whoever wants to look at it, and says so.
    private func setAside(
        _ path: String,
        _ name: String,
        _ problem: BlockProblem,
        in contents: inout StoreContents
    ) throws(TelemetryError) {
        let size = try storing("reading \(path)") { () throws(IOError) in try disk.info(path)?.size ?? 0 }
        let parts = name.split(whereSeparator: { $0 == "-" || $0 == "." })
        let end = parts.count > 2 ? Int64(parts[2]) ?? 0 : 0
        let start = parts.count > 2 ? Int64(parts[1]) ?? 0 : 0
        let tier = parts.first.flatMap { $0.first == "t" ? Int($0.dropFirst()) : nil }
        contents.damagedFiles.append(
            StoreContents.DamagedFile(path: path, byteCount: size, tier: tier ?? 0, start: start, end: end)
        )
        contents.damage.append("\(path) is damaged: \(problem)")
        // Nothing may be added to the time that it stood for, or the two would be mistaken for each other.
        if name.hasSuffix(".block") { contents.sealed = max(contents.sealed, end) }
    }

    /// Removes blocks that were put together into a larger one before a crash.
    private func removeSuperseded(_ tier: Int, in contents: inout StoreContents) throws(TelemetryError) {
        let whole = contents.blocks[tier].filter { !$0.header.isFlush }
        for block in contents.blocks[tier] {
            let header = block.header
            let isSuperseded = whole.contains {
                $0 !== block && $0.header.start <= header.start && header.end <= $0.header.end
            }
            guard isSuperseded else { continue }
            try storing("removing \(block.path)") { () throws(IOError) in try disk.remove(block.path) }
            contents.blocks[tier].removeAll { $0 === block }
        }
    }

    /// Reads what the logs hold.
    mutating func readLogs(
        into contents: inout StoreContents,
        progress report: (StoreProgress) -> Void
    ) throws(TelemetryError) -> Replay {
        let names = try storing("listing \(directory.logsPath)") { () throws(IOError) in
            try disk.list(directory.logsPath)
        }
        progress.filesTotal += names.count
        let numbers = names.compactMap(WriteAheadLog.number).sorted()
        numberEnd = max(numberEnd, (numbers.last ?? 0) + 1)
        var replay = Replay()
        for number in numbers {
            let path = directory.logsPath.appendingPath(WriteAheadLog.name(number))
            let bytes = try storing("reading \(path)") { () throws(IOError) in
                let size = try disk.info(path)?.size ?? 0
                return try disk.contents(of: path, byteCountMax: Int(size))
            }
            contents.logBytes += Int64(bytes.count)
            let isSound = try FileTitle.isSound(bytes.span, WriteAheadLog.magic, path: path)
            let damaged = WriteAheadLog.replay(bytes.span, into: &replay).damagedByteCount
            contents.note(damaged + (isSound ? 0 : FileTitle.byteCount), in: path)
            progress.filesDone += 1
            report(progress)
        }
        return replay
    }
}

extension StoreContents {
    /// Says in words that so many bytes of a file are damaged.
    fileprivate mutating func note(_ damagedByteCount: Int, in path: String) {
        guard damagedByteCount > 0 else { return }
        damage.append("\(path) has \(damagedByteCount) bytes that are not what was written")
    }

    /// Takes note of how far time has come by the blocks: what is finished was over, and what was written out of memory
    /// came in the order of its logs.
    fileprivate mutating func noteBlocks() {
        if sealed > 0 { steady.begin(at: sealed) }
        for block in blocks[0].inOrderOfWriting where block.header.isFlush {
            steady.note(block.header.start)
            steady.note(block.header.end - 1)
        }
    }

    /// Takes in names that the logs have and the catalogue lost; returns whether there were any.
    ///
    /// A crash may cost the catalogue what was not flushed yet, and damage anything.
    fileprivate mutating func restoreNames(_ replay: Replay) -> Bool {
        let lost = replay.names.compactMap { SeriesCatalog.entry($0.span) }.filter { !table.contains($0.number) }
        if lost.isEmpty { return false }
        var entries: [UInt32: SeriesCatalog.Entry] = [:]
        for entry in lost where table.find(entry.name, entry.labels) == nil { entries[entry.number] = entry }
        for number in table.numbers {
            entries[number] = SeriesCatalog.Entry(
                number: number,
                name: table.name(number),
                labels: table.labels(number),
                kind: table.kind(number)
            )
        }
        var restored = SeriesTable()
        for number in entries.keys.sorted() {
            guard let entry = entries[number] else { continue }
            _ = restored.insert(number, entry.name, entry.labels, entry.kind)
        }
        table = restored
        return true
    }

    /// Names the loss of names: a block or a log is only written once the names of its series are safe.
    fileprivate mutating func noteLostNames(_ catalogPath: String) {
        var isLost = (0..<table.numberEnd).map { !table.contains($0) }
        var count = 0
        func note(_ number: UInt32) {
            guard Int(number) < isLost.count, isLost[Int(number)] else { return }
            isLost[Int(number)] = false
            count += 1
        }
        if !isLost.contains(true) { return }
        for block in blocks.joined() { for place in 0..<block.seriesCount { note(block.id(at: place)) } }
        for batch in head.batches { batch.list.numbers.forEach(note) }
        for sample in head.loose.joined() { note(sample.number) }
        for sample in head.increases.joined() { note(sample.number) }
        guard count > 0 else { return }
        damage.append(
            "\(catalogPath) has lost the names of \(count) series: their points are kept and cannot be found; close the "
                + "store and put a copy of the file in its place"
        )
    }

    /// Takes in what logs held, but for what is in finished blocks already.
    fileprivate mutating func take(_ replay: Replay) {
        let greatest = replay.samples.compactMap(\.greatestNumber).max()
        if let greatest { table.skip(to: greatest &+ 1) }
        for samples in replay.samples where samples.time >= sealed {
            steady.note(samples.time)
            switch samples {
            case .batch(let batch): head.append(batch)
            case .loose(let sample): head.append(sample)
            case .increase(let sample): head.append(sample)
            }
        }
        newest = max(newest, head.timeMax)
    }
}

extension Replay.Samples {
    fileprivate var time: Int64 {
        switch self {
        case .batch(let batch): batch.time
        case .loose(let sample): sample.time
        case .increase(let sample): sample.time
        }
    }

    /// The greatest number of a series among them.
    fileprivate var greatestNumber: UInt32? {
        switch self {
        case .batch(let batch): batch.list.numbers.last
        case .loose(let sample): sample.number
        case .increase(let sample): sample.number
        }
    }
}
