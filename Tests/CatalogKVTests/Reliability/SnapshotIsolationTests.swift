import CatalogKV
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

@Suite("Snapshots of a catalog")
struct SnapshotIsolationTests {
    /// What one transaction wrote: the numbers of its operations, and the value under each key.
    private struct Written: Sendable {
        let version: UInt64
        let values: [Int: Int]
    }

    /// What one reader saw at one moment.
    private struct Seen: Sendable {
        let sequence: UInt64
        let values: [Int: Int]
    }

    private final class Noted: Sendable {
        let written = Locked<[Written]>([])
        let seen = Locked<[Seen]>([])
    }

    private static let keyCount = 24

    @Test("show each the state of their own moment, however long they are held while compaction runs")
    func isolation() async throws {
        let seed = TestEnvironment.seed(5)
        let directory = try TemporaryDirectory()
        let configuration = CatalogConfiguration(
            segmentByteCountMax: 8_192,
            indexPartitionCount: 4,
            residentValueByteCountMax: 2_000,
            maintenanceInterval: .milliseconds(2),
            spaceAmplificationMax: 1.1,
            checkpointIntervalByteCount: 32_768
        )
        let catalog = try await Catalog.open(at: directory.path, configuration: configuration)
        let table = try await catalog.bytesTable("items")
        let noted = Noted()
        let maintenance = Task { try await catalog.run() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<2 {
                group.addTask {
                    var generator = SeededGenerator(seed: seed &* 31 &+ UInt64(writer))
                    for number in 1...TestEnvironment.count(400, soak: 10_000) {
                        let values = Self.values(writer * 1_000_000 + number, &generator)
                        let operations = values.sorted { $0.key < $1.key }.map { key, value in
                            table.putting(Self.bytes(value), for: Self.name(key))
                        }
                        let result = try await catalog.transact(operations, durability: .buffered)
                        let version = try #require(result.versions.last)
                        noted.written.withLock { $0.append(Written(version: version, values: values)) }
                    }
                }
            }
            for reader in 0..<2 {
                group.addTask {
                    for _ in 0..<TestEnvironment.count(60, soak: 1_500) {
                        let snapshot = try catalog.snapshot()
                        let first = try await Self.read(table, at: snapshot, slowly: reader == 0)
                        let second = try await Self.read(table, at: snapshot, slowly: false)
                        #expect(first == second, "a snapshot changed")
                        noted.seen.withLock { $0.append(Seen(sequence: snapshot.sequence, values: first)) }
                        await Task.yield()
                    }
                }
            }
            try await group.waitForAll()
        }
        maintenance.cancel()
        do { try await maintenance.value } catch is CancellationError {}
        Self.compare(noted.written.withLock { $0 }, noted.seen.withLock { $0 }, seed)
        let files = try PosixFileSystem().list(directory.path.appendingPath("journal")).sorted()
        let oldest = try #require(files.first.flatMap(SegmentHeader.number(ofFile:)))
        #expect(oldest > 5, "compaction removed nothing")
        try await catalog.close()
    }

    private static func values(_ number: Int, _ generator: inout SeededGenerator) -> [Int: Int] {
        var values: [Int: Int] = [:]
        for _ in 0..<Int.random(in: 1...4, using: &generator) {
            values[Int.random(in: 0..<keyCount, using: &generator)] = number
        }
        return values
    }

    private static func read(_ table: Table<[UInt8]>, at snapshot: CatalogSnapshot, slowly: Bool) async throws
        -> [Int: Int]
    {
        var values: [Int: Int] = [:]
        for key in 0..<keyCount {
            if let bytes = try table.get(name(key), at: snapshot) { values[key] = number(bytes) }
            if slowly { await Task.yield() }
        }
        return values
    }

    /// Holds what was seen against what the transactions up to that moment, in their order, leave.
    private static func compare(_ written: [Written], _ seen: [Seen], _ seed: UInt64) {
        let inOrder = written.sorted { $0.version < $1.version }
        var next = 0
        var state: [Int: Int] = [:]
        for seen in seen.sorted(by: { $0.sequence < $1.sequence }) {
            while next < inOrder.count, inOrder[next].version <= seen.sequence {
                state.merge(inOrder[next].values) { $1 }
                next += 1
            }
            #expect(seen.values == state, "seed \(seed): the snapshot of sequence \(seen.sequence)")
        }
    }

    private static func name(_ key: Int) -> Key { Key(partition: "p\(key % 3)", sort: "\(key)") }
    private static func bytes(_ number: Int) -> [UInt8] {
        Array("\(number) ".utf8) + [UInt8](repeating: 7, count: 120)
    }
    private static func number(_ bytes: [UInt8]) -> Int? {
        Int(String(decoding: bytes.prefix { $0 != 32 }, as: UTF8.self))
    }
}
