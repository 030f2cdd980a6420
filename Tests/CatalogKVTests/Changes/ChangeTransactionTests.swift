import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Change streams of transactions and behind compaction")
struct ChangeTransactionTests {
    private let store = StreamHarness()
    private func key(_ sort: String) -> Key { Key(partition: "p", sort: sort) }

    @Test("show a transaction as one set, whole and in its order")
    func transactions() async throws {
        let catalog = try await store.open()
        let first = try await catalog.bytesTable("first", options: TableOptions(changeImages: .new))
        let second = try await catalog.bytesTable("second", options: TableOptions(changeImages: .new))
        try await first.put([0], for: key("old"))
        let start = catalog.statistics.sequence
        let result = try await catalog.transact([
            second.putting([1], for: key("x")), first.deleting(key("old")), first.putting([2], for: key("y")),
        ])
        let last = try #require(result.versions.max())
        let sets = try await catalog.changes(after: start).sets(through: last)
        #expect(sets.count == 1 && sets[0].sequences.count == 3 && sets[0].lastSequence == last)
        #expect(sets[0].changes.map(\.summary) == ["second put x [1] -", "first delete old - -", "first put y [2] -"])
        // Whoever begins in the middle of a transaction gets all of it.
        #expect(try await catalog.changes(after: start + 1).sets(through: last) == sets)
        try await catalog.close()
    }

    @Test("learn that they fell behind, and where they can go on; retention prevents it")
    func trimmed() async throws {
        for retention in [ChangeRetention.none, ChangeRetention(duration: .seconds(100), byteCountMax: 1 << 20)] {
            let store = StreamHarness()
            let catalog = try await store.open(retention: retention)
            let table = try await catalog.bytesTable("t", options: TableOptions(changeImages: .new))
            let consumer = try await catalog.consumer(named: "c", startingAfter: 0)
            for round in 0..<40 {
                for number in 0..<20 { try await table.put([UInt8](repeating: 7, count: 100), for: key("\(number)")) }
                if round % 10 == 9 { try await catalog.compact() }
            }
            let last = catalog.statistics.sequence
            if retention == .none {
                let oldest = try catalog.oldestChange()
                #expect(oldest > 1)
                do {
                    _ = try await consumer.changes().sets(through: last)
                    Issue.record("changes that were compacted away were streamed")
                } catch let error as CatalogError {
                    #expect(error.code == .changesTrimmed && error.message.contains("\(oldest)"))
                }
                let rest = try await catalog.changes(after: oldest - 1).sets(through: last)
                #expect(rest.flatMap(\.changes).map(\.sequence) == Array(oldest...last))
            } else {
                #expect(try catalog.oldestChange() == 1)
                let changes = try await consumer.changes().sets(through: last).flatMap(\.changes)
                #expect(changes.count == 800)
                // Once they are old, they may go.
                store.clock.advance(by: .seconds(101))
                try await catalog.compact()
                #expect(try catalog.oldestChange() > 1)
            }
            try await catalog.close()
        }
    }
}
