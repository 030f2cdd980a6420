import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Values beside their keys")
struct ResidentValuesTests {
    /// A catalog with room for some values beside their keys, and which of its values are read from its files.
    private struct Fixture {
        let disk = SimulatedFileSystem()
        let clock = ManualClock()
        let catalog: Catalog
        let table: Table<[UInt8]>
        /// Bytes of the catalog's own items, such as the table's definition.
        let ownByteCount: Int

        init(byteCountMax: Int) async throws {
            catalog = try await Fixture.open(disk, clock, byteCountMax)
            table = try await catalog.bytesTable("items")
            ownByteCount = catalog.statistics.residentValueByteCount
        }

        /// Bytes of the table's values that stand beside their keys.
        var byteCount: Int { catalog.statistics.residentValueByteCount - ownByteCount }

        static func open(_ disk: SimulatedFileSystem, _ clock: ManualClock, _ byteCountMax: Int) async throws -> Catalog
        {
            var configuration = CatalogConfiguration(
                segmentByteCountMax: 1 << 20,
                indexPartitionCount: 16,
                residentValueByteCountMax: byteCountMax
            )
            configuration.now = clock.now
            return try await Catalog.open(at: "/store", configuration: configuration, disk: disk, freshStoreID: 7)
        }

        /// A value that occurs nowhere else.
        static func value(_ number: Int, version: Int = 0, byteCount: Int = 100) -> [UInt8] {
            var generator = SeededGenerator(seed: UInt64(number * 1_000 + version + 1))
            return generator.bytes(byteCount)
        }

        static func key(_ number: Int) -> Key { Key(partition: "p\(number % 7)", sort: "\(number)") }

        func put(_ number: Int, version: Int = 0, byteCount: Int = 100) async throws {
            let value = Fixture.value(number, version: version, byteCount: byteCount)
            try await table.put(value, for: Fixture.key(number), durability: .buffered)
        }

        /// Other writes, at which what nobody can see any more is freed.
        func goOn() async throws {
            for round in 0..<1_000 { try await put(999, version: round % 10, byteCount: 1_025) }
        }

        /// Whether a value is read although a bit of it is flipped on disk: then it stands beside its key.
        func isResident(_ number: Int, version: Int = 0, byteCount: Int = 100) throws -> Bool {
            let value = Fixture.value(number, version: version, byteCount: byteCount)
            let place = try #require(try find(value))
            disk.flipBit(0, ofByte: place.offset, in: place.path)
            defer { disk.flipBit(0, ofByte: place.offset, in: place.path) }
            do {
                #expect(try table.get(Fixture.key(number)) == value)
                return true
            } catch let error as CatalogError where error.code == .isCorrupt {
                return false
            }
        }

        private func find(_ value: [UInt8]) throws -> (path: String, offset: Int)? {
            for name in try disk.list("/store/journal") {
                let path = "/store/journal/\(name)"
                guard let bytes = disk.contents(ofFile: path), bytes.count >= value.count else { continue }
                for offset in 0...(bytes.count - value.count)
                where bytes[offset] == value[0] && bytes[offset..<offset + value.count].elementsEqual(value) {
                    return (path, offset)
                }
            }
            return nil
        }
    }

