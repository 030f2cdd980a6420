import OrderLedger
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

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
    @Test("a follower of the segments is byte for byte the primary, across checkpoints and concurrent orders")
    func byteEqual() async throws {
        let directory = try TemporaryDirectory()
        var configuration = patient
        configuration.walBytesMax = 128 << 10
        configuration.groupOrdersMax = 4
        let ledger = try await Ledger.open(at: directory.path, configuration: configuration)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 100_000)
        let collector = Collector()
        let attached = try await Attached(collector, to: ledger, .received)
        _ = try await ledger.place(request("before", [("a", 1)]))
        let copy = directory.path + "/copy.sqlite3"
        let contained = try await ledger.snapshot(to: copy)
        #expect(contained.position == LedgerPosition(epoch: 1, transaction: 2))
        var follower = Follower(image: try bytes(of: copy), version: contained)

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
        #expect(statistics.hookCalls == statistics.commits)
        #expect(statistics.position.transaction == UInt64(statistics.writes))
        try await ledger.close()
        try await attached.end()

        let segments = collector.segments
        #expect(Set(segments.map(\.origin.salts)).count > 1, "the log never started over")
        #expect(segments.count == statistics.commits - 1)
        for (before, after) in zip(segments, segments.dropFirst()) {
            #expect(after.before == before.after && after.transactions.lowerBound == before.transactions.upperBound + 1)
            #expect(before.committedAt <= after.committedAt)
            #expect(before.origin.salts == after.origin.salts || after.origin.firstFrame == 0)
        }
        try follower.apply(segments)
        #expect(follower.version.position == statistics.position)
        #expect(try bytes(of: directory.path + "/ledger.sqlite3") == follower.image)
        let replica = directory.path + "/replica.sqlite3"
        try PosixFileSystem().replaceFile(at: replica, with: follower.image.span)
        #expect(try RawDatabase(replica).rows("PRAGMA integrity_check") == [["ok"]])
        #expect(try RawDatabase(replica).rows("SELECT COUNT(*) FROM orders") == [["201"]])
    }

    @Test("a single order travels in a fraction of the bytes that it takes in the log")
    func small() async throws {
        let test = try await TestLedger(stock: ["a": 1_000, "b": 1_000, "c": 1_000])
        let collector = Collector()
        let attached = try await Attached(collector, to: test.ledger, .received)
        let before = test.ledger.statistics.frames
        for number in 0..<40 { _ = try await test.ledger.place(request("k\(number)", [("a", 1), ("b", 1), ("c", 1)])) }
        let raw = (test.ledger.statistics.frames - before) * 4_096
        let shipped = collector.segments.reduce(0) { $0 + $1.encoded.count }
        #expect(raw > 8 * shipped, "\(raw / 40) bytes in the log, \(shipped / 40) shipped, for one order")
        try await test.ledger.close()
        try await attached.end()
    }

    @Test("a read that lasts keeps the log from starting over, but no order from being placed")
    func longRead() async throws {
        let directory = try TemporaryDirectory()
        var configuration = patient
        configuration.walBytesMax = 64 << 10
        let ledger = try await Ledger.open(at: directory.path, configuration: configuration)
        let collector = Collector()
        let attached = try await Attached(collector, to: ledger, .received)
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
        #expect(Set(collector.segments.map(\.origin.salts)).count == 1)
        await expectError(.isBusy) { try await ledger.snapshot(to: directory.path + "/copy") }
        gate.signal()
        reader.stop()
        for number in 60..<120 { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
        #expect(ledger.statistics.walBytes < grown)
        #expect(Set(collector.segments.map(\.origin.salts)).count > 1)
        #expect(collector.segments.last?.after.position == ledger.statistics.position)
        try await ledger.close()
        try await attached.end()
    }

    @Test("a sink that throws gets no more and says why; the others, and one that was detached, do not mind")
    func failingSink() async throws {
        struct Broken: Error {}
        let test = try await TestLedger()
        let collector = Collector()
        let detached = Collector()
        let failing = Collector { segment in
            if segment.after.position.transaction == 3 { throw Broken() }
        }
        let first = try await Attached(collector, to: test.ledger, .async(), as: "first")
        let second = try await Attached(detached, to: test.ledger, .received, as: "second")
        let third = try await Attached(failing, to: test.ledger, .async(), as: "third")
        _ = try await test.ledger.place(request("k1", [("a", 1)]))
        second.link.detach()
        try await second.end()
        _ = try await test.ledger.place(request("k2", [("a", 1)]))
        await #expect(throws: Broken.self) { try await third.task.value }
        #expect(third.link.failure is Broken && second.link.failure == nil)
        _ = try await test.ledger.place(request("k3", [("a", 1)]))
        while collector.segments.count < 3 { await Task.yield() }
        #expect(collector.segments.map(\.after.position.transaction) == [2, 3, 4])
        #expect(detached.segments.map(\.after.position.transaction) == [2])
        #expect(failing.segments.map(\.after.position.transaction) == [2])
        try await test.ledger.close()
        try await first.end()
    }

    @Test("commits without a sink are counted, and the next sink goes on from there; the record says when it is exact")
    func lateSink() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path, configuration: patient)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        for number in 0..<3 { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
        let raw = try RawDatabase(directory.path + "/ledger.sqlite3")
        let record = "SELECT epoch, transaction_count, is_exact FROM history"
        #expect(try raw.rows(record) == [["1", "1", "0"]])
        let collector = Collector()
        let attached = try await Attached(collector, to: ledger, .received)
        _ = try await ledger.place(request("k3", [("a", 1)]))
        // A repeated request and a refused one write nothing, so they make no segment.
        _ = try await ledger.place(request("k3", [("a", 1)]))
        await expectError(.insufficientStock) { try await ledger.place(request("k4", [("a", 100)])) }
        _ = try await ledger.place(request("k5", [("a", 1)]))
        #expect(collector.segments.map(\.transactions) == [5...5, 6...6])
        #expect(ledger.statistics.commits == 6 && ledger.statistics.writes == 6)
        #expect(try raw.rows(record) == [["1", "6", "1"]])
        try await ledger.close()
        try await attached.end()
        // The next opening is another epoch, and goes on counting.
        let reopened = try await Ledger.open(at: directory.path)
        _ = try await reopened.place(request("k6", [("a", 1)]))
        #expect(reopened.statistics.position == LedgerPosition(epoch: 2, transaction: 7))
        #expect(try raw.rows(record) == [["2", "7", "0"]])
        try await reopened.close()
    }

    @Test("every flipped bit of a log is found, with its place")
    func flippedBits() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path, configuration: patient)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        // The log holds no lock, so that it may be opened beside SQLite.
        let log = try bytes(of: directory.path + "/ledger.sqlite3-wal")
        let (frames, pageSize) = (ledger.statistics.frames, 4_096)
        let used = walHeaderBytes + frames * (walFrameHeaderBytes + pageSize)
        let whole = Array(log.prefix(used))
        try read(whole)
        var random = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        // Every bit of the headers, and some of the pages.
        let frameStarts = (0..<frames).map { walHeaderBytes + $0 * (walFrameHeaderBytes + pageSize) }
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
        try await ledger.close()
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
        let attached = try await Attached(collector, to: ledger, .async())
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        isFlipping.value = true
        let error = await expectError(.walCorrupted) { try await ledger.place(request("k1", [("a", 1)])) }
        #expect(error?.message.contains("ledger.sqlite3-wal, offset ") == true)
        isFlipping.value = false
        let refusal = await expectError(.isReadOnly) { try await ledger.place(request("k2", [("a", 1)])) }
        #expect((refusal?.cause as? LedgerError)?.code == .walCorrupted)
        await expectError(.isReadOnly) { try await ledger.snapshot(to: directory.path + "/copy") }
        #expect(try ledger.audit().isClean)
        try await ledger.close()
        try await attached.end()
        #expect(collector.segments.count == 1)
        let reopened = try await Ledger.open(at: directory.path)
        #expect(try reopened.audit().isClean)
        try await reopened.close()
    }

    @Test("somebody else's commit in the log stops the ledger")
    func foreignWriter() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path, configuration: patient)
        let attached = try await Attached(Collector(), to: ledger, .async())
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        // Through the ledger's own process, so that SQLite sees it as one more connection.
        let foreign = try RawDatabase(directory.path + "/ledger.sqlite3")
        try foreign.run("UPDATE product SET name = 'B'")
        let error = await expectError(.walCorrupted) { try await ledger.place(request("k1", [("a", 1)])) }
        #expect(error?.message.contains("commit mark") == true)
        await expectError(.isReadOnly) { try await ledger.place(request("k2", [("a", 1)])) }
        try await ledger.close()
        try await attached.end()
    }

    @Test("a snapshot is a whole database, never overwrites a file, and holds up no order")
    func snapshot() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await Ledger.open(at: directory.path + "/primary")
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        _ = try await ledger.place(request("k1", [("a", 4)]))
        let version = try await ledger.snapshot(to: directory.path + "/copy.sqlite3")
        #expect(version == (try await ledger.version()) && version.position.transaction == 3)
        let error = await expectError(.snapshotFailed) {
            try await ledger.snapshot(to: directory.path + "/copy.sqlite3")
        }
        #expect(error?.message.contains("/copy.sqlite3") == true)
        try await ledger.withSnapshot { snapshot in
            #expect(snapshot.version == version)
            _ = try await ledger.place(request("k2", [("a", 4)]))
            await expectError(.isBusy) { try await ledger.checkpoint() }
            let copied = try snapshot.read(1 << 20, at: 0)
            #expect(copied == (try bytes(of: directory.path + "/copy.sqlite3")))
        }
        try await ledger.checkpoint()
        // The copy opens as a ledger of its own.
        let copied = try bytes(of: directory.path + "/copy.sqlite3")
        try PosixFileSystem().createDirectories(directory.path + "/second")
        try PosixFileSystem().replaceFile(at: directory.path + "/second/ledger.sqlite3", with: copied.span)
        let second = try await Ledger.open(at: directory.path + "/second")
        #expect(try second.stock(of: "a") == 6 && ledger.stock(of: "a") == 2)
        #expect(try second.audit().isClean)
    }

    @Test("a sink comes back to what it missed as long as that is kept, and not to a history that is another's")
    func comingBack() async throws {
        let test = try await TestLedger(stock: ["a": 1_000]) { $0.replication.backlogBytesMax = 40_000 }
        let ledger = test.ledger
        let first = try await Attached(Collector(), to: ledger, .async(), as: "one")
        let start = try await ledger.version()
        for number in 0..<5 { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
        await expectError(.duplicateSink) { try await ledger.attach(Collector(), as: "one", mode: .received) }
        first.link.detach()
        try await first.end()
        let late = Collector()
        let second = try await Attached(late, to: ledger, .received, as: "one", after: start)
        _ = try await ledger.place(request("k5", [("a", 1)]))
        #expect(late.segments.map(\.after.position.transaction) == Array(2...7))
        let foreign = LedgerVersion(ledger: start.ledger, writer: start.writer &+ 1, position: start.position)
        await expectError(.needsSnapshot) {
            try await ledger.attach(Collector(), as: "two", mode: .received, after: foreign)
        }
        for number in 6..<200 { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
        await expectError(.needsSnapshot) {
            try await ledger.attach(Collector(), as: "two", mode: .received, after: start)
        }
        try await ledger.close()
        try await second.end()
    }
}
