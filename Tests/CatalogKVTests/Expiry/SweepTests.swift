import CatalogKV
import Testing
import VitrineTestSupport

/// Sweeps of many items, which leave the index at once where no snapshot asks for what was there before them.
@Suite("Sweeping")
struct SweepTests {
    private let store = StreamHarness()

    @Test(
        "of any of many items, in any pieces, takes those that expired, once each, and no others",
        arguments: [1, 2, 3]
    )
    func randomItems(_ usual: UInt64) async throws {
        var generator = SeededGenerator(seed: TestEnvironment.seed(usual))
        var catalog = try await store.open(segmentByteCountMax: 1 << 18)
        var table = try await catalog.bytesTable("t")
        var lifetimes: [Key: Int?] = [:]
        for number in 0..<5_000 {
            let key = Key(partition: "p\(number % 7)", sort: "\(Int.random(in: 0..<4_000, using: &generator))")
            let seconds = Int.random(in: 0..<4, using: &generator) == 0 ? nil : Int.random(in: 1...8, using: &generator)
            lifetimes[key] = .some(seconds)
            let lifetime = seconds.map { Duration.seconds($0) }
            let value = [UInt8(truncatingIfNeeded: number)]
            if let lifetime {
                try await table.put(value, for: key, lifetime: lifetime, durability: .buffered)
            } else {
                try await table.put(value, for: key, durability: .buffered)
            }
        }
        let usualCount = catalog.statistics.keyCount - lifetimes.count
        for second in 1...8 {
            let sequence = catalog.statistics.sequence
            store.clock.advance(by: .seconds(1))
            let due = lifetimes.filter { $0.value == second }.count
            var sweptCount = 0
            while sweptCount < due {
                let limit = Int.random(in: 1...400, using: &generator)
                let count = try await catalog.sweepExpired(limit: limit)
                #expect(count > 0 && count <= limit)
                if count == 0 { break }
                sweptCount += count
            }
            #expect(sweptCount == due)
            #expect(try await catalog.sweepExpired() == 0)
            #expect(catalog.statistics.sequence == sequence + UInt64(due))
            lifetimes = lifetimes.filter { $0.value != second }
            #expect(catalog.statistics.keyCount == usualCount + lifetimes.count)
            if second == 4 {
                try await catalog.close()
                catalog = try await store.open(segmentByteCountMax: 1 << 18)
                table = try await catalog.bytesTable("t")
            }
            for partition in 0..<7 {
                let found = try table.query("p\(partition)").page().entries.map(\.key)
                let expected = lifetimes.keys.filter { $0 == Key(partition: "p\(partition)", sort: $0.sort) }
                #expect(Set(found) == Set(expected) && found.count == expected.count)
            }
        }
        try await catalog.close()
    }

    @Test("leaves a snapshot what it saw, also of an item whose newest version expired, and takes the rest with it")
    func snapshots() async throws {
        let catalog = try await store.open()
        let table = try await catalog.bytesTable("t")
        func key(_ number: Int) -> Key { Key(partition: "p", sort: "\(number)") }
        for number in 0..<200 { try await table.put([1], for: key(number), durability: .buffered) }
        var snapshot = try Optional(catalog.snapshot())
        for number in 0..<150 {
            try await table.put([2], for: key(number), lifetime: .seconds(1), durability: .buffered)
        }
        for number in 200..<300 {
            try await table.put([3], for: key(number), lifetime: .seconds(1), durability: .buffered)
        }
        let keyCount = catalog.statistics.keyCount
        store.clock.advance(by: .seconds(1))
        #expect(try await catalog.sweepExpired() == 250)
        #expect(catalog.statistics.keyCount == keyCount - 250)
        for number in 0..<300 {
            #expect(try table.get(key(number), at: snapshot) == (number < 200 ? [1] : nil))
            #expect(try table.get(key(number)) == (number < 200 && number >= 150 ? [1] : nil))
        }
        snapshot = nil
        try await table.put([4], for: key(0))
        #expect(try table.query("p").page().entries.count == 51)
        try await catalog.close()
        let again = try await store.open()
        #expect(try await again.bytesTable("t").query("p").page().entries.count == 51)
        try await again.close()
    }

    @Test("takes all that expired though their images need more than one record")
    func largeImages() async throws {
        let catalog = try await store.open(segmentByteCountMax: 1 << 24)
        let table = try await catalog.bytesTable("t")
        let value = [UInt8](repeating: 7, count: 200_000)
        for number in 0..<20 {
            try await table.put(value, for: Key(partition: "\(number)"), lifetime: .seconds(1), durability: .buffered)
        }
        let last = catalog.statistics.sequence
        store.clock.advance(by: .seconds(1))
        #expect(try await catalog.sweepExpired() == 20)
        let changes = try await catalog.changes(after: last).sets(through: last + 20).flatMap(\.changes)
        #expect(changes.count == 20)
        #expect(changes.allSatisfy { $0.kind == .expire && $0.oldImage?.bytes == value })
        try await catalog.close()
    }
}
