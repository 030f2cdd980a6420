import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Queries and scans")
struct QueryTests {
    private func makeTable(_ fixture: TableFixture) async throws -> Table<Document> {
        let table = try await fixture.catalog.table("t")
        let names = ["a", "aa", "ab", "b", "ba", "c"]
        try await table.batchWrite(
            puts: names.enumerated().map {
                (Key(partition: "p", sort: $1), ["n": .int(Int64($0)), "name": .string($1)])
            }
        )
        try await table.put(["n": 9], for: Key(partition: "q", sort: "ab"))
        try await table.put(["n": 9], for: Key(partition: "pa", sort: "b"))
        return table
    }

    private func sorts(_ sequence: ItemSequence<Document>) throws -> [String] {
        try sequence.page().entries.map { String(decoding: $0.key.sort, as: UTF8.self) }
    }

    private func parsingCode(_ bytes: [UInt8]) async -> CatalogError.Code? {
        await errorCode { _ = try QueryCursor(bytes: bytes.span) }
    }

    @Test("a range returns what it says, in both orders")
    func ranges() async throws {
        let table = try await makeTable(TableFixture())
        let expected: [(SortRange, [String])] = [
            (.all, ["a", "aa", "ab", "b", "ba", "c"]), (.equal(to: "ab"), ["ab"]), (.equal(to: "zz"), []),
            (.prefix("a"), ["a", "aa", "ab"]), (.prefix(""), ["a", "aa", "ab", "b", "ba", "c"]),
            (.from("ab"), ["ab", "b", "ba", "c"]), (.after("ab"), ["b", "ba", "c"]),
            (.through("ab"), ["a", "aa", "ab"]), (.below("ab"), ["a", "aa"]),
            (.between("aa", and: "b"), ["aa", "ab", "b"]), (.between("b", and: "aa"), []),
        ]
        for (range, names) in expected {
            #expect(try sorts(table.query("p", range)) == names)
            #expect(try sorts(table.query("p", range, order: .descending)) == names.reversed())
        }
        #expect(try sorts(table.query("none")) == [])
    }

    @Test("a prefix and keys of the highest byte reach the partition's end and no further")
    func highestBytes() async throws {
        let table = try await TableFixture().catalog.bytesTable("t")
        let highest = [UInt8](repeating: 255, count: 1_024)
        for sort in [[255], [255, 255], highest, [254]] {
            try await table.put([1], for: Key(partition: [7], sort: sort))
        }
        try await table.put([2], for: Key(partition: [8], sort: []))
        #expect(try table.query([7], .prefix([255] as [UInt8])).page().entries.count == 3)
        #expect(try table.query([7], .prefix([255, 255] as [UInt8])).page().entries.count == 2)
        #expect(try table.query([7], .from([255] as [UInt8])).page().entries.count == 3)
        #expect(try table.query([7], .through(highest)).page().entries.count == 4)
        #expect(try table.query([7], .after(highest)).page().entries.isEmpty)
        #expect(await errorCode { _ = try table.query([7], .from(highest + [1])) } == .keyTooLong)
        let whole = [UInt8](repeating: 255, count: 2_048)
        try await table.put([3], for: Key(partition: whole, sort: highest))
        #expect(try table.query(whole).page().entries.count == 1)
    }

    @Test("filters and projections choose items and attributes")
    func filters() async throws {
        let fixture = try await TableFixture()
        let table = try await makeTable(fixture)
        let even = attribute("n").isIn([0, 2, 4])
        #expect(try sorts(table.query("p", filter: even)) == ["a", "ab", "ba"])
        #expect(try sorts(table.query("p", limit: 2, filter: even)) == ["a", "ab"])
        let projected = try table.query("p", .prefix("b"), projection: ["n"]).page().entries.map(\.item)
        #expect(projected == [["n": 3], ["n": 4]])
        #expect(try sorts(table.scan(filter: attribute("n") == 9)).sorted() == ["ab", "b"])
        #expect(await errorCode { _ = try table.query("p", limit: 0) } == .invalidArgument)
    }

