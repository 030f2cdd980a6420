internal import Synchronization
package import VitrineIO
internal import VitrineSync

/// Brings a checkpoint's entries into an empty index, on two threads, or hands them over one by one.
package struct CheckpointLoader {
    private static let threadCount = 2

    private let disk: any FileSystem
    private let directory: String

    /// A loader from the store at `directory`.
    package init(disk: any FileSystem, directory: String) {
        self.disk = disk
        self.directory = directory
    }

    /// What loading found.
    package struct Loaded: Sendable {
        /// The checkpoint's header.
        package var header: CheckpointHeader
        /// By segment number, the bytes of the frames that the entries lead to.
        package var liveByteCounts: [Int]
        /// Bytes of the file.
        package var byteCount: Int
    }

    /// Loads checkpoint `number` of the store with `storeID` into `index`, which must be empty and without readers; the
    /// caller then publishes.
    ///
    /// Each byte is held against its checksum before it is used. `progress` is told, from any of the threads, how many
    /// bytes are loaded.
    ///
    /// - Throws: `CheckpointFinding` when the checkpoint cannot be used; the index is then empty as before.
    package func load(
        _ number: UInt64,
        storeID: UInt64,
        into index: VersionedIndex,
        progress: @escaping @Sendable (CheckpointProgress) -> Void
    ) throws(CheckpointFinding) -> Loaded {
        let (header, file, places, size) = try begin(number, storeID: storeID)
        defer { try? file.close() }
        // Entries and nodes take two to three times what the compact form does.
        guard index.makeRoom(byteCount: 4 * size) else {
            throw CheckpointFinding(.unreadable, file.path, at: 0, "the index has no memory for its entries")
        }
        let work = CheckpointWork(file: file, header: header, places: places, index: index, progress: progress)
        work.run(threadCount: CheckpointLoader.threadCount)
        var outcome = work.outcome
        if outcome.finding == nil, outcome.entryCount != header.entryCount {
            outcome.finding = CheckpointLoader.wrongCount(outcome.entryCount, header, file.path)
        }
        if let finding = outcome.finding {
            index.abandonLoad()
            throw finding
        }
        return Loaded(header: header, liveByteCounts: outcome.live, byteCount: size)
    }

    /// Hands over every entry of a checkpoint, partition by partition and in the order of the keys in each; needs memory
    /// for one block only.
    ///
    /// - Returns: the file's size in bytes.
    /// - Throws: `CheckpointFinding` when the checkpoint cannot be used, perhaps after some of its entries.
    @discardableResult
    package func visit(
        _ number: UInt64,
        storeID: UInt64,
        _ body: (Span<UInt8>, ItemVersion) -> Void
    ) throws(CheckpointFinding) -> Int {
        let (header, file, places, size) = try begin(number, storeID: storeID)
        defer { try? file.close() }
        var part = CheckpointPart(file: file, header: header, places: places)
        var partition = -1
        var last: [UInt8] = []
        try part.read(places.indices) { run, key, version in
            if run != partition {
                guard run > partition, run < header.partitionCount else { return false }
                partition = run
                last.removeAll(keepingCapacity: true)
            }
            guard withRawKey(last.span, { $0.order(key) < 0 }) else { return false }
            key.withSpan { key in
                last.removeAll(keepingCapacity: true)
                // Copied inside the closure.
                unsafe key.withUnsafeBufferPointer { unsafe last.append(contentsOf: $0) }
                body(key, version)
            }
            return true
        }
        if part.entryCount != header.entryCount {
            throw CheckpointLoader.wrongCount(part.entryCount, header, file.path)
        }
        return size
    }

    private static func wrongCount(_ count: Int, _ header: CheckpointHeader, _ path: String) -> CheckpointFinding {
        CheckpointFinding(.damaged, path, at: 56, "\(count) entries in place of \(header.entryCount)")
    }

    /// Opens a checkpoint's file and reads what stands at its front and its end; the caller closes the file.
    private func begin(
        _ number: UInt64,
        storeID: UInt64
    ) throws(CheckpointFinding) -> (CheckpointHeader, any StorageFile, [CheckpointBlockPlace], size: Int) {
        let path = directory.appendingPath(CheckpointHeader.fileName(number))
        let disk = disk
        guard try reading(path, { () throws(IOError) in try disk.info(path) }) != nil else {
            throw CheckpointFinding(.missing, path, at: 0, "there is no such file")
        }
        let file = try reading(path) { () throws(IOError) in try disk.open(path, .read) }
        do throws(CheckpointFinding) {
            let size = try reading(path) { () throws(IOError) in Int(try file.size()) }
            let first = try reading(path) { () throws(IOError) in
                try file.readBytes(CheckpointHeader.byteCount, at: 0)
            }
            let header = try CheckpointHeader(first, path: path)
            guard header.storeID == storeID, header.number == number else {
                throw CheckpointFinding(.foreign, path, at: 16, "it belongs to another store, or has another number")
            }
            return (header, file, try directoryPlaces(header, file, size), size)
        } catch {
            try? file.close()
            throw error
        }
    }

    /// The blocks' places; all of them lie one after the other between the header and the directory.
    private func directoryPlaces(
        _ header: CheckpointHeader,
        _ file: any StorageFile,
        _ size: Int
    ) throws(CheckpointFinding) -> [CheckpointBlockPlace] {
        let count = Int(header.blockCount) * CheckpointBlockPlace.byteCount
        guard header.directoryOffset <= UInt64(size), size - Int(header.directoryOffset) == count else {
            throw CheckpointFinding(.damaged, file.path, at: 80, "the file has \(size) bytes, which is not its length")
        }
        let offset = Int64(header.directoryOffset)
        let bytes = try reading(file.path) { () throws(IOError) in try file.readBytes(count, at: offset) }
        guard CRC32C.checksum(of: bytes.span) == header.directoryChecksum else {
            throw CheckpointFinding(.damaged, file.path, at: offset, "the directory does not match its checksum")
        }
        var reader = ByteReader(bytes.span)
        var places: [CheckpointBlockPlace] = []
        var end = UInt64(CheckpointHeader.byteCount)
        while let offset = reader.readUInt64(), let byteCount = reader.readUInt32(), let flags = reader.readUInt32() {
            guard offset == end, Int(byteCount) <= CheckpointBlockEncoder.byteCountMax,
                Int(byteCount) > CheckpointBlockEncoder.headerByteCount
            else { break }
            end += UInt64(byteCount)
            places.append(CheckpointBlockPlace(offset: offset, byteCount: byteCount, isContinued: flags & 1 == 1))
        }
        guard places.count == Int(header.blockCount), end == header.directoryOffset else {
            throw CheckpointFinding(.damaged, file.path, at: offset, "the directory names impossible places")
        }
        return places
    }
}

