import OrderLedger
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

/// Keeps all segments that it gets.
private final class Collector: WALSink {
    private let kept = Locked<[WALSegment]>([])
    var segments: [WALSegment] { kept.withLock { $0 } }

    func receive(_ segment: WALSegment) {
        kept.withLock { $0.append(segment) }
    }
}

/// Follows a ledger from a snapshot: the simplest replica there can be.
private struct Follower {
    var image: [UInt8]
    var sequence: UInt64

    /// Applies the segments that the image does not contain yet.
    mutating func apply(_ segments: [WALSegment]) throws {
        for segment in segments where segment.sequence > sequence {
            try #require(segment.sequence == sequence + 1)
            let size = segment.databasePages * segment.pageSize
            if image.count < size { image += Array(repeating: 0, count: size - image.count) }
            for frame in segment.frames {
                let start = (Int(frame.pageNumber) - 1) * segment.pageSize
                // A page past the end can be written in a commit that cuts the file before it.
                if start < size { image.replaceSubrange(start..<start + segment.pageSize, with: frame.bytes) }
            }
            image.removeLast(image.count - size)
            sequence = segment.sequence
        }
    }
}

/// The disk, but some bits of what is read from a log are flipped once it is told to.
private struct FlippingFileSystem: FileSystem {
    let real = PosixFileSystem()
    let isFlipping: Flag

    func open(_ path: String, _ mode: OpenMode) throws(IOError) -> any StorageFile {
        let file = try real.open(path, mode)
        return path.hasSuffix("-wal") ? FlippingFile(real: file, isFlipping: isFlipping) : file
    }
    func info(_ path: String) throws(IOError) -> FileInfo? { try real.info(path) }
    func list(_ directory: String) throws(IOError) -> [String] { try real.list(directory) }
    func createDirectory(_ path: String) throws(IOError) { try real.createDirectory(path) }
    func rename(_ path: String, to newPath: String) throws(IOError) { try real.rename(path, to: newPath) }
    func remove(_ path: String) throws(IOError) { try real.remove(path) }
    func removeDirectory(_ path: String) throws(IOError) { try real.removeDirectory(path) }
    func synchronizeDirectory(_ path: String) throws(IOError) { try real.synchronizeDirectory(path) }
    func lock(_ path: String) throws(IOError) -> any FileLock { try real.lock(path) }
}

private final class FlippingFile: StorageFile {
    let real: any StorageFile
    let isFlipping: Flag
    var path: String { real.path }

    init(real: any StorageFile, isFlipping: Flag) {
        self.real = real
        self.isFlipping = isFlipping
    }

    func size() throws(IOError) -> Int64 { try real.size() }
    func read(into buffer: inout MutableSpan<UInt8>, at offset: Int64) throws(IOError) -> Int {
        let count = try real.read(into: &buffer, at: offset)
        if isFlipping.value, count > 2_000 { buffer[1_234] ^= 0x08 }
        return count
    }
    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(IOError) -> Int { try real.write(bytes, at: offset) }
    func truncate(to size: Int64) throws(IOError) { try real.truncate(to: size) }
    func preallocate(to size: Int64) throws(IOError) { try real.preallocate(to: size) }
    func synchronize() throws(IOError) { try real.synchronize() }
    func map(count: Int) throws(IOError) -> FileMapping { try real.map(count: count) }
    func mapWritable(count: Int) throws(IOError) -> WritableMapping { try real.mapWritable(count: count) }
    func close() throws(IOError) { try real.close() }
}

