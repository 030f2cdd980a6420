import CatalogKV
import Testing
import VitrineTestSupport

@Suite("A catalog that is closed under its writers")
struct CatalogCloseTests {
    @Test("opens again with every write that was acknowledged, and refuses the others")
    func closesUnderWriters() async throws {
        for round in 0..<TestEnvironment.count(12, soak: 500) {
            let directory = try TemporaryDirectory()
            let catalog = try await Catalog.open(at: directory.path)
            let table = try await catalog.bytesTable("numbers")
            let acknowledged = try await withThrowingTaskGroup(of: (Int, Int).self) { group in
                for writer in 0..<8 {
                    group.addTask {
                        let durability: Durability = writer.isMultiple(of: 2) ? .synced : .buffered
                        return (writer, try await CatalogCloseTests.write(writer, to: table, durability))
                    }
                }
                // Long enough for some groups, and another moment each round.
                for _ in 0..<(round * 7) { await Task.yield() }
                try await catalog.close()
                return try await group.reduce(into: [Int: Int]()) { $0[$1.0] = $1.1 }
            }
            let again = try await Catalog.open(at: directory.path)
            let found = try await again.bytesTable("numbers")
            #expect(again.statistics.opening.wasClosed, "round \(round)")
            for (writer, count) in acknowledged {
                for number in 0..<count {
                    let key = Key(partition: "\(writer)", sort: "\(number)")
                    #expect(try found.get(key) != nil, "round \(round): \(key) was acknowledged")
                }
            }
            try await again.close()
        }
    }

    /// Puts one item after another until the catalog is closed, and returns how many were acknowledged.
    private static func write(_ writer: Int, to table: Table<[UInt8]>, _ durability: Durability) async throws -> Int {
        for number in 0..<100_000 {
            do {
                try await table.put([1], for: Key(partition: "\(writer)", sort: "\(number)"), durability: durability)
            } catch let error as CatalogError where error.code == .isClosed {
                return number
            }
            await Task.yield()
        }
        return 100_000
    }
}