/// Runs `body` and turns its `IOError` into a finding.
private func reading<Result>(
    _ path: String,
    _ body: () throws(IOError) -> Result
) throws(CheckpointFinding) -> Result {
    do throws(IOError) {
        return try body()
    } catch {
        throw CheckpointFinding(.unreadable, path, at: error.offset ?? 0, "\(error)")
    }
}

/// What the loading threads share: the groups of blocks that belong together, handed out one by one.
private final class CheckpointWork: Sendable {
    struct Outcome {
        var finding: CheckpointFinding?
        var entryCount = 0
        var live: [Int] = []
    }

    private let file: any StorageFile
    private let header: CheckpointHeader
    private let places: [CheckpointBlockPlace]
    private let groups: [Range<Int>]
    private let index: VersionedIndex
    private let progress: @Sendable (CheckpointProgress) -> Void
    private let nextGroup = Atomic(0)
    private let doneByteCount = Atomic(0)
    private let shared = Locked(Outcome())

    init(
        file: any StorageFile,
        header: CheckpointHeader,
        places: [CheckpointBlockPlace],
        index: VersionedIndex,
        progress: @escaping @Sendable (CheckpointProgress) -> Void
    ) {
        self.file = file
        self.header = header
        self.places = places
        self.index = index
        self.progress = progress
        var groups: [Range<Int>] = []
        for (number, place) in places.enumerated() {
            if place.isContinued, let last = groups.last {
                groups[groups.count - 1] = last.lowerBound..<number + 1
            } else {
                groups.append(number..<number + 1)
            }
        }
        self.groups = groups
    }

    var outcome: Outcome { shared.withLock { $0 } }

    /// Loads everything; returns when it is done or has failed.
    func run(threadCount: Int) {
        // Entries of an index with other partitions come in no order that trees could be built from: one writer then.
        let isSamePartitions = header.partitionCount == index.partitionCount
        var threads: [WorkerThread] = []
        if isSamePartitions, groups.count > 1 {
            for _ in 1..<threadCount {
                // Without another thread this one does it all.
                if let thread = try? WorkerThread(name: "checkpoint", body: { self.load() }) { threads.append(thread) }
            }
        }
        for thread in threads { thread.signal() }
        if isSamePartitions { load() } else { apply() }
        for thread in threads { thread.stop() }
    }

    /// Builds trees from one group after the other until there are no more.
    private func load() {
        var loader = BulkLoader(index)
        var part = CheckpointPart(file: file, header: header, places: places)
        perform(&part) { part, group throws(CheckpointFinding) in
            var partition = -1
            var end = -1
            try part.read(group) { run, key, version in
                if run != partition {
                    if partition >= 0 { loader.end() }
                    // Partitions rise, also from block to block, and none comes twice.
                    guard run > end, run < index.partitionCount else { return false }
                    loader.begin(run)
                    partition = run
                    end = run
                }
                return loader.append(key, version)
            }
            if partition >= 0 { loader.end() }
        }
        loader.finish()
    }

