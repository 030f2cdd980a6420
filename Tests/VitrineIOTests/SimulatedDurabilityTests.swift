import Glibc
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("The simulated disk keeps what POSIX promises and nothing else")
struct SimulatedDurabilityTests {
    static let seed = TestEnvironment.seed(42)

    @Test("a flushed file is lost while its directory is not flushed")
    func flushedFileWithoutName() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        try file.writeAll([1, 2, 3].span, at: 0)
        try file.synchronize()
        #expect(try disk.restarted(after: .lost).info("/a") == nil)
        #expect(disk.restarted(after: .kept).contents(ofFile: "/a") == [1, 2, 3])
        try disk.synchronizeDirectory("/")
        #expect(disk.restarted(after: .lost).contents(ofFile: "/a") == [1, 2, 3])
    }

    @Test("a name that was flushed leads to an empty file while the file is not flushed")
    func flushedNameWithoutBytes() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        try disk.synchronizeDirectory("/")
        try file.writeAll([1, 2, 3].span, at: 0)
        #expect(disk.restarted(after: .lost).contents(ofFile: "/a") == [])
    }

    @Test("a directory's flush makes no name in the directory above it safe")
    func directoryInsideUnflushedDirectory() throws {
        let disk = SimulatedFileSystem()
        try disk.createDirectory("/a")
        try disk.createDirectory("/a/b")
        try disk.synchronizeDirectory("/a")
        #expect(try disk.restarted(after: .lost).info("/a") == nil)
        try disk.synchronizeDirectory("/")
        #expect(try disk.restarted(after: .lost).info("/a/b")?.isDirectory == true)
    }

    @Test("a removed file comes back, with the bytes that were flushed, until the directory is flushed")
    func removal() throws {
        let disk = SimulatedFileSystem()
        try disk.install([7, 8], at: "/a")
        try disk.remove("/a")
        #expect(disk.contents(ofFile: "/a") == nil)
        #expect(disk.restarted(after: .lost).contents(ofFile: "/a") == [7, 8])
        try disk.synchronizeDirectory("/")
        #expect(try disk.restarted(after: .lost).info("/a") == nil)
    }

    @Test("a rename is safe with the flush of the directory that holds the new name, whole or not at all")
    func renameAcrossDirectories() throws {
        let disk = SimulatedFileSystem()
        for name in ["/a", "/b"] { try disk.createDirectory(name) }
        try disk.synchronizeDirectory("/")
        try disk.install([1], at: "/a/x")
        try disk.install([2], at: "/b/x")
        try disk.rename("/a/x", to: "/b/x")
        try disk.synchronizeDirectory("/a")
        for seed in 0..<20 {
            let found = disk.restarted(after: .reordered, seed: UInt64(seed))
            let pair = (found.contents(ofFile: "/a/x"), found.contents(ofFile: "/b/x"))
            #expect(pair == ([1], [2]) || pair == (nil, [1]), "seed \(seed)")
        }
        #expect(disk.restarted(after: .lost).contents(ofFile: "/b/x") == [2])
        try disk.synchronizeDirectory("/b")
        #expect(disk.restarted(after: .lost).contents(ofFile: "/a/x") == nil)
        #expect(disk.restarted(after: .lost).contents(ofFile: "/b/x") == [1])
    }

    @Test("a process that is killed leaves everything readable, and nothing safer than it was")
    func killedProcess() throws {
        let disk = SimulatedFileSystem()
        let file = try disk.open("/a", .createNew)
        try disk.synchronizeDirectory("/")
        try file.writeAll([1, 2, 3].span, at: 0)
        let next = disk.restarted(after: .kept)
        #expect(next.contents(ofFile: "/a") == [1, 2, 3])
        #expect(next.restarted(after: .lost).contents(ofFile: "/a") == [])
        try next.open("/a", .readWrite).synchronize()
        #expect(next.restarted(after: .lost).contents(ofFile: "/a") == [1, 2, 3])
        #expect(disk.restarted(after: .lost).contents(ofFile: "/a") == [], "the first disk is as it was")
    }

    @Test("a torn write leaves whole sectors of the old and the new bytes")
    func tornWrite() throws {
        let disk = SimulatedFileSystem()
        let sectors = 6
        try disk.install([UInt8](repeating: 1, count: sectors * 512), at: "/a")
        let file = try disk.open("/a", .readWrite)
        try file.writeAll([UInt8](repeating: 2, count: sectors * 512).span, at: 0)
        var seen: Set<[UInt8]> = []
        for outcome in [CrashOutcome.torn, .reordered] {
            for seed in 0..<200 {
                let bytes = try #require(disk.restarted(after: outcome, seed: UInt64(seed)).contents(ofFile: "/a"))
                try #require(bytes.count == sectors * 512)
                let firsts = (0..<sectors).map { bytes[$0 * 512] }
                for sector in 0..<sectors {
                    let isWhole = bytes[sector * 512..<(sector + 1) * 512].allSatisfy { $0 == firsts[sector] }
                    #expect(isWhole, "sector \(sector) is torn, \(outcome) seed \(seed)")
                }
                seen.insert(firsts)
            }
        }
        #expect(seen.count > 30, "only \(seen.count) of 64 ways to tear six sectors were seen")
        #expect(seen.contains([2, 2, 2, 1, 1, 1]) && seen.contains([1, 1, 1, 1, 1, 2]))
    }

    @Test("an extended file comes back short, with zeros or with garbage where its bytes are missing")
    func unflushedExtension() throws {
        let disk = SimulatedFileSystem()
        try disk.install([9], at: "/a")
        let file = try disk.open("/a", .readWrite)
        try file.writeAll([UInt8](repeating: 5, count: 2_000).span, at: 1)
        var kinds: Set<String> = []
        for seed in 0..<300 {
            for outcome in [CrashOutcome.torn, .reordered] {
                let bytes = try #require(disk.restarted(after: outcome, seed: UInt64(seed)).contents(ofFile: "/a"))
                #expect(bytes.first == 9 && bytes.count <= 2_001)
                if bytes.count < 2_001 { kinds.insert("short") }
                if bytes.dropFirst().contains(0) { kinds.insert("zeros") }
                if bytes.dropFirst().contains(where: { $0 != 0 && $0 != 5 }) { kinds.insert("garbage") }
                if bytes.count == 2_001, bytes.dropFirst().allSatisfy({ $0 == 5 }) { kinds.insert("whole") }
            }
        }
        #expect(kinds == ["short", "zeros", "garbage", "whole"])
    }

    @Test("names survive in any combination, but changes to one name in their order")
    func reorderedNames() throws {
        let disk = SimulatedFileSystem()
        for name in ["/a", "/b", "/c"] { try disk.open(name, .createNew).close() }
        try disk.remove("/a")
        try disk.rename("/b", to: "/d")
        var seen: Set<[String]> = []
        for seed in 0..<400 { seen.insert(try disk.restarted(after: .reordered, seed: UInt64(seed)).list("/")) }
        #expect(seen.contains([]) && seen.contains(["c"]) && seen.contains(["a", "d"]) && seen.contains(["b"]))
        #expect(!seen.contains { $0.contains("b") && $0.contains("d") }, "a rename was torn")
    }

    @Test("writes to one sector survive as the first few of them")
    func orderWithinSector() throws {
        let disk = SimulatedFileSystem()
        try disk.install([0, 0, 0], at: "/a")
        let file = try disk.open("/a", .readWrite)
        for index in 0..<3 { try file.writeAll([1].span, at: Int64(index)) }
        var seen: Set<[UInt8]> = []
        for seed in 0..<200 {
            if let bytes = disk.restarted(after: .reordered, seed: UInt64(seed)).contents(ofFile: "/a") {
                seen.insert(bytes)
            }
        }
        #expect(seen == [[0, 0, 0], [1, 0, 0], [1, 1, 0], [1, 1, 1]])
    }

    @Test("the same seed and the same calls give the same log and the same disks")
    func determinism() throws {
        func play() throws -> (log: [SimulatedOperation], disks: [[[UInt8]?]]) {
            let disk = SimulatedFileSystem(seed: Self.seed, hasShortTransfers: true)
            var generator = SeededGenerator(seed: Self.seed)
            for index in 0..<40 {
                let file = try disk.open("/f\(index % 7)", .createIfMissing)
                try file.writeAll(generator.bytes(Int.random(in: 1...3_000, using: &generator)).span, at: 0)
                if index % 3 == 0 { try file.synchronize() }
                if index % 5 == 0 { try disk.synchronizeDirectory("/") }
                if index % 6 == 0 { try disk.rename("/f\(index % 7)", to: "/g\(index % 4)") }
                try file.close()
            }
            let disks = CrashOutcome.allCases.flatMap { outcome in
                (0..<10).map { disk.restarted(after: outcome, seed: $0) }
            }
            return (disk.log, disks.map { disk in (0..<7).flatMap { ["/f\($0)", "/g\($0)"] }.map(disk.contents) })
        }
        let first = try play()
        let second = try play()
        #expect(first.log == second.log)
        #expect(first.disks == second.disks)
        #expect(Set(first.disks).count > 10)
    }
}
