import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("A repair")
struct RepairTests {
    /// A closed store with a checkpoint.
    private func store(
        _ disk: SimulatedFileSystem = SimulatedFileSystem(),
        count: Int = 60
    ) async throws -> (disk: SimulatedFileSystem, store: MaintainedStore) {
        var store = try await MaintainedStore(disk, segmentByteCountMax: 4_096, checkpointIntervalByteCount: 1)
        for index in 0..<count { try await store.put("k\(index)", [UInt8](repeating: UInt8(index), count: 300)) }
        try await store.catalog.close()
        return (disk.restarted(after: .kept), store)
    }

    private func repair(_ disk: SimulatedFileSystem) async throws -> RepairReport {
        try await Catalog.repair(
            at: "/store",
            into: "/repaired",
            segmentByteCountMax: 4_096,
            disk: disk,
            freshStoreID: 6
        )
    }

    private func repaired(_ disk: SimulatedFileSystem) async throws -> MaintainedStore {
        try await MaintainedStore(disk, at: "/repaired", segmentByteCountMax: 4_096)
    }

    @Test("names every item of a file that is gone, which the checkpoint knows to have stood there")
    func lostFile() async throws {
        let (disk, store) = try await store()
        try disk.remove("/store/journal/00000003.log")
        let report = try await repair(disk)
        let again = try await repaired(disk)
        let lost = try store.model.keys.filter { try again.table.get(Key(partition: $0)) == nil }
        #expect(lost.count > 5)
        let named = report.verification.findings.filter { $0.path.hasSuffix("00000003.log") }.compactMap(\.key)
        #expect(Set(named.map(\.description)) == Set(lost.map { Key(partition: $0).description }))
        #expect(named.count == lost.count, "each is named once")
        #expect(report.verification.findings.allSatisfy { $0.key == nil || $0.tableNumber == 16 })
        for (name, value) in store.model where !lost.contains(name) {
            #expect(try again.table.get(Key(partition: name)) == value)
        }
    }

