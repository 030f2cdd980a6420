import Glibc
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Replacing a file whole")
struct AtomicReplaceTests {
    static let seed = TestEnvironment.seed(314)

    private static func version(_ number: Int) -> [UInt8] {
        var generator = SeededGenerator(seed: UInt64(number))
        return generator.bytes(number * 700 % 2_900)
    }

    private static func scenario(_ disk: SimulatedFileSystem, _ record: SweepRecord<Int>) throws {
        for number in 1...5 {
            record.attempt(number)
            try disk.replaceFile(at: "/store/state", with: version(number).span)
            record.acknowledge(number)
        }
    }

    private static func check(_ disk: SimulatedFileSystem, _ record: SweepRecord<Int>) throws {
        let found = try disk.contents(of: "/store/state", byteCountMax: 10_000)
        let number = (0...5).first { version($0) == found }
        try hold(number != nil, "neither version: \(found.count) bytes")
        try hold(
            (record.acknowledged.last ?? 0)...(record.attempted.last ?? 0) ~= (number ?? -1),
            "version \(number ?? -1)"
        )
        // And the next process can replace it too, over whatever an earlier one left.
        try disk.replaceFile(at: "/store/state", with: found.span)
        try hold(try disk.contents(of: "/store/state", byteCountMax: 10_000) == found, "not replaced")
    }

    private static func base() throws -> SimulatedFileSystem {
        let disk = SimulatedFileSystem(seed: seed, hasShortTransfers: true)
        try disk.createDirectories("/store")
        try disk.install(version(0), at: "/store/state")
        return disk
    }

    @Test("the old or the new contents are there, whole, after any crash, also in the midst of recovery")
    func crashes() async throws {
        let report = try await CrashSweep.run(
            seed: Self.seed,
            base: try Self.base(),
            rounds: 4,
            recoveryCrashes: 2
        ) { disk, record in
            try Self.scenario(disk, record)
        } check: { disk, record in
            try Self.check(disk, record)
        }
        #expect(report.failures.isEmpty, "\(report)")
    }

    @Test("the old or the new contents are there, whole, after any failed operation and a crash")
    func faults() async throws {
        let report = try await FaultSweep.run(
            seed: Self.seed,
            base: try Self.base(),
            errnos: [EIO, ENOSPC]
        ) { disk, record in
            try Self.scenario(disk, record)
        } check: { disk, record in
            try Self.check(disk, record)
        }
        #expect(report.failures.isEmpty, "\(report)")
    }

    @Test("directories made by one process are safe once the next has asked for them")
    func directoriesAfterKill() async throws {
        let report = try await CrashSweep.run(seed: Self.seed, outcomes: [.kept]) { (disk, _: SweepRecord<Int>) in
            try disk.createDirectories("/a/b/c")
        } check: { disk, _ in
            try disk.createDirectories("/a/b/c")
            for seed in 0..<10 {
                let found = try disk.restarted(after: .reordered, seed: UInt64(seed)).info("/a/b/c")
                try hold(found?.isDirectory == true, "the directory is gone")
            }
        }
        #expect(report.failures.isEmpty, "\(report)")
    }
}