    @Test("are kept within the budget, the first that are written")
    func budget() async throws {
        let fixture = try await Fixture(byteCountMax: 1_000)
        for number in 0..<30 { try await fixture.put(number) }
        let count = (1_000 - fixture.ownByteCount) / 100
        #expect(fixture.byteCount == count * 100)
        for number in 0..<30 { #expect(try fixture.isResident(number) == (number < count), "\(number)") }
    }

    @Test("are none when the budget is 0, and none above 1,024 bytes")
    func limits() async throws {
        let without = try await Fixture(byteCountMax: 0)
        try await without.put(1, byteCount: 0)
        try await without.put(2)
        for _ in 0..<2_000 { #expect(try without.table.get(Fixture.key(2))?.count == 100) }
        #expect(try !without.isResident(2))
        #expect(without.byteCount == 0)

        let fixture = try await Fixture(byteCountMax: 1 << 20)
        try await fixture.put(1, byteCount: 1_024)
        try await fixture.put(2, byteCount: 1_025)
        for _ in 0..<2_000 { #expect(try fixture.table.get(Fixture.key(2))?.count == 1_025) }
        #expect(try fixture.isResident(1, byteCount: 1_024))
        #expect(try !fixture.isResident(2, byteCount: 1_025))
        #expect(fixture.byteCount == 1_024)
    }

    @Test("come in when they are read again and again, and those that nobody reads go for them")
    func readOftenComesIn() async throws {
        let fixture = try await Fixture(byteCountMax: 1_000)
        for number in 0..<200 { try await fixture.put(number) }
        let wanted = 150..<155
        // Which read puts a value beside its key is chance, and so is which other goes: ten thousand will do it.
        var roundCount = 0
        while roundCount < 10_000, try !wanted.allSatisfy({ try fixture.isResident($0) }) {
            roundCount += 1
            for number in wanted { #expect(try fixture.table.get(Fixture.key(number)) == Fixture.value(number)) }
        }
        #expect(roundCount < 10_000)
        // What takes the place of another may stand beside it for a while.
        #expect(fixture.byteCount <= 1_000 + 1_000 / 8)
        for number in 0..<200 { #expect(try fixture.table.get(Fixture.key(number)) == Fixture.value(number)) }
    }

    @Test("are those of the newest version, and older ones are still read from the snapshot that holds them")
    func overwriting() async throws {
        let fixture = try await Fixture(byteCountMax: 5_000)
        for number in 0..<20 { try await fixture.put(number) }
        let before = try fixture.table.scan()
        for number in 0..<20 where number % 2 == 0 { try await fixture.put(number, version: 1) }
        for number in 0..<20 where number % 5 == 0 { try await fixture.table.delete(Fixture.key(number)) }
        for number in 0..<20 {
            let expected: [UInt8]? = number % 5 == 0 ? nil : Fixture.value(number, version: (number + 1) % 2)
            #expect(try fixture.table.get(Fixture.key(number)) == expected, "\(number)")
        }
        let seen = try before.page().entries
        #expect(seen.count == 20)
        for number in 0..<20 {
            #expect(seen.contains { $0.key == Fixture.key(number) && $0.item == Fixture.value(number) }, "\(number)")
        }
    }

    @Test("give their room back when they are replaced or deleted")
    func roomComesBack() async throws {
        let fixture = try await Fixture(byteCountMax: 2_000)
        for round in 0..<50 {
            for number in 0..<20 { try await fixture.put(number, version: round) }
            if round % 3 == 0 {
                for number in 0..<20 { try await fixture.table.delete(Fixture.key(number), durability: .buffered) }
            }
        }
        for number in 0..<20 { try await fixture.table.delete(Fixture.key(number), durability: .buffered) }
        try await fixture.goOn()
        #expect(fixture.byteCount == 0)
        try await fixture.put(1, version: 77)
        #expect(try fixture.isResident(1, version: 77))
    }

    @Test("follow their keys when compaction moves the items, and are read from the files after opening again")
    func moving() async throws {
        let fixture = try await Fixture(byteCountMax: 1_500)
        for version in 0..<4 { for number in 0..<40 { try await fixture.put(number, version: version) } }
        for number in 0..<40 where number % 3 == 0 {
            try await fixture.table.delete(Fixture.key(number), durability: .buffered)
        }
        func check(_ table: Table<[UInt8]>) throws {
            for number in 0..<40 {
                let expected: [UInt8]? = number % 3 == 0 ? nil : Fixture.value(number, version: 3)
                #expect(try table.get(Fixture.key(number)) == expected, "\(number)")
            }
        }
        try check(fixture.table)
        try await fixture.catalog.compact()
        try check(fixture.table)
        try await fixture.catalog.close()
        let again = try await Fixture.open(fixture.disk, fixture.clock, 1_500)
        try check(try await again.bytesTable("items"))
        try await again.close()
    }

    @Test("expire with their items")
    func expiry() async throws {
        let fixture = try await Fixture(byteCountMax: 5_000)
        let table = try await fixture.catalog.table("sessions", options: TableOptions(expiryAttribute: "until"))
        let before = fixture.byteCount
        let until = Int64(fixture.clock.now().components.seconds) + 10
        try await table.put(["until": .int(until), "name": "a"], for: Key(partition: "one"))
        #expect(fixture.byteCount > before)
        #expect(try table.get(Key(partition: "one"))?["name"] == "a")
        fixture.clock.advance(by: .seconds(11))
        #expect(try table.get(Key(partition: "one")) == nil)
        try await fixture.catalog.sweepExpired()
        try await fixture.goOn()
        #expect(fixture.byteCount == before)
    }
}
