import CatalogKV
import Foundation
import Harness
import Peers
import Synchronization

/// The three stores, each with the same items.
struct Stores: Sendable {
    static let itemCount = 200_000
    static let valueLength = 200

    let catalog: Catalog
    let rocksDB: RocksDB
    let lmdb: LMDB
    private let keys: [[UInt8]]
    private let catalogKeys: [Key]
    private let value: [UInt8]

    init(catalog: Catalog, rocksDB: RocksDB, lmdb: LMDB) {
        self.catalog = catalog
        self.rocksDB = rocksDB
        self.lmdb = lmdb
        keys = (0..<Self.itemCount).map { Array(String(format: "item-%019d", $0).utf8) }
        catalogKeys = keys.map { Key(partition: $0) }
        value = (0..<Self.valueLength).map { UInt8(truncatingIfNeeded: $0 &* 31) }
    }

    func fill() async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for part in 0..<16 {
                group.addTask {
                    for index in stride(from: part, to: Self.itemCount, by: 16) {
                        try await catalog.put(value, for: catalogKeys[index], durability: .buffered)
                    }
                }
            }
            try await group.waitForAll()
        }
        for key in keys { try rocksDB.put(key, value, isSynced: false) }
        try lmdb.put(keys.map { ($0, value) })
    }

    /// The same keys in the same scattered order for every contender.
    func scattered(_ operations: Int) -> some Sequence<Int> {
        (0..<operations).lazy.map { ($0 &* 7_919 &+ 104_729) % Self.itemCount }
    }

    func gets(against peer: Contender) -> Comparison {
        let sum = Sum()
        let ours = Contender(
            "CatalogKV",
            version: "this commit",
            check: { try sum.check() },
            work: { operations, _ in
                var bytes = 0
                for index in scattered(operations) { bytes += try catalog.value(for: catalogKeys[index])?.count ?? 0 }
                sum.add(bytes, reads: operations)
            }
        )
        return Comparison(
            "get, uniform, \(Self.itemCount) items, \(peer.name)",
            operations: 100_000,
            ours: ours,
            peer: peer
        )
    }

    func rocksDBReading() -> Contender {
        let sum = Sum()
        return Contender(
            "RocksDB",
            version: RocksDB.version,
            settings: RocksDB.settings,
            check: { try sum.check() },
            work: { operations, _ in
                var bytes = 0
                for index in scattered(operations) { bytes += try rocksDB.valueLength(keys[index]) ?? 0 }
                sum.add(bytes, reads: operations)
            }
        )
    }

    func lmdbReading() -> Contender {
        let sum = Sum()
        return Contender(
            "LMDB",
            version: LMDB.version,
            settings: LMDB.settings,
            check: { try sum.check() },
            work: { operations, _ in
                sum.add(try lmdb.sumOfLengths(scattered(operations).lazy.map { keys[$0] }), reads: operations)
            }
        )
    }

    func puts(clients: Int) -> Comparison {
        let ours = Contender(
            "CatalogKV",
            version: "this commit",
            settings: ["durability": "synced"],
            check: { try checkPut { try catalog.value(for: catalogKeys[$0]) != nil } },
            wall: { operations in
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for client in 0..<clients {
                        group.addTask {
                            for index in stride(from: client, to: operations, by: clients) {
                                try await catalog.put(value, for: catalogKeys[index % Self.itemCount])
                            }
                        }
                    }
                    try await group.waitForAll()
                }
            }
        )
        var settings = RocksDB.settings
        settings["sync"] = "true"
        let peer = Contender(
            "RocksDB",
            version: RocksDB.version,
            settings: settings,
            check: { try checkPut { try rocksDB.valueLength(keys[$0]) != nil } },
            wall: { operations in try putOnThreads(clients, operations) }
        )
        return Comparison(
            "put, synced, \(clients) client\(clients == 1 ? "" : "s")",
            measure: .wall,
            operations: 200 * clients,
            ours: ours,
            peer: peer
        )
    }

    func checkPut(_ isThere: (Int) throws -> Bool) throws {
        for index in 0..<200 where try !isThere(index) { throw WrongResult("item \(index) was put and is not there") }
    }

    /// RocksDB's writers block, so each gets a thread, as its users have it.
    func putOnThreads(_ clients: Int, _ operations: Int) throws {
        let failures = Mutex<[any Error]>([])
        let group = DispatchGroup()
        for client in 0..<clients {
            let thread = Thread {
                defer { group.leave() }
                do {
                    for index in stride(from: client, to: operations, by: clients) {
                        try rocksDB.put(keys[index % Self.itemCount], value, isSynced: true)
                    }
                } catch {
                    failures.withLock { $0.append(error) }
                }
            }
            group.enter()
            thread.start()
        }
        group.wait()
        if let first = failures.withLock({ $0.first }) { throw first }
    }
}

/// Sums the lengths of what was read: every value has 200 bytes.
final class Sum: Sendable {
    let bytes = Atomic<Int>(0)
    let reads = Atomic<Int>(0)

    func add(_ count: Int, reads: Int) {
        bytes.add(count, ordering: .relaxed)
        self.reads.add(reads, ordering: .relaxed)
    }

    func check() throws {
        let (bytes, reads) = (bytes.load(ordering: .relaxed), reads.load(ordering: .relaxed))
        guard bytes == reads * Stores.valueLength else { throw WrongResult("\(reads) reads gave \(bytes) bytes") }
    }
}