@Suite("Replication")
struct ReplicationTests {
    @Test("a follower of the frames is byte for byte the primary, across checkpoints and concurrent orders")
    func byteEqual() async throws {
        let directory = try TemporaryDirectory()
        var configuration = LedgerConfiguration()
        configuration.walBytesMax = 128 << 10
        configuration.groupOrdersMax = 4
        let ledger = try await Ledger.open(at: directory.path, configuration: configuration)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 100_000)
        let framesBefore = ledger.statistics.frames
        #expect(framesBefore > 0)
        let collector = Collector()
        let subscription = try await ledger.subscribe(collector)
        #expect(subscription.after == 1)
        _ = try await ledger.place(request("before", [("a", 1)]))
        let copy = directory.path + "/copy.sqlite3"
        let contained = try await ledger.snapshot(to: copy)
        #expect(contained == 2)
        var follower = Follower(image: try bytes(of: copy), sequence: contained)

        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<25 {
                        let order = try await ledger.place(request("\(task)-\(number)", [("a", 1 + number % 3)]))
                        if number % 4 == 0 { _ = try await ledger.cancel(order.id) }
                        #expect(try ledger.order(order.id) != nil)
                    }
                }
            }
            try await group.waitForAll()
        }
        let statistics = ledger.statistics
        #expect(statistics.checkpoints > 2, "\(statistics)")
        #expect(statistics.hookCalls == statistics.commits && statistics.sequence == UInt64(statistics.commits))
        try await ledger.close()

        let segments = collector.segments
        #expect(segments.map(\.sequence) == Array(2...statistics.sequence))
        #expect(segments.reduce(0) { $0 + $1.frames.count } + framesBefore == statistics.frames)
        #expect(Set(segments.map(\.salts)).count > 1, "the log never started over")
        for (before, after) in zip(segments, segments.dropFirst()) {
            let expected = before.salts == after.salts ? before.firstFrame + before.frames.count : 0
            #expect(after.firstFrame == expected)
        }
        try follower.apply(segments)
        #expect(try bytes(of: directory.path + "/ledger.sqlite3") == follower.image)
        let replica = directory.path + "/replica.sqlite3"
        try PosixFileSystem().replaceFile(at: replica, with: follower.image.span)
        #expect(try RawDatabase(replica).rows("PRAGMA integrity_check") == [["ok"]])
        #expect(try RawDatabase(replica).rows("SELECT COUNT(*) FROM orders") == [["201"]])
    }

    @Test("a read that lasts keeps the log from starting over, but no order from being placed")
    func longRead() async throws {
        let directory = try TemporaryDirectory()
        var configuration = LedgerConfiguration()
        configuration.walBytesMax = 64 << 10
        let ledger = try await Ledger.open(at: directory.path, configuration: configuration)
        let collector = Collector()
        _ = try await ledger.subscribe(collector)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 1_000)
        let gate = Semaphore()
        let isReading = Flag()
        let isDone = Flag()
        let reader = try WorkerThread(name: "long reader") {
            guard !isDone.value else { return }
            isDone.value = true
            try? ledger.readers.readSnapshot { connection throws(LedgerError) in
                _ = try connection.scalar("SELECT stock FROM product")
                isReading.value = true
                gate.wait()
                let stock = try connection.scalar("SELECT stock FROM product")
                #expect(stock == "1000", "the snapshot moved")
            }
        }
        reader.signal()
        while !isReading.value { await Task.yield() }
        for number in 0..<60 { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
        let grown = ledger.statistics.walBytes
        #expect(grown > 2 * configuration.walBytesMax, "the log started over under a reader")
        #expect(Set(collector.segments.map(\.salts)).count == 1)
        gate.signal()
        reader.stop()
        for number in 60..<120 { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
        #expect(ledger.statistics.walBytes < grown)
        #expect(Set(collector.segments.map(\.salts)).count > 1)
        #expect(collector.segments.map(\.sequence) == Array(1...121))
        try await ledger.close()
    }

    @Test("a sink that throws gets no more, says why, and holds up nobody; one that was cancelled gets no more")
    func failingSink() async throws {
        struct Broken: Error {}
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        let collector = Collector()
        let cancelled = Collector()
        _ = try await ledger.subscribe(collector)
        let cancellable = try await ledger.subscribe(cancelled)
        let failing = try await ledger.subscribe { segment in
            if segment.sequence == 2 { throw Broken() }
            #expect(segment.sequence == 1)
        }
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        #expect(failing.failure == nil)
        _ = try await ledger.place(request("k1", [("a", 1)]))
        #expect(failing.failure is Broken)
        cancellable.cancel()
        _ = try await ledger.place(request("k2", [("a", 1)]))
        #expect(collector.segments.map(\.sequence) == [1, 2, 3])
        #expect(cancelled.segments.map(\.sequence) == [1, 2])
        #expect(cancellable.failure == nil)
    }

    @Test("commits without a subscriber are skipped, and the chain still holds for the next one")
    func lateSubscriber() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        for number in 0..<3 { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
        let collector = Collector()
        #expect(try await ledger.subscribe(collector).after == 4)
        _ = try await ledger.place(request("k3", [("a", 1)]))
        // A repeated request and a refused one write nothing, so they make no segment.
        _ = try await ledger.place(request("k3", [("a", 1)]))
        await expectError(.insufficientStock) { try await ledger.place(request("k4", [("a", 100)])) }
        _ = try await ledger.place(request("k5", [("a", 1)]))
        #expect(collector.segments.map(\.sequence) == [5, 6])
        #expect(ledger.statistics.commits == 6 && ledger.statistics.writes == 6)
    }

    @Test("every flipped bit of a log is found, with its place")
    func flippedBits() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        let collector = Collector()
        _ = try await ledger.subscribe(collector)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        // The log holds no lock, so that it may be opened beside SQLite.
        let log = try bytes(of: directory.path + "/ledger.sqlite3-wal")
        let segment = try #require(collector.segments.first)
        let used = walHeaderBytes + segment.frames.count * (walFrameHeaderBytes + segment.pageSize)
        let whole = Array(log.prefix(used))
        try read(whole)
        var random = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        // Every bit of the headers, and some of the pages.
        let frameStarts = (0..<segment.frames.count).map {
            walHeaderBytes + $0 * (walFrameHeaderBytes + segment.pageSize)
        }
        let headers = Array(0..<walHeaderBytes) + frameStarts.flatMap { Array($0..<$0 + walFrameHeaderBytes) }
        let bits = headers.flatMap { byte in (0..<8).map { byte * 8 + $0 } }.shuffled(using: &random).prefix(600)
        let others = (0..<200).map { _ in Int.random(in: 0..<used * 8, using: &random) }
        for bit in bits + others {
            var damaged = whole
            damaged[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: WALFault.self, "seed \(random.seed), bit \(bit)") { try read(damaged) }
        }
        for count in [0, 1, walHeaderBytes - 1, walHeaderBytes, walHeaderBytes + 1, used - 1] {
            #expect(throws: WALFault.self, "\(count) bytes") { try read(Array(whole.prefix(count))) }
        }
    }

    private func read(_ log: [UInt8]) throws {
        let header = try WALHeader(decoding: log.span)
        var cursor = WALCursor(header)
        _ = try cursor.advance(over: log.span.extracting(walHeaderBytes..<log.count))
    }

    @Test("a log that reads back wrong stops the ledger before anybody is told of the order")
    func flippedLive() async throws {
        let directory = try TemporaryDirectory()
        let isFlipping = Flag()
        let disk = FlippingFileSystem(isFlipping: isFlipping)
        let ledger = try await Ledger.open(at: directory.path, configuration: .init(), fileSystem: disk, vfs: nil)
        let collector = Collector()
        _ = try await ledger.subscribe(collector)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        isFlipping.value = true
        let error = await expectError(.walCorrupted) { try await ledger.place(request("k1", [("a", 1)])) }
        #expect(error?.message.contains("ledger.sqlite3-wal, offset ") == true)
        isFlipping.value = false
        let refusal = await expectError(.isReadOnly) { try await ledger.place(request("k2", [("a", 1)])) }
        #expect((refusal?.cause as? LedgerError)?.code == .walCorrupted)
        await expectError(.isReadOnly) { try await ledger.snapshot(to: directory.path + "/copy") }
        #expect(collector.segments.count == 1)
        #expect(try ledger.audit().isClean)
        try await ledger.close()
        let reopened = try await Ledger.open(at: directory.path)
        #expect(try reopened.audit().isClean)
    }

    @Test("somebody else's commit in the log stops the ledger")
    func foreignWriter() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path)
        _ = try await ledger.subscribe { _ in }
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        // Through the ledger's own process, so that SQLite sees it as one more connection.
        let foreign = try RawDatabase(directory.path + "/ledger.sqlite3")
        try foreign.run("UPDATE product SET name = 'B'")
        let error = await expectError(.walCorrupted) { try await ledger.place(request("k1", [("a", 1)])) }
        #expect(error?.message.contains("commit mark") == true)
        await expectError(.isReadOnly) { try await ledger.place(request("k2", [("a", 1)])) }
    }

    @Test("a snapshot is a whole database, and never overwrites a file")
    func snapshot() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path + "/primary")
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        _ = try await ledger.place(request("k1", [("a", 4)]))
        try await ledger.snapshot(to: directory.path + "/copy.sqlite3")
        let error = await expectError(.snapshotFailed) {
            try await ledger.snapshot(to: directory.path + "/copy.sqlite3")
        }
        #expect(error?.message.contains("/copy.sqlite3") == true)
        // The ledger goes on, and the copy opens as a ledger of its own.
        _ = try await ledger.place(request("k2", [("a", 4)]))
        let copied = try bytes(of: directory.path + "/copy.sqlite3")
        try PosixFileSystem().createDirectories(directory.path + "/second")
        try PosixFileSystem().replaceFile(at: directory.path + "/second/ledger.sqlite3", with: copied.span)
        let second = try await Ledger.open(at: directory.path + "/second")
        #expect(try second.stock(of: "a") == 6 && ledger.stock(of: "a") == 2)
        #expect(try second.audit().isClean)
    }

    @Test("a segment's checksum covers every field and byte")
    func segmentChecksum() {
        func segment(_ change: Int, _ byte: UInt8 = 0) -> WALSegment {
            var page = [UInt8](repeating: 7, count: 512)
            page[100] ^= byte
            return WALSegment(
                sequence: change == 1 ? 2 : 1,
                salts: WALSalts(first: change == 2 ? 2 : 1, second: change == 3 ? 2 : 1),
                firstFrame: change == 4 ? 2 : 1,
                pageSize: 512,
                databasePages: change == 5 ? 2 : 1,
                committedAt: .milliseconds(change == 6 ? 2 : 1),
                frames: [WALFrame(pageNumber: change == 7 ? 2 : 1, bytes: page[...])]
            )
        }
        let checksums = Set((0...7).map { segment($0).checksum } + [segment(0, 1).checksum])
        #expect(checksums.count == 9)
        #expect(segment(0).checksum == segment(0).checksum)
    }
}