    @Test("pages follow each other without gap or repeat, whatever is written in between")
    func pages() async throws {
        let fixture = try await TableFixture()
        let table = try await makeTable(fixture)
        for order in [SortOrder.ascending, .descending] {
            var names: [String] = []
            var cursor: QueryCursor?
            repeat {
                let page = try table.query("p", order: order, limit: 2, after: cursor).page()
                names += page.entries.map { String(decoding: $0.key.sort, as: UTF8.self) }
                cursor = try page.cursor.map { try QueryCursor(text: $0.text) }
            } while cursor != nil
            #expect(
                names == (order == .ascending ? ["a", "aa", "ab", "b", "ba", "c"] : ["c", "ba", "b", "ab", "aa", "a"])
            )
        }
        let page = try table.query("p", limit: 3).page()
        try await table.delete(Key(partition: "p", sort: "ab"))
        try await table.put([:], for: Key(partition: "p", sort: "abc"))
        #expect(try sorts(table.query("p", after: page.cursor)) == ["abc", "b", "ba", "c"])
        #expect(try table.query("p", limit: 100).page().cursor == nil)
        #expect(try table.query("p", limit: 6).page().cursor == nil)
    }

    @Test("a cursor of another query, or one that was changed, is refused")
    func foreignCursors() async throws {
        let fixture = try await TableFixture()
        let table = try await makeTable(fixture)
        let other = try await fixture.catalog.table("other")
        let cursor = try #require(try table.query("p", limit: 2).page().cursor)
        let attempts: [() throws -> Void] = [
            { _ = try other.query("p", after: cursor) },
            { _ = try table.query("q", after: cursor) },
            { _ = try table.query("p", .from("a"), after: cursor) },
            { _ = try table.query("p", order: .descending, after: cursor) },
            { _ = try table.query("p", filter: .exists, after: cursor) },
            { _ = try table.scan(after: cursor) },
        ]
        for attempt in attempts { #expect(await errorCode { try attempt() } == .invalidCursor) }
        _ = try table.query("p", limit: 7, projection: ["n"], after: cursor)
        let bytes = cursor.bytes
        for index in bytes.indices {
            for bit in 0..<8 {
                var damaged = bytes
                damaged[index] ^= 1 << UInt8(bit)
                #expect(await parsingCode(damaged) == .invalidCursor)
            }
            #expect(await parsingCode(Array(bytes[..<index])) == .invalidCursor)
        }
        for text in ["", "a", "====", cursor.text + "A", String(cursor.text.dropLast()), "ä"] {
            #expect(await errorCode { _ = try QueryCursor(text: text) } == .invalidCursor)
        }
    }

    @Test("segments of a scan hold each item once, and their cursors go on")
    func segments() async throws {
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.bytesTable("t")
        let other = try await fixture.catalog.bytesTable("u")
        let keys = Set((0..<1_000).map { Key(partition: "p\($0 % 100)", sort: Int64($0)) })
        try await table.batchWrite(puts: keys.map { ($0, [1]) })
        try await other.batchWrite(puts: keys.map { ($0, [2]) })
        for count in [1, 3, 8, 40] {
            var found: [Key] = []
            for segment in 0..<count {
                var cursor: QueryCursor?
                repeat {
                    let page = try table.scan(segment: segment, of: count, limit: 70, after: cursor).page()
                    found += page.entries.map(\.key)
                    cursor = page.cursor
                } while cursor != nil
            }
            #expect(found.count == 1_000 && Set(found) == keys)
        }
        #expect(await errorCode { _ = try table.scan(segment: 3, of: 3) } == .invalidArgument)
        #expect(await errorCode { _ = try table.scan(segment: 0, of: 0) } == .invalidArgument)
    }

    @Test("a sequence sees one moment, however items are taken")
    func oneMoment() async throws {
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.bytesTable("t")
        let keys = (0..<600).map { Key(partition: "p", sort: Int64($0)) }
        try await table.batchWrite(puts: keys.map { ($0, [1]) })
        let query = try table.query("p")
        let scan = try table.scan()
        var taken: [Key] = []
        for try await entry in query {
            taken.append(entry.key)
            #expect(entry.item == [1])
            if taken.count % 100 == 50 {
                try await table.batchWrite(puts: keys.map { ($0, [2]) }, durability: .buffered)
                try await table.delete(keys[599], durability: .buffered)
            }
        }
        #expect(taken == keys)
        var visited = 0
        try query.visit { view in
            visited += view.value[0] == 1 && view.sort.count == 8 ? 1 : 0
            return visited < 400
        }
        #expect(visited == 400)
        var scanned = 0
        try scan.readEach { entry in scanned += entry.item == [1] ? 1 : 0 }
        #expect(scanned == 600)
        #expect(try table.query("p").page().entries.count == 599)
    }

    @Test("random ranges agree with a sorted dictionary")
    func random() async throws {
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.bytesTable("t")
        let seed = TestEnvironment.seed(5)
        var random = SeededGenerator(seed: seed)
        func key(_ random: inout SeededGenerator) -> [UInt8] {
            (0..<Int.random(in: 0...3, using: &random)).map { _ in [0, 1, 254, 255].randomElement(using: &random) ?? 0 }
        }
        var model: Set<[UInt8]> = []
        for _ in 0..<60 {
            let sort = key(&random)
            model.insert(sort)
            try await table.put(sort, for: Key(partition: [1], sort: sort), durability: .buffered)
        }
        let sorted = model.sorted { $0.lexicographicallyPrecedes($1) }
        for _ in 0..<TestEnvironment.count(500, soak: 50_000) {
            let (low, high) = (key(&random), key(&random))
            func isBefore(_ left: [UInt8], _ right: [UInt8]) -> Bool { left.lexicographicallyPrecedes(right) }
            let cases: [(SortRange, ([UInt8]) -> Bool)] = [
                (.prefix(low), { $0.starts(with: low) }), (.from(low), { !isBefore($0, low) }),
                (.after(low), { isBefore(low, $0) }), (.through(low), { !isBefore(low, $0) }),
                (.below(low), { isBefore($0, low) }), (.equal(to: low), { $0 == low }),
                (.between(low, and: high), { !isBefore($0, low) && !isBefore(high, $0) }),
            ]
            for (range, holds) in cases {
                let expected = sorted.filter(holds)
                #expect(try table.query([1], range).page().entries.map(\.item) == expected, "seed \(seed)")
                let reversed = try table.query([1], range, order: .descending).page().entries.map(\.item)
                #expect(reversed == expected.reversed(), "seed \(seed)")
            }
        }
    }

    @Test("a query's cursor goes on after the index was divided into other trees")
    func otherTrees() async throws {
        let disk = SimulatedFileSystem()
        func open(_ partitionCount: Int) async throws -> Catalog {
            let configuration = CatalogConfiguration(indexPartitionCount: partitionCount)
            return try await Catalog.open(at: "/s", configuration: configuration, disk: disk, freshStoreID: 1)
        }
        var catalog = try await open(64)
        var table = try await catalog.bytesTable("t")
        for partition in 0..<20 {
            for sort in 0..<4 { try await table.put([1], for: Key(partition: "p\(partition)", sort: "\(sort)")) }
        }
        let cursors: [QueryCursor?] = try (0..<20).map { try table.query("p\($0)", limit: 2).page().cursor }
        try await catalog.close()
        catalog = try await open(4)
        table = try await catalog.bytesTable("t")
        for partition in 0..<20 {
            let cursor: QueryCursor = try #require(cursors[partition])
            let rest = try table.query("p\(partition)", after: cursor).page()
            #expect(rest.entries.count == 2)
        }
        try await catalog.close()
    }

}
