import CatalogKV
import Testing
import VitrineSync
import VitrineTestSupport

@Suite("Expiry")
struct ExpiryTests {
    private let store = StreamHarness()
    private func key(_ sort: String) -> Key { Key(partition: "p", sort: sort) }

    @Test("hides an item from its very millisecond on, in gets and queries, before and after a restart")
    func exact() async throws {
        var catalog = try await store.open()
        var table = try await catalog.bytesTable("t")
        try await table.put([1], for: key("1"), lifetime: .milliseconds(1_500))
        try await table.put([2], for: key("2"))
        store.clock.advance(by: .milliseconds(1_499))
        #expect(try table.get(key("1")) == [1])
        try await catalog.close()
        catalog = try await store.open()
        table = try await catalog.bytesTable("t")
        #expect(try table.get(key("1")) == [1])
        store.clock.advance(by: .microseconds(1_000))
        #expect(try table.get(key("1")) == nil)
        #expect(try table.query("p").page().entries.map(\.item) == [[2]])
        try await catalog.close()
        catalog = try await store.open()
        table = try await catalog.bytesTable("t")
        #expect(try table.get(key("1")) == nil)
        #expect(try await catalog.sweepExpired() == 1)
        try await catalog.close()
    }

    @Test("never brings back an older version that the expired one replaced")
    func noOlderVersion() async throws {
        var catalog = try await store.open()
        var table = try await catalog.bytesTable("t")
        try await table.put([1], for: key("1"))
        try await table.put([2], for: key("1"), lifetime: .seconds(1))
        store.clock.advance(by: .seconds(1))
        #expect(try table.get(key("1")) == nil)
        #expect(try await catalog.sweepExpired(limit: 10) == 1)
        #expect(try table.get(key("1")) == nil)
        try await catalog.close()
        catalog = try await store.open()
        table = try await catalog.bytesTable("t")
        #expect(try table.get(key("1")) == nil)
        try await catalog.close()
    }

    @Test("happens once to an item that was written anew with another time")
    func once() async throws {
        let catalog = try await store.open()
        let table = try await catalog.bytesTable("t")
        try await table.put([1], for: key("1"), lifetime: .seconds(3))
        try await table.put([2], for: key("1"), lifetime: .seconds(2))
        let last = catalog.statistics.sequence
        store.clock.advance(by: .seconds(5))
        #expect(try await catalog.sweepExpired() == 1)
        #expect(catalog.statistics.sequence == last + 1)
        try await catalog.close()
    }

    @Test("is swept up to the limit, and spares what was put anew or lives longer", arguments: [false, true])
    func sweeping(reopens: Bool) async throws {
        var catalog = try await store.open()
        var table = try await catalog.bytesTable("t")
        for number in 0..<250 {
            let lifetime = Duration.seconds(number < 200 ? 10 : 20)
            try await table.put([1], for: key("\(number)"), lifetime: lifetime, durability: .buffered)
        }
        try await table.put([2], for: key("0"), lifetime: .seconds(30))
        try await table.put([2], for: key("1"))
        try await table.put([2], for: key("249"), lifetime: .seconds(5))
        if reopens {
            try await catalog.close()
            catalog = try await store.open()
            table = try await catalog.bytesTable("t")
        }
        #expect(try await catalog.sweepExpired() == 0)
        store.clock.advance(by: .seconds(10))
        #expect(try await catalog.sweepExpired(limit: 150) == 150)
        #expect(try await catalog.sweepExpired(limit: 150) == 49)
        #expect(try await catalog.sweepExpired() == 0)
        store.clock.advance(by: .seconds(10))
        #expect(try await catalog.sweepExpired() == 49)
        #expect(try table.query("p").page().entries.map(\.key) == [key("0"), key("1")])
        store.clock.advance(by: .seconds(10))
        #expect(try await catalog.sweepExpired() == 1)
        #expect(try table.get(key("1")) == [2])
        try await catalog.close()
    }

