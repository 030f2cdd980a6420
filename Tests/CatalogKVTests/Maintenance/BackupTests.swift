import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Backup, verify, restore and repair")
struct BackupTests {
    @Test("a backup is one moment of the store, the next one copies what is new, and both restore")
    func incremental() async throws {
        var generator = SeededGenerator(seed: TestEnvironment.seed(31))
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        try await store.churn(200, keyCount: 50, using: &generator)
        let first = try await store.catalog.backUp(to: "/backup")
        #expect(first.copiedSegmentCount > 3 && first.reusedSegmentCount == 0)
        let atFirst = store.model
        try await store.churn(60, keyCount: 50, using: &generator)
        try await Catalog.restore(from: "/backup", to: "/one", disk: disk)
        try await MaintainedStore(disk, at: "/one").check(atFirst, keyCount: 50)

        let second = try await store.catalog.backUp(to: "/backup")
        #expect(second.reusedSegmentCount >= first.copiedSegmentCount - 1)
        #expect(second.copiedByteCount < second.byteCount)
        try await Catalog.restore(from: "/backup", to: "/two", disk: disk)
        try await MaintainedStore(disk, at: "/two").check(store.model, keyCount: 50)

        try await store.catalog.compact()
        try await store.catalog.backUp(to: "/backup")
        #expect(try await Catalog.verify(at: "/backup", disk: disk).isIntact)
        try await Catalog.restore(from: "/backup", to: "/three", disk: disk)
        try await MaintainedStore(disk, at: "/three").check(store.model, keyCount: 50)
        #expect(disk.misuses.isEmpty)
    }

    @Test("an incremental backup heals what has rotted in the one before")
    func healing() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        for index in 0..<60 { try await store.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
        try await store.catalog.backUp(to: "/backup")
        disk.flipBit(2, ofByte: 500, in: "/backup/journal/00000002.log")
        let second = try await store.catalog.backUp(to: "/backup")
        #expect(second.copiedSegmentCount == 1 && second.reusedSegmentCount > 0)
        try await Catalog.restore(from: "/backup", to: "/new", disk: disk)
        try await MaintainedStore(disk, at: "/new").check(store.model, keyCount: 60)
    }

