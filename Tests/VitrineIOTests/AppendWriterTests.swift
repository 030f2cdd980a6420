import Glibc
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

@Suite("The append writer")
struct AppendWriterTests {
    static let seed = TestEnvironment.seed(2_718)

    private static func open(_ disk: SimulatedFileSystem, end: Int64 = 0) throws -> AppendWriter {
        let file = try disk.open("/log", .createIfMissing)
        try disk.synchronizeDirectory("/")
        return try AppendWriter(file: file, end: end, threadName: "test-append")
    }

    @Test("bytes stand where append said, in the order of the calls")
    func order() async throws {
        let directory = try TemporaryDirectory()
        let file = try PosixFileSystem().open(directory.path + "/log", .createNew)
        let writer = try AppendWriter(file: file, end: 0, threadName: "test-append")
        var generator = SeededGenerator(seed: Self.seed)
        var model: [UInt8] = []
        for step in 0..<200 {
            let bytes = generator.bytes(Int.random(in: 0...300, using: &generator))
            #expect(try writer.append(bytes.span) == Int64(model.count))
            model += bytes
            #expect(writer.end == Int64(model.count))
            if step % 7 == 0 { try await writer.commit(through: writer.end, .buffered) }
            if step % 31 == 0 {
                try await writer.commit(through: writer.end, .synced)
                #expect(try file.readBytes(model.count, at: 0) == model)
            }
        }
        try await writer.close()
        #expect(try file.readBytes(model.count + 1, at: 0) == model)
    }