    @Test("is in the change stream, with the item as it was")
    func events() async throws {
        let catalog = try await store.open()
        let table = try await catalog.bytesTable("t")
        let version = try await table.put([5, 6], for: key("1"), lifetime: .seconds(1)).version
        store.clock.advance(by: .seconds(2))
        #expect(try await catalog.sweepExpired() == 1)
        let sets = try await catalog.changes(after: version).sets(through: version + 1)
        #expect(sets.flatMap(\.changes).map(\.summary) == ["t expire 1 - [5, 6]"])
        try await catalog.close()
    }

    @Test("is swept by run until its task is cancelled")
    func running() async throws {
        let catalog = try await store.open()
        let table = try await catalog.bytesTable("t")
        for number in 0..<5 { try await table.put([], for: key("\(number)"), lifetime: .seconds(1)) }
        let start = catalog.statistics.sequence
        let task = Task { try await catalog.run() }
        store.clock.advance(by: .seconds(1))
        let sets = try await catalog.changes(after: start).sets(through: start + 5)
        #expect(sets.flatMap(\.changes).allSatisfy { $0.kind == .expire })
        #expect(sets.flatMap(\.changes).count == 5)
        task.cancel()
        try await task.value
        try await catalog.close()
    }

    @Test("is swept by run while a backup is under way")
    func sweepsDuringBackup() async throws {
        let catalog = try await store.open()
        let table = try await catalog.bytesTable("t")
        for number in 0..<5 { try await table.put([], for: key("\(number)"), lifetime: .seconds(1)) }
        let start = catalog.statistics.sequence
        // The backup's own thread waits in its progress for the sweep.
        let (begun, swept) = (Semaphore(), Semaphore())
        let backup = Task {
            try await catalog.backUp(to: "/backup") { _ in
                begun.signal()
                swept.wait()
            }
        }
        try await BlockingPool(name: "test", threadCount: 1).run { begun.wait() }
        let upkeep = Task { try await catalog.run() }
        store.clock.advance(by: .seconds(1))
        let sets = try await catalog.changes(after: start).sets(through: start + 5)
        #expect(sets.flatMap(\.changes).count == 5)
        for _ in 0..<100 { swept.signal() }
        _ = try await backup.value
        upkeep.cancel()
        try await upkeep.value
        try await catalog.close()
    }

    @Test("follows a clock that is set back: nothing is swept early, and all of it in time")
    func clockSetBack() async throws {
        let catalog = try await store.open()
        let table = try await catalog.bytesTable("t")
        store.clock.advance(by: .seconds(1_000_000))
        #expect(try await catalog.sweepExpired() == 0)
        store.clock.advance(by: .seconds(-1_000_000))
        try await table.put([1], for: key("1"), lifetime: .seconds(10))
        #expect(try await catalog.sweepExpired() == 0)
        store.clock.advance(by: .milliseconds(9_999))
        #expect(try await catalog.sweepExpired() == 0)
        #expect(try table.get(key("1")) == [1])
        store.clock.advance(by: .milliseconds(1))
        #expect(try await catalog.sweepExpired() == 1)
        try await catalog.close()
    }

    @Test("holds many versions and deletes of few keys in little memory")
    func churn() async throws {
        let catalog = try await store.open(segmentByteCountMax: 1 << 20)
        let table = try await catalog.bytesTable("t")
        for round in 0..<200 {
            for number in 0..<100 {
                try await table.put([1], for: key("\(number)"), lifetime: .seconds(1_000), durability: .buffered)
                if round % 2 == 0 { try await table.delete(key("\(number)"), durability: .buffered) }
            }
        }
        try await catalog.sweepExpired()
        #expect(catalog.expiryItemCount <= 2 * 100 + 4_096)
        store.clock.advance(by: .seconds(1_001))
        #expect(try await catalog.sweepExpired() == 100)
        try await catalog.close()
    }
}