    private func apply() {
        var part = CheckpointPart(file: file, header: header, places: places)
        perform(&part) { part, group throws(CheckpointFinding) in
            try part.read(group) { _, key, version in
                key.withSpan { index.apply($0, version) } == nil
            }
        }
    }

    private func perform(
        _ part: inout CheckpointPart,
        _ body: (inout CheckpointPart, Range<Int>) throws(CheckpointFinding) -> Void
    ) {
        do throws(CheckpointFinding) {
            while true {
                // Each group is one thread's; nothing else hangs on the order.
                let number = nextGroup.wrappingAdd(1, ordering: .relaxed).oldValue
                guard number < groups.count, shared.withLock({ $0.finding == nil }) else { break }
                try body(&part, groups[number])
                let byteCount = places[groups[number]].reduce(0) { $0 + Int($1.byteCount) }
                let done = doneByteCount.wrappingAdd(byteCount, ordering: .relaxed).newValue
                progress(CheckpointProgress(done: done, total: Int(header.directoryOffset)))
            }
        } catch {
            shared.withLock { if $0.finding == nil { $0.finding = error } }
        }
        let entryCount = part.entryCount
        let live = part.live
        shared.withLock { outcome in
            outcome.entryCount += entryCount
            let missing = live.count - outcome.live.count
            if missing > 0 { outcome.live += [Int](repeating: 0, count: missing) }
            for (segment, count) in live.enumerated() { outcome.live[segment] += count }
        }
    }
}

/// One thread's reading: a buffer for the block at hand, and what was counted.
private struct CheckpointPart {
    private let file: any StorageFile
    private let places: [CheckpointBlockPlace]
    private let header: CheckpointHeader
    private let seed: UInt32
    private var buffer: [UInt8] = []
    private(set) var entryCount = 0
    private(set) var live: [Int] = []

    init(file: any StorageFile, header: CheckpointHeader, places: [CheckpointBlockPlace]) {
        self.file = file
        self.places = places
        self.header = header
        seed = header.blockSeed
    }

    /// Reads blocks and hands out their entries; `body` returns false for one that does not fit in.
    mutating func read(
        _ group: Range<Int>,
        _ body: (Int, RawKey, ItemVersion) -> Bool
    ) throws(CheckpointFinding) {
        for number in group {
            let place = places[number]
            try fill(place, number)
            // Only used inside the closure.
            let failure = unsafe buffer.withUnsafeBytes { bytes in unsafe decode(bytes, body) }
            if let failure { throw failure.finding(in: file.path, place) }
        }
    }

    private mutating func fill(_ place: CheckpointBlockPlace, _ number: Int) throws(CheckpointFinding) {
        let count = Int(place.byteCount)
        if buffer.count > count { buffer.removeLast(buffer.count - count) }
        if buffer.count < count { buffer.append(contentsOf: repeatElement(0, count: count - buffer.count)) }
        let filled: Int
        do throws(IOError) {
            filled = try file.fill(&buffer, at: Int64(place.offset))
        } catch {
            throw CheckpointFinding(.unreadable, file.path, at: Int64(place.offset), "\(error)")
        }
        var checksum = CRC32C(seed)
        checksum.update(buffer.span.extracting(4..<count))
        var reader = ByteReader(buffer.span)
        guard filled == count, reader.readUInt32() == checksum.value, reader.readUInt32() == place.byteCount,
            reader.readUInt32() == UInt32(number)
        else {
            throw CheckpointFinding(
                .damaged,
                file.path,
                at: Int64(place.offset),
                "the block does not match its checksum or its place"
            )
        }
    }

    /// Where in a block, and what is wrong.
    private struct Failure {
        var offset: Int
        var message: String

        func finding(in path: String, _ place: CheckpointBlockPlace) -> CheckpointFinding {
            CheckpointFinding(.damaged, path, at: Int64(place.offset) + Int64(offset), message)
        }
    }

    private mutating func decode(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (Int, RawKey, ItemVersion) -> Bool
    ) -> Failure? {
        var decoder = unsafe CheckpointBlockDecoder(
            bytes,
            partitionCount: header.partitionCount,
            sequenceMax: header.snapshotSequence
        )
        while !decoder.isAtEnd {
            let run = decoder.beginRun()
            for _ in 0..<run.count {
                let entry = decoder.next()
                if decoder.isBroken {
                    return Failure(offset: decoder.offset, message: "an entry is cut short, or is no item's")
                }
                guard body(run.partition, entry.key, entry.version) else {
                    return Failure(offset: decoder.offset, message: "an entry is out of order")
                }
                let segment = Int(entry.version.location.segment)
                if segment >= live.count { live += [Int](repeating: 0, count: segment + 1 - live.count) }
                live[segment] += Int(entry.version.location.byteCount)
                entryCount += 1
            }
        }
        return decoder.isBroken ? Failure(offset: decoder.offset, message: "a run is cut short") : nil
    }
}
