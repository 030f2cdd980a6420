import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Expiry of tables' items")
struct TableExpiryTests {
    @Test("an item with a lifetime is gone from its very millisecond on")
    func lifetime() async throws {
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.table("t")
        let key = Key(partition: "p")
        let put = try await table.put(["a": 1], for: key, lifetime: .seconds(5), returning: .new)
        #expect(put.new?.expiry == fixture.clock.now() + .seconds(5))
        try await table.update(key) { attribute("a").add(1) }
        fixture.clock.advance(by: .milliseconds(4_999))
        #expect(try table.entry(key)?.expiry == put.new?.expiry)
        fixture.clock.advance(by: .milliseconds(1))
        #expect(try table.get(key) == nil)
        #expect(try !table.contains(key))
        #expect(try table.query("p").page().entries.isEmpty)
        #expect(await errorCode { try await table.delete(key, if: .exists) } == .conditionFailed)
        try await table.put(["a": 2], for: key, if: .notExists)
        #expect(try table.entry(key)?.expiry == nil)
        try await table.update(key, lifetime: .seconds(1)) { attribute("a").add(1) }
        fixture.clock.advance(by: .seconds(1))
        #expect(try table.get(key) == nil)
    }

    @Test("the expiry attribute decides, whatever kind of number it is")
    func attributes() async throws {
        let fixture = try await TableFixture()
        let table = try await fixture.catalog.table("t", options: TableOptions(expiryAttribute: "until"))
        let now = fixture.clock.now().components.seconds
        let key = Key(partition: "p")
        func expiry(_ value: Attribute) async throws -> Duration? {
            try await table.put(["until": value], for: key)
            return try table.entry(key)?.expiry
        }
        #expect(try await expiry(.int(now + 10)) == .seconds(now + 10))
        #expect(try await expiry(.double(Double(now) + 0.5)) == .seconds(now) + .milliseconds(500))
        #expect(try await expiry(.number(DecimalNumber(now + 1))) == .seconds(now + 1))
        for value in [Attribute.string("soon"), .null, .double(.nan), .double(1e300), .int(.max)] {
            #expect(try await expiry(value) == nil)
            #expect(try table.get(key) != nil)
        }
        try await table.put(["until": .int(now)], for: key)
        #expect(try table.get(key) == nil)
        try await table.put(["until": .int(-5)], for: key)
        #expect(try table.get(key) == nil)
        try await table.put(["until": .int(now + 5)], for: key)
        try await table.update(key) { attribute("until").add(5) }
        #expect(try table.entry(key)?.expiry == .seconds(now + 10))
        try await table.update(key) { attribute("until").remove() }
        #expect(try table.entry(key)?.expiry == nil)
        #expect(await errorCode { try await table.put([:], for: key, lifetime: .seconds(1)) } == .invalidArgument)
    }
}
