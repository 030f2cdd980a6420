import Glibc
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("The simulated disk breaks as it is told")
struct SimulatedFaultTests {
    @Test("the log names each operation with its place and result")
    func log() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        try file.writeAll([1, 2, 3].span, at: 5)
        #expect(throws: IOError.self) { try disk.open("/missing", .read) }
        let log = disk.log
        #expect(log.map(\.kind) == [.open, .write, .open])
        #expect(log.map(\.index) == [0, 1, 2])
        #expect(log[1].path == "/a" && log[1].offset == 5 && log[1].count == 3 && log[1].errno == nil)
        #expect(log[2].errno == ENOENT)
        #expect(log.map(\.changesDisk) == [true, true, false])
    }

    @Test("a crash before an operation undoes it, one after it does not; either way nobody hears and all is over")
    func crashBeforeAndAfter() throws {
        for (point, expected) in [(CrashPoint.before(1), [UInt8]()), (.after(1), [4])] {
            let disk = SimulatedFileSystem()
            let file = try disk.open("/a", .createNew)
            disk.crash(at: point)
            let error = #expect(throws: IOError.self) { try file.writeAll([4].span, at: 0) }
            #expect(error?.isSimulatedCrash == true && error?.operation == .write && error?.path == "/a")
            #expect(disk.hasCrashed)
            #expect(throws: IOError.self) { try disk.list("/") }
            #expect(disk.restarted(after: .kept).contents(ofFile: "/a") == expected)
        }
    }

    @Test("an operation fails once or from then on, by index or by what it is")
    func chosenFaults() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        disk.fail(at: 1, errno: EIO)
        let error = #expect(throws: IOError.self) { try file.writeAll([1].span, at: 0) }
        #expect(error?.errno == EIO)
        try file.writeAll([1].span, at: 0)
        disk.fail(errno: EROFS, .fromThenOn) { $0.kind == .write && $0.path == "/a" }
        for _ in 0..<3 {
            #expect(throws: IOError.self) { try file.writeAll([2].span, at: 0) }
        }
        #expect(disk.contents(ofFile: "/a") == [1])
        disk.clearFaults()
        try file.writeAll([2].span, at: 0)
        #expect(disk.contents(ofFile: "/a") == [2])
    }

    @Test("a failed flush drops what it was to save: readers see it, a later flush succeeds, the disk never has it")
    func failedFlush() throws {
        let disk = SimulatedFileSystem()
        try disk.install([0, 0], at: "/a")
        let file = try disk.open("/a", .readWrite)
        try file.writeAll([1].span, at: 0)
        disk.fail(errno: EIO) { $0.kind == .synchronize }
        #expect(throws: IOError.self) { try file.synchronize() }
        #expect(try file.readBytes(2, at: 0) == [1, 0])
        #expect(disk.misuses.isEmpty)
        try file.writeAll([2].span, at: 1)
        try file.synchronize()
        #expect(disk.misuses.count == 1, "flushing again after a failed flush is a mistake that the disk notes")
        #expect(try file.readBytes(2, at: 0) == [1, 2])
        for outcome in [CrashOutcome.lost, .torn, .reordered] {
            #expect(disk.restarted(after: outcome).contents(ofFile: "/a") == [0, 2])
        }
        #expect(disk.restarted(after: .kept).contents(ofFile: "/a") == [1, 2])
    }

    @Test("a failed directory flush drops the names it was to save")
    func failedDirectoryFlush() throws {
        let disk = SimulatedFileSystem()
        try disk.open("/a", .createNew).close()
        disk.fail(errno: EIO) { $0.kind == .synchronizeDirectory }
        #expect(throws: IOError.self) { try disk.synchronizeDirectory("/") }
        try disk.synchronizeDirectory("/")
        #expect(try disk.list("/") == ["a"])
        #expect(try disk.restarted(after: .lost).list("/") == [])
    }

    @Test("a full disk takes what fits, then says ENOSPC, and has room again when a file goes")
    func capacity() throws {
        let disk = SimulatedFileSystem(capacity: 1_000)
        let file = try disk.open("/a", .createNew)
        let bytes = [UInt8](repeating: 1, count: 700)
        #expect(try file.write(bytes.span, at: 0) == 700)
        #expect(try file.write(bytes.span, at: 700) == 300)
        let error = #expect(throws: IOError.self) { try file.write(bytes.span, at: 1_000) }
        #expect(error?.errno == ENOSPC)
        #expect(try file.write(bytes.span, at: 300) == 700, "bytes that are there can be overwritten")
        try disk.remove("/a")
        let other = try disk.open("/b", .createNew)
        #expect(throws: IOError.self, "the removed file is still open") { try other.writeAll(bytes.span, at: 0) }
        try file.close()
        try other.writeAll(bytes.span, at: 0)
        #expect(disk.usedByteCount == 700)
    }

    @Test("transfers are short when asked for, never empty, and complete in the end")
    func shortTransfers() throws {
        let disk = SimulatedFileSystem(seed: 5, hasShortTransfers: true)
        let file = try disk.open("/a", .createNew)
        var generator = SeededGenerator(seed: 5)
        let bytes = generator.bytes(5_000)
        for index in 0..<50 { try file.writeAll(bytes.span, at: Int64(index * 100)) }
        #expect(try file.readBytes(5_000, at: 4_900) == bytes)
        #expect(disk.operationCount > 55, "no transfer was short")
    }

    @Test("a flipped bit is seen by readers and mappings, and stays after a restart")
    func flippedBit() throws {
        let disk = SimulatedFileSystem()
        try disk.install([0, 0, 0], at: "/a")
        let file = try disk.open("/a", .read)
        let mapping = try file.map(count: 3)
        disk.flipBit(3, ofByte: 1, in: "/a")
        #expect(mapping.bytes[1] == 8)
        #expect(try file.readBytes(3, at: 0) == [0, 8, 0])
        #expect(disk.restarted(after: .lost).contents(ofFile: "/a") == [0, 8, 0])
    }

    @Test("every bit and every length of a file can be tried")
    func damageEnumeration() async throws {
        let disk = SimulatedFileSystem()
        try disk.install([1, 2, 3], at: "/a")
        var seen: Set<[UInt8]> = []
        await disk.withEachBitFlipped(of: "/a") { copy, _, _ in seen.insert(copy.contents(ofFile: "/a") ?? []) }
        #expect(seen.count == 24 && !seen.contains([1, 2, 3]))
        var lengths: [Int] = []
        try await disk.withEachTruncation(of: "/a") { copy, length in
            #expect(copy.contents(ofFile: "/a") == Array([1, 2, 3][..<length]))
            lengths.append(length)
        }
        #expect(lengths == [0, 1, 2])
        #expect(disk.contents(ofFile: "/a") == [1, 2, 3])
    }

    @Test("cutting a file under a mapping is noted as a mistake; after the mapping is gone it is none")
    func truncationUnderMapping() throws {
        let disk = SimulatedFileSystem()
        try disk.install([1, 2, 3], at: "/a")
        let file = try disk.open("/a", .readWrite)
        do {
            let mapping = try file.map(count: 3)
            try file.truncate(to: 2)
            #expect(mapping.bytes[0] == 1)
        }
        #expect(disk.misuses.count == 1)
        try file.truncate(to: 1)
        #expect(disk.misuses.count == 1)
    }

    @Test("a lock keeps others out, names its holder, and goes with release, with its object and with a crash")
    func locks() throws {
        let disk = SimulatedFileSystem()
        let lock = try disk.lock("/lock")
        let error = #expect(throws: IOError.self) { try disk.lock("/lock") }
        #expect(error?.errno == EWOULDBLOCK && error?.detail == "held by process \(getpid())")
        #expect(disk.contents(ofFile: "/lock") == Array("\(getpid())\n".utf8))
        _ = try disk.restarted(after: .kept).lock("/lock")
        lock.release()
        lock.release()
        do { _ = try disk.lock("/lock") }
        #expect(disk.heldLockCount == 0)
    }

    @Test("open files are counted until they are closed or dropped")
    func openFiles() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        do {
            let other = try disk.open("/a", .read)
            #expect(disk.openFileCount == 2)
            #expect(try other.size() == 0)
        }
        #expect(disk.openFileCount == 1)
        try file.close()
        try file.close()
        #expect(disk.openFileCount == 0)
    }

    @Test("a sweep of fifty writes checks a thousand disks, cheaply enough to sweep every store")
    func sweepSize() async throws {
        for round in 0..<UInt64(TestEnvironment.count(1, soak: 100)) {
            let seed = TestEnvironment.seed(90) + round
            let report = try await CrashSweep.run(seed: seed, rounds: 2) { (disk, record: SweepRecord<Int>) in
                let file = try disk.open("/log", .createNew)
                try disk.synchronizeDirectory("/")
                for index in 0..<50 {
                    record.attempt(index)
                    try file.writeAll([UInt8](repeating: 1, count: 100).span, at: Int64(index) * 100)
                    try file.synchronize()
                    record.acknowledge(index)
                }
            } check: { disk, record in
                let count = disk.contents(ofFile: "/log")?.count ?? 0
                try hold(count >= record.acknowledged.count * 100, "\(count) bytes")
            }
            #expect(report.failures.isEmpty, "\(report)")
            // Before and after each of 102 changes and at the end; six disks each.
            #expect(report.runCount == 205 && report.checkCount == 205 * 6, "\(report)")
        }
    }
}