    @Test("says of an item whose newest version is gone that an older one is kept")
    func olderVersion() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk, segmentByteCountMax: 4_096, checkpointIntervalByteCount: 1)
        try await store.put("k0", [1])
        for index in 1..<12 { try await store.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
        try await store.put("k0", [2])
        for index in 12..<30 { try await store.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
        try await store.catalog.close()
        let damaged = disk.restarted(after: .kept)
        try damaged.remove("/store/journal/00000002.log")
        let report = try await repair(damaged)
        let finding = report.verification.findings.first { $0.key == Key(partition: "k0") }
        #expect(finding?.message.contains("an older version is kept") == true)
        #expect(try await repaired(damaged).table.get(Key(partition: "k0")) == [1])
    }

    @Test("loses nothing with a record's header, whichever byte of it was flipped")
    func headlessRecords() async throws {
        let (disk, store) = try await store(count: 20)
        let whole = try await MaintainedStore(disk.restarted(after: .kept), segmentByteCountMax: 4_096)
        let versions = try store.model.keys.map { ($0, try whole.table.entry(Key(partition: $0))?.version) }
        let bytes = try #require(disk.contents(ofFile: "/store/journal/00000002.log"))
        let seed = SegmentHeader.checksumSeed(storeID: 5, number: 2)
        var offset = SegmentHeader.byteCount
        for _ in 0..<3 {
            let found = RecordHeader(bytes.span.extracting(offset..<bytes.count), at: offset, seed: seed)
            let header = try #require(found)
            for byte in 0..<RecordHeader.byteCount {
                let damaged = disk.restarted(after: .kept)
                damaged.flipBit(byte % 8, ofByte: offset + byte, in: "/store/journal/00000002.log")
                let report = try await repair(damaged)
                #expect(report.verification.findings.count == 1, "\(report.verification.findings)")
                let again = try await repaired(damaged)
                try again.check(store.model, keyCount: 20)
                for (name, version) in versions {
                    #expect(try again.table.entry(Key(partition: name))?.version == version, "\(offset + byte)")
                }
            }
            offset += header.recordByteCount
        }
    }

    @Test("keeps a table under its name, with its options, when either of its definitions is damaged")
    func definitions() async throws {
        let disk = SimulatedFileSystem()
        let options = TableOptions(expiryAttribute: "until", changeImages: .newAndOld)
        let store = try await MaintainedStore(disk, segmentByteCountMax: 4_096)
        let table = try await store.catalog.bytesTable("prices", options: options)
        for index in 0..<20 {
            try await table.put([UInt8](repeating: 4, count: 300), for: Key(partition: "\(index)"))
        }
        try await store.catalog.close()
        let path = "/store/journal/00000001.log"
        let bytes = try #require(disk.restarted(after: .kept).contents(ofFile: path))
        let name = Array("prices".utf8)
        let places = bytes.indices.dropLast(name.count).filter { bytes[$0..<$0 + name.count].elementsEqual(name) }
        #expect(places.count == 2)
        for place in places {
            for offset in place - 30..<place + name.count {
                let damaged = disk.restarted(after: .kept)
                damaged.flipBit(offset % 8, ofByte: offset, in: path)
                let report = try await repair(damaged)
                #expect(!report.verification.isIntact)
                let again = try await repaired(damaged)
                let tables = try again.catalog.tables()
                #expect(tables.first { $0.name == "prices" }?.options == options, "\(offset): \(tables)")
                let found = try await again.catalog.bytesTable("prices")
                for index in 0..<20 { #expect(try found.get(Key(partition: "\(index)"))?.count == 300, "\(offset)") }
                // No new table gets the number of the one whose number could not be read.
                _ = try await again.catalog.bytesTable("others")
                #expect(Set(try again.catalog.tables().map(\.number)).count == 3)
            }
        }
    }

    @Test("gives a table a name of its own when all that defined it is gone, and lists it")
    func lostDefinitions() async throws {
        let (disk, store) = try await store()
        try disk.remove("/store/journal/00000001.log")
        let report = try await repair(disk)
        #expect(report.recoveredTables.map(\.name) == ["recovered-16"])
        #expect(report.recoveredTables.map(\.number) == [16])
        let again = try await repaired(disk)
        let table = try await again.catalog.bytesTable("recovered-16")
        #expect(try table.get(Key(partition: "k59")) == store.model["k59"])
        // "items" is a new table, and has none of the old one's items.
        #expect(try again.table.get(Key(partition: "k59")) == nil)
        try await again.catalog.close()
    }

    @Test("leaves a whole store or none, whichever of its operations fails, and never touches the damaged one")
    func faults() async throws {
        let (base, store) = try await store(SimulatedFileSystem(seed: 8, hasShortTransfers: true), count: 12)
        base.flipBit(0, ofByte: 1_000, in: "/store/journal/00000001.log")
        let before = base.contents(ofFile: "/store/journal/00000001.log")
        let report = try await FaultSweep.run(
            seed: 8,
            base: base,
            errnos: [5, 28],
            outcomes: [.lost, .kept]
        ) { (disk, record: SweepRecord<[Key?]>) in
            // What cannot be read is lost, and must be named.
            record.acknowledge(try await repair(disk).verification.findings.map(\.key))
        } check: { disk, record in
            try hold(disk.contents(ofFile: "/store/journal/00000001.log") == before, "the damaged store is another")
            guard try disk.info("/repaired/manifest") != nil else {
                return try hold(record.acknowledged.isEmpty, "the repaired store is gone")
            }
            let again = try await repaired(disk)
            // What is left of a table without its definition has another name.
            let tables = try again.catalog.tables().map(\.name).filter { $0 == "items" || $0 == "recovered-16" }
            let table = try await again.catalog.bytesTable(tables.max() ?? "items")
            let isTold = !record.acknowledged.isEmpty
            for (name, value) in store.model {
                let found = try table.get(Key(partition: name))
                let isNamed = record.acknowledged.joined().contains(Key(partition: name))
                try hold(
                    found == value || found == nil && (isNamed || !isTold),
                    "\(name) is \(found?.count ?? -1) bytes"
                )
            }
            try hold(try await again.catalog.verify().isIntact, "the repaired store is damaged")
            try await again.catalog.close()
        }
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.checkCount > 100)
    }

    @Test("a damaged header of the only file costs no item")
    func onlyHeader() async throws {
        for isClosed in [true, false] {
            let disk = SimulatedFileSystem()
            var store = try await MaintainedStore(disk, segmentByteCountMax: 1 << 20)
            for index in 0..<60 { try await store.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
            try await store.catalog.flush()
            if isClosed { try await store.catalog.close() } else { disk.crash() }
            for offset in [3, 13, 17, 25, 33, 45] {
                let damaged = disk.restarted(after: .kept)
                damaged.flipBit(1, ofByte: offset, in: "/store/journal/00000001.log")
                _ = try await Catalog.repair(
                    at: "/store",
                    into: "/repaired",
                    segmentByteCountMax: 1 << 20,
                    disk: damaged,
                    freshStoreID: 6
                )
                try await MaintainedStore(damaged, at: "/repaired").check(store.model, keyCount: 60)
            }
        }
    }
}
