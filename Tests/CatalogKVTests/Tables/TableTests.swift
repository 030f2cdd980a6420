import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Tables")
struct TableTests {
    @Test("items of all kinds of tables are read as they were put, and after the catalog was opened again")
    func roundTrips() async throws {
        let fixture = try await TableFixture()
        let documents = try await fixture.catalog.table("documents")
        let products = try await fixture.catalog.table("products", of: Ware.self)
        let bytes = try await fixture.catalog.bytesTable("bytes")
        let key = Key(partition: "p", sort: "s")
        let document: Document = ["price": .number("12.90"), "sizes": [1, 2]]
        let product = Ware(name: "lamp", stock: 3, tags: ["a"])
        try await documents.put(document, for: key)
        try await products.put(product, for: key)
        try await bytes.put([1, 2, 3], for: key, durability: .buffered)
        func check(_ catalog: Catalog) async throws {
            #expect(try await catalog.table("documents").get(key) == document)
            #expect(try await catalog.table("products", of: Ware.self).get(key) == product)
            #expect(try await catalog.bytesTable("bytes").get(key) == [1, 2, 3])
            #expect(try await catalog.bytesTable("bytes").withValue(for: key) { $0.count } == 3)
            #expect(try await catalog.table("products").get(key)?["stock"] == 3)
            #expect(try await catalog.table("documents").get(Key(partition: "p")) == nil)
            #expect(try catalog.tables().map(\.name) == ["bytes", "documents", "products"])
        }
        try await check(fixture.catalog)
        try await fixture.catalog.close()
        let again = try await TableFixture.open(fixture.disk, fixture.clock)
        try await check(again)
        try await again.close()
    }

    @Test("versions grow, and what was replaced comes back when asked for")
    func versions() async throws {
        let table = try await TableFixture().catalog.table("t", of: Ware.self)
        let key = Key(partition: "p")
        let first = try await table.put(Ware(name: "a", stock: 1), for: key)
        #expect(first.old == nil && first.new == nil)
        let second = try await table.put(Ware(name: "b", stock: 2), for: key, returning: [.old, .new])
        #expect(second.version > first.version)
        #expect(second.old?.item.name == "a" && second.old?.version == first.version)
        #expect(second.new?.item.name == "b" && second.new?.version == second.version)
        #expect(try table.entry(key) == second.new)
        let third = try await table.update(key, returning: [.old, .new]) { attribute("stock").add(5) }
        #expect(third.old?.item.stock == 2 && third.new?.item.stock == 7)
        let gone = try await table.delete(key, returning: .old)
        #expect(gone.old?.item.stock == 7 && gone.version > third.version)
        #expect(try table.get(key) == nil)
        let nothing = try await table.delete(key, returning: .old)
        #expect(nothing.old == nil && nothing.version == 0)
    }

    @Test("a failed condition writes nothing and hands over the item")
    func conditions() async throws {
        let table = try await TableFixture().catalog.table("t", of: Ware.self)
        let key = Key(partition: "p", sort: "s")
        let version = try await table.put(Ware(name: "a", stock: 1), for: key, if: .notExists).version
        let failure = await catalogError { try await table.put(Ware(name: "b", stock: 1), for: key, if: .notExists) }
        #expect(failure?.code == .conditionFailed)
        #expect(failure?.conditionFailure?.key == key)
        #expect(failure?.failedItem?.version == version)
        #expect(try failure?.failedItem?.decode(Ware.self) == Ware(name: "a", stock: 1))
        let short = await catalogError {
            try await table.update(key, if: attribute("stock") >= 3) { attribute("stock").subtract(3) }
        }
        #expect(short?.failedItem?.document["stock"] == 1)
        #expect(await errorCode { try await table.delete(key, if: .version(is: version + 1)) } == .conditionFailed)
        let missing = await catalogError { try await table.delete(Key(partition: "q"), if: .exists) }
        #expect(missing?.code == .conditionFailed && missing?.failedItem == nil)
        #expect(try table.entry(key)?.version == version)
        try await table.delete(key, if: .version(is: version))
        #expect(try table.get(key) == nil)
    }