    @Test("a damaged backup is not handed over, nor a store put over another")
    func refusals() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        for index in 0..<60 { try await store.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
        try await store.catalog.backUp(to: "/backup")
        let taken = await #expect(throws: CatalogError.self) {
            try await Catalog.restore(from: "/backup", to: "/store", disk: disk)
        }
        #expect(taken?.code == .invalidArgument)
        disk.flipBit(2, ofByte: 500, in: "/backup/journal/00000002.log")
        let damaged = await #expect(throws: CatalogError.self) {
            try await Catalog.restore(from: "/backup", to: "/new", disk: disk)
        }
        #expect(damaged?.code == .isCorrupt && damaged?.message.contains("00000002.log") == true)
        #expect(try disk.info("/new/manifest") == nil)
    }

    @Test("verifying names every flipped bit of the records by file and offset, and only those")
    func verification() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        for index in 0..<60 { try await store.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
        #expect(try await store.catalog.verify().findings == [])
        let opened = await #expect(throws: CatalogError.self) { try await Catalog.verify(at: "/store", disk: disk) }
        #expect(opened?.code == .isLocked)
        try await store.catalog.close()
        let report = try await Catalog.verify(at: "/store", disk: disk)
        #expect(report.isIntact && report.tornByteCount == 0 && report.operationCount >= 60)
        for offset in stride(from: 0, to: 5_000, by: 97) {
            let damaged = disk.restarted(after: .kept)
            damaged.flipBit(offset % 8, ofByte: offset, in: "/store/journal/00000001.log")
            let findings = try await Catalog.verify(at: "/store", disk: damaged).findings
            let isNamed = findings.contains { finding in
                finding.path.hasSuffix("00000001.log") && finding.offset <= offset
                    && offset < finding.offset + finding.byteCount
            }
            #expect(isNamed, "offset \(offset): \(findings)")
        }
    }

    @Test("a repair saves all but what is damaged, and names that by file, offset and key")
    func repair() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        for index in 0..<100 { try await store.put("k\(index)", [UInt8](repeating: UInt8(index), count: 300)) }
        for index in 0..<10 { try await store.delete("k\(index)") }
        let version = try #require(try store.table.entry(Key(partition: "k50"))?.version)
        try await store.catalog.close()
        // The value of one item, and a whole record's header.
        let places = [(1, 2_000), (2, 3_000)]
        for (segment, offset) in places { disk.flipBit(1, ofByte: offset, in: "/store/journal/0000000\(segment).log") }
        let unopened = await #expect(throws: CatalogError.self) { _ = try await MaintainedStore(disk) }
        #expect(unopened?.code == .isCorrupt)

        let report = try await Catalog.repair(
            at: "/store",
            into: "/repaired",
            segmentByteCountMax: 8_192,
            disk: disk,
            freshStoreID: 6
        )
        #expect(report.verification.findings.count == 2)
        let lost = Set(report.verification.findings.compactMap { $0.key?.description })
        #expect(lost.count == 2)
        let repaired = try await MaintainedStore(disk, at: "/repaired")
        var missing = 0
        for (name, value) in store.model {
            let key = Key(partition: name)
            if let found = try repaired.table.get(key) {
                #expect(found == value)
            } else {
                #expect(lost.contains(key.description))
                missing += 1
            }
        }
        #expect(missing <= 2)
        for index in 0..<10 where !lost.contains(Key(partition: "k\(index)").description) {
            #expect(try repaired.table.get(Key(partition: "k\(index)")) == nil)
        }
        #expect(try repaired.table.entry(Key(partition: "k50"))?.version == version)
        let (next, entry) = (try await repaired.table.put([1], for: Key(partition: "new")), version)
        #expect(next.version > entry)
        #expect(try await repaired.catalog.verify().isIntact)
    }

    @Test("a store without its manifest, and one without a file, are repaired from what is left")
    func missingFiles() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        for index in 0..<100 { try await store.put("k\(index)", [UInt8](repeating: UInt8(index), count: 300)) }
        try await store.catalog.close()
        for name in ["/store/manifest", "/store/journal/00000003.log"] {
            let damaged = disk.restarted(after: .kept)
            try damaged.remove(name)
            let report = try await Catalog.repair(
                at: "/store",
                into: "/repaired",
                segmentByteCountMax: 8_192,
                disk: damaged,
                freshStoreID: 6
            )
            #expect(report.verification.findings.contains { $0.path == name })
            let repaired = try await MaintainedStore(damaged, at: "/repaired")
            #expect(try repaired.table.get(Key(partition: "k99")) == store.model["k99"])
            #expect(report.itemCount > 70)
        }
    }

    @Test("each can be broken off")
    func cancellation() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        for index in 0..<60 { try await store.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
        let catalog = store.catalog
        let task = Task { try await catalog.verify() }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(try await catalog.verify().isIntact)
    }

    @Test("a catalog is not backed up onto itself, nor onto another catalog")
    func ontoItself() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        for index in 0..<60 { try await store.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
        try await store.catalog.backUp(to: "/backup")
        try await Catalog.restore(from: "/backup", to: "/other", disk: disk)
        let other = try await MaintainedStore(disk, at: "/other")
        for path in ["/store", "/other"] {
            let refused = await #expect(throws: CatalogError.self) { try await store.catalog.backUp(to: path) }
            #expect(refused?.code == .invalidArgument)
        }
        for index in 0..<60 { try await store.put("k\(index)", [UInt8](repeating: 2, count: 300)) }
        try await store.catalog.close()
        try await other.catalog.close()
        try await MaintainedStore(disk).check(store.model, keyCount: 60)
    }

    @Test("a store that was restored does not take another time's files for its own in an old backup")
    func timelines() async throws {
        let disk = SimulatedFileSystem()
        var first = try await MaintainedStore(disk)
        for index in 0..<60 { try await first.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
        try await first.catalog.backUp(to: "/one")
        for index in 0..<60 { try await first.put("k\(index)", [UInt8](repeating: 2, count: 300)) }
        try await first.catalog.backUp(to: "/two")
        try await Catalog.restore(from: "/one", to: "/restored", disk: disk)
        var second = try await MaintainedStore(disk, at: "/restored")
        for index in 0..<60 { try await second.put("k\(index)", [UInt8](repeating: 3, count: 300)) }
        let report = try await second.catalog.backUp(to: "/two")
        #expect(report.copiedSegmentCount > 0)
        try await Catalog.restore(from: "/two", to: "/again", disk: disk)
        try await MaintainedStore(disk, at: "/again").check(second.model, keyCount: 60)
    }

    @Test("a damaged file of the store never takes the place of a sound one in its backup")
    func damagedSource() async throws {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk)
        for index in 0..<60 { try await store.put("k\(index)", [UInt8](repeating: 1, count: 300)) }
        try await store.catalog.backUp(to: "/backup")
        disk.flipBit(2, ofByte: 500, in: "/store/journal/00000002.log")
        let refused = await #expect(throws: CatalogError.self) { try await store.catalog.backUp(to: "/backup") }
        #expect(refused?.code == .isCorrupt && refused?.message.contains("00000002.log") == true)
        try await Catalog.restore(from: "/backup", to: "/new", disk: disk)
        try await MaintainedStore(disk, at: "/new").check(store.model, keyCount: 60)
    }

    @Test("where there is nothing, there is nothing to verify, restore or repair")
    func nothing() async throws {
        let disk = SimulatedFileSystem()
        var codes: [CatalogError.Code?] = []
        codes.append(await catalogErrorCode { _ = try await Catalog.verify(at: "/none", disk: disk) })
        codes.append(await catalogErrorCode { try await Catalog.restore(from: "/none", to: "/new", disk: disk) })
        codes.append(
            await catalogErrorCode {
                _ = try await Catalog.repair(
                    at: "/none",
                    into: "/new",
                    segmentByteCountMax: 8_192,
                    disk: disk,
                    freshStoreID: 6
                )
            }
        )
        #expect(codes == [.invalidArgument, .invalidArgument, .invalidArgument])
    }
}
