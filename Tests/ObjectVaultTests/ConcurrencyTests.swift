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
        #expect(try PosixFileSystem().list(directory.path + "/staging").isEmpty)
    }

    @Test("puts that wait together share their directory flushes")
    func sharesFlushes() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk)
        let before = disk.log.count
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<200 { group.addTask { try await vault.put(Array("object \(number)".utf8)) } }
            try await group.waitForAll()
        }
        #expect(try vault.list().count == 200)
        let objectsFlushes = disk.log[before...].count {
            $0.kind == .synchronizeDirectory && $0.path == "/vault/objects"
        }
        #expect(objectsFlushes < 150, "each group flushes the parent once")
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
        #expect(try disk.list("/vault/staging").count == (pieceCount == 1 ? 0 : 1), "a large put is staged")
        put.cancel()
        await #expect(throws: CancellationError.self) { try await put.value }
        #expect(try disk.list("/vault/staging").isEmpty)
        #expect(try vault.list().isEmpty)
        #expect(disk.openFileCount == 0)
        try await vault.close()
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
        #expect(try disk.list("/vault/staging").isEmpty)
        #expect(disk.openFileCount == 0)
        let again = try await Vault.open(at: "/vault", on: disk)
        let stored = results.compactMap { try? $0.get() }
        #expect(Set(try again.list()).isSuperset(of: stored))
        #expect(try await again.verify().isIntact)
        try await again.close()
    }

    @Test("a stream of 32 MB is never more than two pieces ahead of the disk")
    func boundsMemory() async throws {
        let directory = try TemporaryDirectory()
        let vault = try await Vault.open(at: directory.path)
        let staging = directory.path + "/staging"
        let source = WatchedSource(pieceCount: 128, pieceBytes: 1 << 18, staging: staging)
        let id = try await vault.put(source)
        #expect(try vault.info(id)?.byteCount == 32 << 20)
        #expect(source.aheadMax.withLock { $0 } <= 2 << 20)
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

/// Notes, whenever it is asked for a piece, how many bytes it has yielded that are not in the staged file yet.
private struct WatchedSource: AsyncSequence, Sendable {
    typealias Element = [UInt8]

    let pieceCount: Int
    let pieceBytes: Int
    let staging: String
    let aheadMax = SharedMaximum()

    func makeAsyncIterator() -> Iterator { Iterator(source: self) }

    struct Iterator: AsyncIteratorProtocol {
        let source: WatchedSource
        var yielded = 0

        mutating func next() async throws -> [UInt8]? {
            let disk = PosixFileSystem()
            var onDisk: Int64 = 0
            for name in try disk.list(source.staging) {
                onDisk += try disk.info(source.staging + "/" + name)?.size ?? 0
            }
            let ahead = Int64(yielded * source.pieceBytes) - onDisk
            source.aheadMax.withLock { $0 = Swift.max($0, ahead) }
            guard yielded < source.pieceCount else { return nil }
            yielded += 1
            return [UInt8](repeating: UInt8(truncatingIfNeeded: yielded), count: source.pieceBytes)
        }
    }
}

private final class SharedMaximum: Sendable {
    private let value: Locked<Int64> = Locked(0)

    func withLock<Result: Sendable>(_ body: (inout sending Int64) -> sending Result) -> Result {
        value.withLock(body)
    }
}
