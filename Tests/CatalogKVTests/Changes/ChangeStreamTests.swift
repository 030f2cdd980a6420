import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Change streams")
struct ChangeStreamTests {
    private let store = StreamHarness()
    private func key(_ sort: String) -> Key { Key(partition: "p", sort: sort) }

    @Test(
        "show puts, overwrites and deletes in order, with the images that the table asks for",
        arguments: ChangeImages.allCases
    )
    func images(_ images: ChangeImages) async throws {
        let catalog = try await store.open()
        let table = try await catalog.bytesTable("t", options: TableOptions(changeImages: images))
        try await table.put([1], for: key("a"))
        try await table.put([2], for: key("a"))
        let last = try await table.put([3], for: key("b")).version
        try await table.delete(key("a"))
        let sets = try await catalog.changes(after: 0).sets(through: last + 1)
        let new = images.includesNew
        let old = images.includesOld
        #expect(
            sets.flatMap(\.changes).map(\.summary) == [
                "t put a \(new ? "[1]" : "-") -", "t put a \(new ? "[2]" : "-") \(old ? "[1]" : "-")",
                "t put b \(new ? "[3]" : "-") -", "t delete a - \(old ? "[2]" : "-")",
            ]
        )
        #expect(sets.allSatisfy { $0.changes.count == 1 && $0.sequences.count == 1 })
        #expect(sets.map(\.changes[0].sequence) == Array(last - 2...last + 1))
        #expect(sets.allSatisfy { $0.time == store.clock.now() })
        try await catalog.close()
    }

    @Test("leave out the catalog's own items")
    func ownItems() async throws {
        let catalog = try await store.open()
        let sessions = SessionStore(catalog: catalog)
        for user in ["ada", "eve", "ada"] { _ = try await sessions.create(user: user) }
        _ = try await catalog.consumer(named: "c")
        try await sessions.revokeAll(of: "ada")
        let table = try await catalog.bytesTable("t")
        let version = try await table.put([1], for: key("a")).version
        let sets = try await catalog.changes(after: 0).sets(through: version)
        #expect(sets.flatMap(\.changes).map(\.summary) == ["t put a - -"])
        try await catalog.close()
    }

    @Test("go on behind every number, before and after a restart", arguments: 0..<4)
    func resuming(_ round: UInt64) async throws {
        var generator = SeededGenerator(seed: TestEnvironment.seed(0x5712EA &+ round))
        var catalog = try await store.open(retention: ChangeRetention())
        var table = try await catalog.bytesTable("t", options: TableOptions(changeImages: .newAndOld))
        var expected: [(sequence: UInt64, summary: String)] = []
        var items: [String: [UInt8]] = [:]
        for _ in 0..<TestEnvironment.count(300, soak: 10_000) {
            let sort = "\(Int.random(in: 0..<10, using: &generator))"
            let old = items[sort]
            switch Int.random(in: 0..<20, using: &generator) {
            case 0..<5 where old != nil:
                try await table.delete(key(sort))
                items[sort] = nil
                expected.append((catalog.statistics.sequence, "t delete \(sort) - \(old.map { "\($0)" } ?? "-")"))
            case 19:
                try await catalog.close()
                catalog = try await store.open(retention: ChangeRetention())
                table = try await catalog.bytesTable("t")
            default:
                let value = generator.bytes(Int.random(in: 0..<60, using: &generator))
                let durability: Durability = Bool.random(using: &generator) ? .synced : .buffered
                let version = try await table.put(value, for: key(sort), durability: durability).version
                items[sort] = value
                expected.append((version, "t put \(sort) \(value) \(old.map { "\($0)" } ?? "-")"))
            }
        }
        let last = try #require(expected.last).sequence
        for start in [0, expected[0].sequence, expected[expected.count / 2].sequence, last - 1] {
            let rest = expected.filter { $0.sequence > start }
            let changes = try await catalog.changes(after: start).sets(through: last).flatMap(\.changes)
            #expect(changes.map(\.sequence) == rest.map(\.sequence), "seed \(generator.seed)")
            #expect(changes.map(\.summary) == rest.map(\.summary), "seed \(generator.seed)")
        }
        try await catalog.close()
    }

    @Test("show the old images that were asked for when the changes were made, and new ones as is asked now")
    func optionsChange() async throws {
        let catalog = try await store.open(retention: ChangeRetention())
        var table = try await catalog.bytesTable("t", options: TableOptions(changeImages: .newAndOld))
        try await table.put([1], for: key("1"))
        try await table.put([2], for: key("1"))
        try await catalog.setOptions(TableOptions(changeImages: .keysOnly), ofTable: "t")
        table = try await catalog.bytesTable("t")
        let last = try await table.put([3], for: key("1")).version
        let changes = try await catalog.changes(after: 0).sets(through: last).flatMap(\.changes)
        #expect(changes.map { $0.oldImage?.bytes } == [nil, [1], nil])
        #expect(changes.map { $0.newImage?.bytes } == [nil, nil, nil])

        try await catalog.setOptions(TableOptions(changeImages: .newAndOld), ofTable: "t")
        let again = try await catalog.changes(after: 0).sets(through: last).flatMap(\.changes)
        #expect(again.map { $0.oldImage?.bytes } == [nil, [1], nil])
        #expect(again.map { $0.newImage?.bytes } == [[1], [2], [3]])
        try await catalog.close()
    }

    @Test("reach every reader whole and in order while many write")
    func live() async throws {
        let catalog = try await store.open(retention: ChangeRetention())
        let table = try await catalog.bytesTable("t")
        let writerCount = 4
        let putCount = TestEnvironment.count(150, soak: 5_000)
        let start = catalog.statistics.sequence
        let sequences = try await withThrowingTaskGroup(of: [UInt64].self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var seen: [UInt64] = []
                    for try await set in try catalog.changes(after: start) {
                        seen += set.changes.map(\.sequence)
                        if seen.count == writerCount * putCount { break }
                    }
                    return seen
                }
            }
            for writer in 0..<writerCount {
                group.addTask {
                    for number in 0..<putCount {
                        let durability: Durability = number % 3 == 0 ? .synced : .buffered
                        try await table.put(
                            [1],
                            for: Key(partition: "\(writer)", sort: "\(number)"),
                            durability: durability
                        )
                    }
                    return []
                }
            }
            return try await group.reduce(into: [[UInt64]]()) { all, seen in
                if !seen.isEmpty { all.append(seen) }
            }
        }
        let expected = Array(start + 1...start + UInt64(writerCount * putCount))
        #expect(sequences == [expected, expected, expected])
        try await catalog.close()
    }

    @Test("end with an error when the catalog is closed or the task is cancelled")
    func ending() async throws {
        let catalog = try await store.open()
        let stream = try catalog.changes()
        let cancelled = Task { for try await _ in stream {} }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let waiting = Task { for try await _ in stream {} }
        await Task.yield()
        try await catalog.close()
        #expect(await catalogErrorCode { try await waiting.value } == .isClosed)
        #expect(await catalogErrorCode { _ = try catalog.changes() } == .isClosed)
    }

    @Test("begin with no number that there is not yet")
    func future() async throws {
        let catalog = try await store.open()
        let next = catalog.statistics.sequence + 1
        #expect(await catalogErrorCode { _ = try catalog.changes(after: next) } == .invalidArgument)
        try await catalog.close()
    }

    @Test("show all that happened to a table that was dropped meanwhile, and its items' going")
    func droppedTables() async throws {
        let catalog = try await store.open(retention: ChangeRetention())
        let old = try await catalog.bytesTable("t", options: TableOptions(changeImages: .newAndOld))
        try await old.put([1], for: key("a"))
        try await old.put([2], for: key("b"))
        try await catalog.dropTable("t")
        let new = try await catalog.bytesTable("t", options: TableOptions(changeImages: .newAndOld))
        let last = try await new.put([3], for: key("a")).version
        let sets = try await catalog.changes(after: 0).sets(through: last)
        let summaries = sets.flatMap(\.changes).map(\.summary)
        #expect(summaries.prefix(2) == ["t put a [1] -", "t put b [2] -"])
        #expect(Set(summaries.dropFirst(2).dropLast()) == ["t delete a - [1]", "t delete b - [2]"])
        #expect(summaries.last == "t put a [3] -")
        try await catalog.close()
    }
}