    @Test("raw bytes answer whether they are there and their version, and nothing else")
    func bytes() async throws {
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.bytesTable("t")
        let key = Key(partition: "p")
        let version = try await table.put([1], for: key, if: .notExists).version
        try await table.put([2], for: key, if: .version(is: version))
        #expect(await errorCode { try await table.put([3], for: key, if: attribute("a") == 1) } == .typeMismatch)
        #expect(await errorCode { try await table.update(key) { attribute("a").set(to: 1) } } == .typeMismatch)
        let documents = try await fixture.catalog.table("t")
        #expect(await errorCode { _ = try documents.get(key) } == .typeMismatch)
        #expect(try table.get(key) == [2])
        #expect(try table.get(Key(partition: "none")) == nil)
        try await table.put([], for: key)
        #expect(try table.get(key) == [])
    }

    @Test("an update begins a missing item, and changes attributes that the Swift type does not know")
    func updates() async throws {
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.table("t")
        let key = Key(partition: "p")
        let made = try await table.update(key, returning: .new) { attribute("count").add(1) }
        #expect(made.new?.item == ["count": 1])
        try await table.update(key) {
            attribute("count").add(1)
            attribute("seen").insert(["x"] as Set<String>)
        }
        #expect(try table.get(key) == ["count": 2, "seen": .stringSet(["x"])])
        #expect(await errorCode { try await table.update(key) { attribute("seen").add(1) } } == .typeMismatch)
        #expect(
            await errorCode { try await table.update(key, if: .notExists) { attribute("a").remove() } }
                == .conditionFailed
        )
        #expect(try table.get(key, projection: ["count"]) == ["count": 2])
    }

    @Test("batches are read as of one moment and written whole")
    func batches() async throws {
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.bytesTable("t")
        let keys = (0..<300).map { Key(partition: "p\($0 % 7)", sort: Int64($0)) }
        try await table.batchWrite(puts: keys.enumerated().map { ($1, [UInt8(truncatingIfNeeded: $0)]) })
        #expect(try table.batchGet(keys) == (0..<300).map { [UInt8(truncatingIfNeeded: $0)] })
        let snapshot = try fixture.catalog.snapshot()
        try await table.batchWrite(puts: [(keys[0], [9])], deletes: [keys[1], keys[2]])
        #expect(try table.batchGet([keys[0], keys[1], keys[3]]) == [[9], nil, [3]])
        #expect(try table.batchGet([keys[0], keys[1]], at: snapshot) == [[0], [1]])
        #expect(
            await errorCode { try await table.batchWrite(puts: [(keys[0], [1])], deletes: [keys[0]]) }
                == .invalidArgument
        )
        let many = Array(repeating: keys[0], count: 10_001)
        #expect(await errorCode { _ = try table.batchGet(many) } == .batchTooLarge)
    }

    @Test("limits are kept")
    func limits() async throws {
        let table = try await TableFixture().catalog.bytesTable("t")
        let longest = Key(partition: [UInt8](repeating: 1, count: 2_048), sort: [UInt8](repeating: 2, count: 1_024))
        try await table.put([1], for: longest)
        #expect(try table.get(longest) == [1])
        let tooLong = [
            Key(partition: ""), Key(partition: [UInt8](repeating: 1, count: 2_049)),
            Key(partition: "p", sort: [UInt8](repeating: 1, count: 1_025)),
        ]
        for key in tooLong {
            #expect(await errorCode { try await table.put([1], for: key) } == .keyTooLong)
            #expect(await errorCode { try await table.delete(key) } == .keyTooLong)
            #expect(await errorCode { _ = try table.get(key) } == .keyTooLong)
        }
        let large = [UInt8](repeating: 7, count: Catalog.itemByteCountMax)
        try await table.put(large, for: Key(partition: "large"))
        #expect(try table.withValue(for: Key(partition: "large")) { $0.count } == large.count)
        #expect(await errorCode { try await table.put(large + [1], for: Key(partition: "large")) } == .valueTooLarge)
        #expect(
            await errorCode { try await table.put(large + [1], for: Key(partition: "x"), if: .notExists) }
                == .valueTooLarge
        )
        // Copying so much takes debug builds a long time.
        if !TestEnvironment.isSoak { return }
        let five = (0..<5).map { (key: Key(partition: "\($0)"), item: large) }
        #expect(await errorCode { try await table.batchWrite(puts: five) } == .batchTooLarge)
    }

    @Test("a number as sort key keeps the order of the numbers")
    func numbers() {
        let numbers: [Int64] = [.min, -256, -1, 0, 1, 255, 256, .max]
        let keys = numbers.map { Key(partition: "p", sort: $0) }
        #expect(keys.map(\.sortNumber) == numbers)
        for (left, right) in zip(keys, keys.dropFirst()) { #expect(left.sort.lexicographicallyPrecedes(right.sort)) }
    }

    @Test("raw bytes have no attributes: updates and projections of them are refused, also where there is nothing")
    func bytesHaveNoAttributes() async throws {
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.bytesTable("b")
        try await table.put([1], for: Key(partition: "p", sort: "a"))
        for sort in ["a", "missing"] {
            let key = Key(partition: "p", sort: sort)
            let code = await errorCode { try await table.update(key) { attribute("x").set(to: 1) } }
            #expect(code == .typeMismatch)
        }
        #expect(try table.get(Key(partition: "p", sort: "missing")) == nil)
        let key = Key(partition: "p", sort: "a")
        #expect(await errorCode { _ = try table.get(key, projection: ["x"]) } == .typeMismatch)
        #expect(await errorCode { _ = try table.query("p", projection: ["x"]).page() } == .typeMismatch)
    }

    @Test("a scan has no more segments than it says")
    func segmentLimits() async throws {
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.bytesTable("b")
        for count in 0..<100 { try await table.put([1], for: Key(partition: "p\(count)"), durability: .buffered) }
        for count in [0, -1, Catalog.scanSegmentCountMax + 1, .max] {
            #expect(await errorCode { _ = try table.scan(segment: 0, of: count) } == .invalidArgument)
        }
        var seen = 0
        for segment in [0, 1, 5, 15, 16, Catalog.scanSegmentCountMax - 1] {
            seen += try table.scan(segment: segment, of: Catalog.scanSegmentCountMax).page().entries.count
        }
        #expect(seen > 0)
    }

    @Test("a write whose returned item cannot be decoded throws and changes nothing")
    func undecodable() async throws {
        let fixture = try await TableFixture()
        let typed = try await fixture.catalog.table("t", of: Ware.self)
        let plain = try await fixture.catalog.table("t")
        let (good, odd) = (Key(partition: "good"), Key(partition: "odd"))
        try await typed.put(Ware(name: "lamp", stock: 1), for: good)
        try await plain.put(["name": "desk", "stock": "many"], for: odd)
        let before = fixture.catalog.statistics.sequence
        func isRefused(_ write: () async throws -> Void) async -> Bool {
            do {
                try await write()
                return false
            } catch {
                return error is DecodingError
            }
        }
        let update = await isRefused {
            try await typed.update(good, returning: .new) { attribute("stock").set(to: "many") }
        }
        let put = await isRefused { try await typed.put(Ware(name: "a", stock: 1), for: odd, returning: .old) }
        let delete = await isRefused { try await typed.delete(odd, returning: .old) }
        #expect(update && put && delete)
        #expect(fixture.catalog.statistics.sequence == before)
        #expect(try typed.get(good)?.stock == 1 && plain.get(odd)?["stock"] == "many")
    }
}
