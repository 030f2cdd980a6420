import CatalogKV
import Testing
import VitrineTestSupport

private typealias RegisterHistory = ConcurrentHistory<VersionedRegister.Call, VersionedRegister.Answer>
private typealias StoreHistory = ConcurrentHistory<SmallStore.Call, SmallStore.Answer>

@Suite("What tasks ask of a catalog at the same time")
struct CatalogHistoryTests {
    /// Small segments, so that compaction and new segments come in between.
    private static func open(_ path: String) async throws -> Catalog {
        let configuration = CatalogConfiguration(
            segmentByteCountMax: 16_384,
            indexPartitionCount: 8,
            residentValueByteCountMax: 2_000,
            maintenanceInterval: .milliseconds(5),
            spaceAmplificationMax: 1.2,
            checkpointIntervalByteCount: 65_536
        )
        return try await Catalog.open(at: path, configuration: configuration)
    }

    /// Runs `body` while the catalog's own work goes on, and closes it.
    private static func withMaintenance(_ catalog: Catalog, _ body: () async throws -> Void) async throws {
        let maintenance = Task { try await catalog.run() }
        try await body()
        maintenance.cancel()
        do { try await maintenance.value } catch is CancellationError {}
        try await catalog.close()
    }

    @Test("gets, puts, conditional puts and deletes of an item could have come one after the other", arguments: 1...4)
    func registers(_ usual: UInt64) async throws {
        let seed = TestEnvironment.seed(usual)
        let directory = try TemporaryDirectory()
        let catalog = try await Self.open(directory.path)
        let table = try await catalog.bytesTable("registers")
        let histories = (0..<3).map { _ in RegisterHistory() }
        try await Self.withMaintenance(catalog) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<6 {
                    group.addTask {
                        var generator = SeededGenerator(seed: seed &* 31 &+ UInt64(client))
                        var versions = [UInt64](repeating: 0, count: histories.count)
                        for number in 0..<TestEnvironment.count(60, soak: 400) {
                            let place = Int.random(in: 0..<histories.count, using: &generator)
                            let register = Register(table: table, key: Key(partition: "register \(place)"))
                            let call = Self.call(client * 100_000 + number + 1, versions[place], &generator)
                            try await histories[place].record(client: client, call) {
                                let answer = try await register.answer(to: call)
                                if case .item(let item) = answer { versions[place] = item?.version ?? 0 }
                                return answer
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        for history in histories {
            let verdict = LinearizabilityChecker.check(history.calls, against: VersionedRegister())
            #expect(verdict == .linearizable, "seed \(seed)")
        }
    }

    private static func call(
        _ value: Int,
        _ version: UInt64,
        _ generator: inout SeededGenerator
    ) -> VersionedRegister.Call {
        switch Int.random(in: 0..<10, using: &generator) {
        case 0..<4: .get
        case 4..<6: .put(value)
        case 6..<9: .putIf(value, version: version)
        default: .delete
        }
    }

    @Test("transactions with checks, and reads of everything, could have come one after the other", arguments: 1...4)
    func transactions(_ usual: UInt64) async throws {
        let seed = TestEnvironment.seed(usual)
        let directory = try TemporaryDirectory()
        let catalog = try await Self.open(directory.path)
        let store = SmallCatalog(catalog: catalog, table: try await catalog.bytesTable("items"))
        let history = StoreHistory()
        try await Self.withMaintenance(catalog) {
            try await withThrowingTaskGroup(of: Void.self) { group in
                for client in 0..<5 {
                    group.addTask {
                        var generator = SeededGenerator(seed: seed &* 37 &+ UInt64(client))
                        var seen: [Int: Int] = [:]
                        for number in 0..<TestEnvironment.count(40, soak: 200) {
                            let call = Self.call(client * 100_000 + number + 1, seen, &generator)
                            try await history.record(client: client, call) {
                                let answer = try await store.answer(to: call)
                                if case .items(let items) = answer { seen = items }
                                return answer
                            }
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
        let verdict = LinearizabilityChecker.check(history.calls, against: SmallStore())
        #expect(verdict == .linearizable, "seed \(seed)")
    }

    private static func call(_ value: Int, _ seen: [Int: Int], _ generator: inout SeededGenerator) -> SmallStore.Call {
        let keys = [0, 1, 2, 3].shuffled(using: &generator)
        switch Int.random(in: 0..<8, using: &generator) {
        case 0..<3: return .readAll
        case 3: return .read(key: keys[0])
        case 4: return .transact(checks: [:], writes: [keys[0]: value, keys[1]: value])
        case 5: return .transact(checks: [:], writes: [keys[0]: value, keys[1]: nil])
        // What was seen of one decides what is written to another: the skew that snapshot isolation alone lets through.
        default: return .transact(checks: [keys[0]: seen[keys[0]]], writes: [keys[1]: value, keys[2]: value])
        }
    }
}

/// One item of a catalog as a register.
private struct Register: Sendable {
    let table: Table<[UInt8]>
    let key: Key

    func answer(to call: VersionedRegister.Call) async throws -> VersionedRegister.Answer {
        do {
            switch call {
            case .get:
                let entry = try table.entry(key)
                return .item(entry.map { VersionedRegister.Item(value: number($0.item) ?? -1, version: $0.version) })
            case .put(let value):
                return .done(version: try await table.put(digits(value), for: key).version)
            case .putIf(let value, let version):
                let condition: Condition = version == 0 ? .notExists : .version(is: version)
                return .done(version: try await table.put(digits(value), for: key, if: condition).version)
            case .delete:
                return .done(version: try await table.delete(key, if: .exists).version)
            }
        } catch let error as CatalogError where error.code == .conditionFailed {
            return .refused
        }
    }
}

/// A few items of a catalog as a small store.
private struct SmallCatalog: Sendable {
    let catalog: Catalog
    let table: Table<[UInt8]>

    func answer(to call: SmallStore.Call) async throws -> SmallStore.Answer {
        switch call {
        case .readAll:
            // Two partitions, so that only a snapshot shows both at one moment.
            let snapshot = try catalog.snapshot()
            var items: [Int: Int] = [:]
            for partition in ["p0", "p1"] {
                for try await entry in try table.query(partition, at: snapshot) {
                    items[number(entry.key.sort) ?? -1] = number(entry.item)
                }
            }
            return .items(items)
        case .read(let key):
            return .item(try table.get(name(key)).flatMap { number($0) })
        case .transact(let checks, let writes):
            return try await transact(checks, writes)
        }
    }

    private func transact(_ checks: [Int: Int?], _ writes: [Int: Int?]) async throws -> SmallStore.Answer {
        // A check of a value is a check of the version that had it when it still has it now.
        var operations: [TransactionOperation] = []
        for (key, expected) in checks {
            let entry = try table.entry(name(key))
            guard entry.flatMap({ number($0.item) }) == expected else { return .refused }
            operations.append(table.checking(name(key), entry.map { .version(is: $0.version) } ?? .notExists))
        }
        for (key, value) in writes {
            operations.append(
                value.map { table.putting(digits($0), for: name(key)) } ?? table.deleting(name(key))
            )
        }
        do {
            _ = try await catalog.transact(operations)
            return .done
        } catch let error as CatalogError where error.code == .transactionCancelled {
            return .refused
        }
    }

    private func name(_ key: Int) -> Key { Key(partition: "p\(key % 2)", sort: "\(key)") }
}

private func digits(_ number: Int) -> [UInt8] { Array("\(number)".utf8) }
private func number(_ bytes: [UInt8]) -> Int? { Int(String(decoding: bytes, as: UTF8.self)) }
