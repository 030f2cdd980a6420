import Glibc
import ObjectVault
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

@Suite("Many at once")
struct ConcurrencyTests {
    @Test("64 tasks that put, read and remove never see a wrong byte")
    func manyTasks() async throws {
        let directory = try TemporaryDirectory()
        let vault = try await Vault.open(at: directory.path, configuration: smallPieces)
        var random = SeededGenerator(seed: 41)
        let shared = [random.bytes(500), random.bytes(100_000), random.bytes(66_000)]
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<64 {
                group.addTask {
                    var random = SeededGenerator(seed: UInt64(task) + 1_000)
                    let own = random.bytes(Int.random(in: 1...90_000, using: &random))
                    let ownID = try await vault.put(PieceSource(bytes: own, sizes: [30_000]))
                    #expect(try vault.read(ownID) == own, "task \(task)")
                    // All tasks put and remove the same three.
                    let bytes = shared[task % 3]
                    let id = try await vault.put(bytes)
                    do {
                        #expect(try vault.read(id) == bytes, "task \(task)")
                        #expect(try await vault.stream(id).collected().reduce([], +) == bytes, "task \(task)")
                    } catch let error as VaultError where error.code == .notFound {
                        // Another task removed it in between.
                    }
                    if task.isMultiple(of: 5) { try await vault.remove(id) }
                    if task.isMultiple(of: 2) { #expect(try await vault.remove(ownID), "task \(task)") }
                }
            }
            try await group.waitForAll()
        }
        let report = try await vault.verify()
        #expect(report.isIntact, "\(report.problems)")
        #expect((32...35).contains(report.objectCount))
        try await vault.close()
    }

    @Test("puts that wait together share their flushes")
    func sharesFlushes() async throws {
        let disk = SlowFlushes(SimulatedFileSystem())
        let vault = try await Vault.open(at: "/vault", on: disk)
        try await vault.put([0])
        let before = disk.flushCount
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 { group.addTask { try await vault.put(Array("object \(number)".utf8)) } }
            try await group.waitForAll()
        }
        #expect(try vault.list().count == 201)
        let flushes = disk.flushCount - before
        #expect(flushes < 100, "\(flushes) flushes for 200 puts, which would be 400 with two for each")
        try await vault.close()
    }

    @Test("a put that is cancelled in the middle throws and leaves nothing", arguments: [1, 4])
    func cancels(pieceCount: Int) async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        let (reached, reach) = AsyncStream.makeStream(of: Void.self)
        let source = StuckSource(pieceCount: pieceCount, onStuck: { reach.finish() })
        let put = Task { try await vault.put(source) }
        for await _ in reached {}
        put.cancel()
        await #expect(throws: CancellationError.self) { try await put.value }
        #expect(try vault.list().isEmpty)
        try await vault.collect(deadShareMin: 0)
        #expect(try disk.packBytes(in: "/vault") == 0)
        try await vault.close()
        #expect(disk.openFileCount == 0)
    }

    @Test("puts beyond the limit of large ones wait, and a cancelled one leaves the queue")
    func limitsLargePuts() async throws {
        let disk = SimulatedFileSystem()
        var configuration = smallPieces
        configuration.largePutsMax = 1
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: configuration)
        let (reached, reach) = AsyncStream.makeStream(of: Void.self)
        let first = Task { try await vault.put(StuckSource(pieceCount: 4, onStuck: { reach.finish() })) }
        for await _ in reached {}
        let bytes = [UInt8](repeating: 8, count: 150_000)
        let second = Task { try await vault.put(bytes) }
        // A small put passes by those that wait.
        let small = try await vault.put([1])
        second.cancel()
        await #expect(throws: CancellationError.self) { try await second.value }
        first.cancel()
        _ = await first.result
        let id = try await vault.put(bytes)
        #expect(Set(try vault.list()) == [small, id])
        try await vault.close()
    }

    @Test("closing while puts are under way leaves whole objects or nothing")
    func closesInTheMiddle() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        let results = await withTaskGroup(of: Result<ObjectID, any Error>.self) { group in
            for number in 0..<40 {
                group.addTask {
                    let bytes = [UInt8](repeating: UInt8(number), count: number.isMultiple(of: 3) ? 150_000 : 1_000)
                    do { return .success(try await vault.put(bytes)) } catch { return .failure(error) }
                }
            }
            group.addTask {
                do { try await vault.close() } catch { return .failure(error) }
                return .failure(CancellationError())
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        for case .failure(let error) in results where !(error is CancellationError) {
            #expect((error as? VaultError)?.code == .isClosed, "\(error)")
        }
        #expect(disk.openFileCount == 0)
        let again = try await Vault.open(at: "/vault", on: disk)
        let stored = results.compactMap { try? $0.get() }
        #expect(Set(try again.list()).isSuperset(of: stored))
        #expect(try await again.verify().isIntact)
        try await again.close()
    }

    @Test("a stream of 32 MB is never more than 8 MiB ahead of the disk")
    func boundsMemory() async throws {
        let directory = try TemporaryDirectory()
        let vault = try await Vault.open(at: directory.path)
        let packs = directory.path + "/hot"
        let source = WatchedSource(pieceCount: 128, pieceBytes: 1 << 18, packs: packs)
        let id = try await vault.put(source)
        #expect(try vault.info(id)?.byteCount == 32 << 20)
        #expect(source.aheadMax.withLock { $0 } <= 8 << 20)
        var streamed: Int64 = 0
        for try await piece in try vault.stream(id, pieceSize: 100_000) { streamed += Int64(piece.count) }
        #expect(streamed == 32 << 20)
        try await vault.close()
    }
}