    @Test("all who wait share flushes: sixty-four commits at once take a few")
    func groupFlush() async throws {
        let disk = SimulatedFileSystem()
        // The first flush waits here until everyone else is in line.
        let gate = Semaphore()
        let isFirst = Shared(true)
        let file = GatedFile(try disk.open("/gated", .createNew)) {
            let waits = isFirst.update { first in
                defer { first = false }
                return first
            }
            if waits { gate.wait() }
        }
        let gated = try AppendWriter(file: file, end: 0, threadName: "test-append")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<64 {
                // Appended here, so that all ends are known before the gate opens.
                let offset = try gated.append([UInt8(index)].span)
                group.addTask { try await gated.commit(through: offset + 1, .synced) }
            }
            gate.signal()
            try await group.waitForAll()
        }
        let flushes = disk.log.count { $0.kind == .synchronize && $0.path == "/gated" }
        // How many tasks were in line when the thread looked is the scheduler's business; each after that shares.
        #expect(flushes >= 1 && flushes <= 4, "\(flushes) flushes")
        #expect(disk.contents(ofFile: "/gated") == (0..<64).map { UInt8($0) })
        try await gated.close()
    }

    @Test("what sixty-four tasks append and commit is all there, each record whole", arguments: [true, false])
    func concurrency(isReal: Bool) async throws {
        let directory = try TemporaryDirectory()
        let disk: any FileSystem = isReal ? PosixFileSystem() : SimulatedFileSystem(seed: 3, hasShortTransfers: true)
        let path = isReal ? directory.path + "/log" : "/log"
        let file = try disk.open(path, .createNew)
        let writer = try AppendWriter(file: file, end: 0, threadName: "test-append")
        let places = Shared<[Int64: [UInt8]]>([:])
        let rounds = TestEnvironment.count(20, soak: 2_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<64 {
                group.addTask {
                    var generator = SeededGenerator(seed: Self.seed + UInt64(task))
                    for round in 0..<rounds {
                        let bytes = generator.bytes(Int.random(in: 1...200, using: &generator))
                        let offset = try writer.append(bytes.span)
                        let end = offset + Int64(bytes.count)
                        try await writer.commit(through: end, round % 3 == 0 ? .synced : .buffered)
                        let found = try file.readBytes(bytes.count, at: offset)
                        #expect(found == bytes, "task \(task), round \(round), seed \(Self.seed)")
                        places.update { $0[offset] = bytes }
                    }
                }
            }
            try await group.waitForAll()
        }
        let end = writer.end
        try await writer.close()
        var expected: [UInt8] = []
        for (offset, bytes) in places.update({ $0 }).sorted(by: { $0.key < $1.key }) {
            #expect(offset == Int64(expected.count))
            expected += bytes
        }
        #expect(Int64(expected.count) == end && expected.count > 64 * rounds)
        #expect(try file.readBytes(expected.count + 1, at: 0) == expected)
    }

    @Test(
        "what was committed as synced is there after any crash; the rest is there up to some byte or garbage after it"
    )
    func crashes() async throws {
        let report = try await CrashSweep.run(seed: Self.seed, rounds: 2) { (disk, record: SweepRecord<[UInt8]>) in
            let writer = try Self.open(disk)
            for number in UInt8(1)...8 {
                let bytes = [UInt8](repeating: number, count: Int(number) * 150)
                record.attempt(bytes)
                _ = try writer.append(bytes.span)
                if number % 2 == 0 { try await writer.commit(through: writer.end, .buffered) }
                if number % 4 != 2 {
                    try await writer.commit(through: writer.end, .synced)
                    // A flush covers all that stands before.
                    for bytes in record.attempted.dropFirst(record.acknowledged.count) { record.acknowledge(bytes) }
                }
            }
            try await writer.close()
        } check: { disk, record in
            let found = try disk.info("/log") == nil ? [] : disk.contents(of: "/log", byteCountMax: 10_000)
            let promised = record.acknowledged.flatMap { $0 }
            try hold(found.starts(with: promised), "\(found.count) bytes, \(promised.count) promised")
            try hold(found.count <= record.attempted.reduce(0) { $0 + $1.count }, "more than was appended")
        }
        #expect(report.failures.isEmpty, "\(report)")
    }

    @Test("a store that goes on after failures acknowledges nothing that a crash can take")
    func faults() async throws {
        let report = try await FaultSweep.run(
            seed: Self.seed,
            errnos: [EIO, ENOSPC, EDQUOT],
            kinds: [.write, .synchronize]
        ) { (disk, record: SweepRecord<UInt8>) in
            let writer = try Self.open(disk)
            for number in UInt8(1)...6 {
                guard let offset = try? writer.append([UInt8](repeating: number, count: 300).span) else { continue }
                guard (try? await writer.commit(through: offset + 300, .synced)) != nil else { continue }
                record.acknowledge(number)
            }
            try? await writer.close()
        } check: { disk, record in
            let found = disk.contents(ofFile: "/log") ?? []
            for (index, number) in record.acknowledged.enumerated() {
                let slice = found.dropFirst(index * 300).prefix(300)
                try hold(slice.count == 300 && slice.allSatisfy { $0 == number }, "record \(number) is gone")
            }
        }
        #expect(report.failures.isEmpty, "\(report)")
    }

    @Test("a failed flush is final: it is not tried again, and every later call throws it", arguments: [true, false])
    func failureIsFinal(isWrite: Bool) async throws {
        let disk = SimulatedFileSystem()
        let writer = try Self.open(disk)
        _ = try writer.append([1].span)
        try await writer.commit(through: 1, .synced)
        disk.fail(errno: EIO) { $0.kind == (isWrite ? .write : .synchronize) }
        _ = try writer.append([2].span)
        let operation: IOError.Operation = isWrite ? .write : .synchronize
        for _ in 0..<3 {
            let error = await #expect(throws: IOError.self) { try await writer.commit(through: 2, .synced) }
            #expect(error?.errno == EIO && error?.operation == operation)
        }
        #expect(throws: IOError.self) { try writer.append([3].span) }
        try await writer.commit(through: 1, .synced)
        for _ in 0..<2 {
            let error = await #expect(throws: IOError.self) { try await writer.close() }
            #expect(error?.errno == EIO)
        }
        #expect(disk.log.count { $0.kind == .synchronize } == (isWrite ? 1 : 2))
        #expect(disk.misuses.isEmpty)
    }

    @Test("a full disk fails the commit, and what was committed before is still there")
    func fullDisk() async throws {
        let disk = SimulatedFileSystem(capacity: 1_000)
        let writer = try Self.open(disk)
        var committed = 0
        let error = await #expect(throws: IOError.self) {
            while true {
                _ = try writer.append([UInt8](repeating: 7, count: 300).span)
                try await writer.commit(through: writer.end, .synced)
                committed += 300
            }
        }
        #expect(error?.errno == ENOSPC && committed == 900)
        let found = try #require(disk.restarted(after: .lost).contents(ofFile: "/log"))
        #expect(found == [UInt8](repeating: 7, count: 900))
    }

    @Test("close flushes what is left; afterwards append throws EBADF and another close does nothing")
    func close() async throws {
        let disk = SimulatedFileSystem()
        let writer = try Self.open(disk)
        _ = try writer.append([1, 2, 3].span)
        try await writer.close()
        #expect(disk.restarted(after: .lost).contents(ofFile: "/log") == [1, 2, 3])
        let error = #expect(throws: IOError.self) { try writer.append([4].span) }
        #expect(error?.errno == EBADF && error?.detail == "closed")
        try await writer.close()
        try await writer.commit(through: 3, .synced)
    }

    @Test("closing while others append and commit strands nobody")
    func closeRace() async throws {
        for round in 0..<TestEnvironment.count(30, soak: 3_000) {
            let disk = SimulatedFileSystem()
            let writer = try Self.open(disk)
            let acknowledged = Shared(0)
            await withTaskGroup(of: Void.self) { group in
                for task in 0..<8 {
                    group.addTask {
                        do {
                            while true {
                                let offset = try writer.append([UInt8(task)].span)
                                try await writer.commit(through: offset + 1, task % 2 == 0 ? .synced : .buffered)
                                acknowledged.update { $0 = max($0, Int(offset) + 1) }
                            }
                        } catch {
                            #expect((error as? IOError)?.errno == EBADF, "round \(round)")
                        }
                    }
                }
                for _ in 0..<2 {
                    group.addTask {
                        await Task.yield()
                        do { try await writer.close() } catch { Issue.record("round \(round): \(error)") }
                    }
                }
            }
            let found = disk.restarted(after: .lost).contents(ofFile: "/log")?.count ?? 0
            #expect(found == Int(writer.end) && found >= acknowledged.value, "round \(round)")
        }
    }

    @Test("a commit beyond the end is an error, for nobody would ever wake it; so is a start before the file")
    func impossibleEnds() async throws {
        let disk = SimulatedFileSystem()
        let writer = try Self.open(disk, end: 10)
        #expect(writer.end == 10)
        try await writer.commit(through: 10, .synced)
        #expect(disk.log.count { $0.kind == .synchronize } == 0, "what stood there counts as flushed")
        let error = await #expect(throws: IOError.self) { try await writer.commit(through: 11, .buffered) }
        #expect(error?.errno == EINVAL)
        let file = try disk.open("/log", .readWrite)
        #expect(throws: IOError.self) { try AppendWriter(file: file, end: -1, threadName: "test") }
        let last = try AppendWriter(file: file, end: .max, threadName: "test")
        let overflow = #expect(throws: IOError.self) { try last.append([1].span) }
        #expect(overflow?.errno == EFBIG)
    }

    @Test("a writer that is dropped without close ends its thread and loses only what was not committed")
    func dropped() async throws {
        let disk = SimulatedFileSystem()
        do {
            let writer = try Self.open(disk)
            _ = try writer.append([1].span)
            try await writer.commit(through: 1, .synced)
            _ = try writer.append([2].span)
        }
        #expect(disk.contents(ofFile: "/log") == [1])
        #expect(disk.openFileCount == 0, "the thread still holds the file")
    }
}

/// A file whose flushes call out first.
private final class GatedFile: StorageFile {
    private let file: any StorageFile
    private let beforeFlush: @Sendable () -> Void
    var path: String { file.path }

    init(_ file: any StorageFile, beforeFlush: @escaping @Sendable () -> Void) {
        self.file = file
        self.beforeFlush = beforeFlush
    }

    func size() throws(IOError) -> Int64 { try file.size() }
    func read(into buffer: inout MutableSpan<UInt8>, at offset: Int64) throws(IOError) -> Int {
        try file.read(into: &buffer, at: offset)
    }
    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(IOError) -> Int { try file.write(bytes, at: offset) }
    func truncate(to size: Int64) throws(IOError) { try file.truncate(to: size) }
    func preallocate(to size: Int64) throws(IOError) { try file.preallocate(to: size) }
    func synchronize() throws(IOError) {
        beforeFlush()
        try file.synchronize()
    }
    func map(count: Int) throws(IOError) -> FileMapping { try file.map(count: count) }
    func mapWritable(count: Int) throws(IOError) -> WritableMapping { try file.mapWritable(count: count) }
    func close() throws(IOError) { try file.close() }
}