/// Yields a few pieces of 50,000 bytes, and then nothing until its task is cancelled, as a client that went away.
private struct StuckSource: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    let pieceCount: Int
    let onStuck: @Sendable () -> Void

    func makeAsyncIterator() -> Iterator { Iterator(source: self) }

    struct Iterator: AsyncIteratorProtocol {
        let source: StuckSource
        var yielded = 0

        mutating func next() async -> [UInt8]? {
            if yielded < source.pieceCount {
                yielded += 1
                return [UInt8](repeating: 1, count: 50_000)
            }
            let (never, continuation) = AsyncStream.makeStream(of: Void.self)
            source.onStuck()
            for await _ in never {}
            continuation.finish()
            // Ends as if all was well: it is for the put to notice the cancellation.
            return nil
        }
    }
}

/// Notes, whenever it is asked for a piece, how many bytes it has yielded that are not in a pack yet.
private struct WatchedSource: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    let pieceCount: Int
    let pieceBytes: Int
    let packs: String
    let aheadMax = SharedMaximum()

    func makeAsyncIterator() -> Iterator { Iterator(source: self) }

    struct Iterator: AsyncIteratorProtocol {
        let source: WatchedSource
        var yielded = 0

        mutating func next() async throws -> [UInt8]? {
            let disk = PosixFileSystem()
            var onDisk: Int64 = 0
            for name in try disk.info(source.packs) == nil ? [] : disk.list(source.packs) {
                onDisk += try disk.info(source.packs + "/" + name)?.size ?? 0
            }
            let ahead = Int64(yielded * source.pieceBytes) - onDisk
            source.aheadMax.withLock { $0 = Swift.max($0, ahead) }
            guard yielded < source.pieceCount else { return nil }
            yielded += 1
            // No two pieces alike, or they would be kept once.
            var random = SeededGenerator(seed: UInt64(yielded))
            return random.bytes(source.pieceBytes)
        }
    }
}

private final class SharedMaximum: Sendable {
    private let value: Locked<Int64> = Locked(0)

    func withLock<Result: Sendable>(_ body: (inout sending Int64) -> sending Result) -> Result {
        value.withLock(body)
    }
}

/// A disk in memory whose flushes take some milliseconds, as those of a real one do.
private final class SlowFlushes: FileSystem {
    private let disk: SimulatedFileSystem
    private let count = Counter()

    init(_ disk: SimulatedFileSystem) {
        self.disk = disk
    }

    var flushCount: Int { count.value.withLock { $0 } }

    func open(_ path: String, _ mode: OpenMode) throws(IOError) -> any StorageFile {
        SlowFile(try disk.open(path, mode), count)
    }
    func info(_ path: String) throws(IOError) -> FileInfo? { try disk.info(path) }
    func list(_ directory: String) throws(IOError) -> [String] { try disk.list(directory) }
    func createDirectory(_ path: String) throws(IOError) { try disk.createDirectory(path) }
    func rename(_ path: String, to newPath: String) throws(IOError) { try disk.rename(path, to: newPath) }
    func remove(_ path: String) throws(IOError) { try disk.remove(path) }
    func removeDirectory(_ path: String) throws(IOError) { try disk.removeDirectory(path) }
    func synchronizeDirectory(_ path: String) throws(IOError) { try disk.synchronizeDirectory(path) }
    func lock(_ path: String) throws(IOError) -> any FileLock { try disk.lock(path) }

    final class Counter: Sendable {
        let value = Locked(0)
    }
}

private final class SlowFile: StorageFile {
    private let file: any StorageFile
    private let count: SlowFlushes.Counter
    var path: String { file.path }

    init(_ file: any StorageFile, _ count: SlowFlushes.Counter) {
        self.file = file
        self.count = count
    }

    func size() throws(IOError) -> Int64 { try file.size() }
    func read(into buffer: inout MutableSpan<UInt8>, at offset: Int64) throws(IOError) -> Int {
        try file.read(into: &buffer, at: offset)
    }
    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(IOError) -> Int { try file.write(bytes, at: offset) }
    func truncate(to size: Int64) throws(IOError) { try file.truncate(to: size) }
    func preallocate(to size: Int64) throws(IOError) { try file.preallocate(to: size) }
    func synchronize() throws(IOError) {
        usleep(5_000)
        count.value.withLock { $0 += 1 }
        try file.synchronize()
    }
    func map(count: Int) throws(IOError) -> FileMapping { try file.map(count: count) }
    func mapWritable(count: Int) throws(IOError) -> WritableMapping { try file.mapWritable(count: count) }
    func close() throws(IOError) { try file.close() }
}
