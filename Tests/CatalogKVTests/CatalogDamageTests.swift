import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Of damaged files, a catalog")
struct CatalogDamageTests {
    /// A store of a few records in one segment, closed or broken off, and what it holds after each record.
    private static func store(isClosed: Bool) async throws -> (disk: SimulatedFileSystem, states: [ModelStore]) {
        let disk = SimulatedFileSystem()
        let catalog = try await openCatalog(on: disk)
        let steps: [ModelStep] = [
            .put(Key(partition: "a", sort: "1"), [1, 2, 3], .synced),
            .put(Key(partition: "b", sort: "1"), Array("a value of some length".utf8), .synced),
            .batch([
                .put(Key(partition: "a", sort: "1"), [9], .synced), .put(Key(partition: "c", sort: "1"), [7], .synced),
            ]),
            .delete(Key(partition: "b", sort: "1")),
        ]
        var states = [ModelStore()]
        for step in steps {
            try await step.perform(on: catalog)
            var next = states[states.count - 1]
            next.apply(step)
            states.append(next)
        }
        if isClosed { try await catalog.close() } else { disk.crash() }
        return (disk.restarted(after: .kept), states)
    }

    @Test("that was closed names every flipped bit, but in the closing mark, which holds nothing")
    func flipsAfterClose() async throws {
        let (disk, states) = try await CatalogDamageTests.store(isClosed: true)
        let size = disk.contents(ofFile: segmentPath(1))?.count ?? 0
        #expect(size > 200)
        try await disk.withEachBitFlipped(of: segmentPath(1)) { disk, offset, bit in
            // One bit of each byte, by turns, so that every place and every bit has its turn.
            guard bit == offset % 8 else { return }
            do {
                let catalog = try await openCatalog(on: disk)
                let found = try ModelStore(reading: catalog, partitions: ModelStep.partitions)
                #expect(offset >= size - 24, "bit \(bit) of byte \(offset) went unnoticed")
                #expect(found == states[states.count - 1])
                #expect(catalog.statistics.replay.tornByteCount == 24)
            } catch let error as CatalogError {
                #expect(error.code == .isCorrupt && offset < size - 24, "bit \(bit) of byte \(offset): \(error)")
                #expect(error.message.contains("/store/journal/00000001.log at offset"))
            }
        }
    }

    @Test("that was broken off never returns flipped bits: it names them, or drops the last record as a torn tail")
    func flipsAfterKill() async throws {
        let (disk, states) = try await CatalogDamageTests.store(isClosed: false)
        var droppedFrom: Int?
        try await disk.withEachBitFlipped(of: segmentPath(1)) { disk, offset, bit in
            guard bit == (offset + 3) % 8 else { return }
            do {
                let catalog = try await openCatalog(on: disk)
                let found = try ModelStore(reading: catalog, partitions: ModelStep.partitions)
                droppedFrom = droppedFrom ?? offset
                // The last record's place is the only one that no later record vouches for.
                #expect(found == states[states.count - 2], "bit \(bit) of byte \(offset)")
                #expect(catalog.statistics.replay.tornByteCount > 0)
            } catch let error as CatalogError {
                #expect(error.code == .isCorrupt && droppedFrom == nil, "bit \(bit) of byte \(offset): \(error)")
                #expect(error.message.contains("/store/journal/00000001.log at offset"))
            }
        }
        let size = disk.contents(ofFile: segmentPath(1))?.count ?? 0
        #expect(droppedFrom.map { size - $0 == 24 + 6 } == true, "the delete of b / 1, from its first byte on")
    }

    @Test("opens every length that its last file can be cut to behind the header, with the whole records that are left")
    func truncations() async throws {
        let (disk, states) = try await CatalogDamageTests.store(isClosed: false)
        var seen = 0
        try await disk.withEachTruncation(of: segmentPath(1)) { disk, length in
            guard length >= 48 else {
                // A header is written before the file gets its name: no crash leaves a part of it.
                #expect(await code { _ = try await openCatalog(on: disk) } == .isCorrupt)
                return
            }
            let catalog = try await openCatalog(on: disk)
            let found = try ModelStore(reading: catalog, partitions: ModelStep.partitions)
            if seen + 1 < states.count, found == states[seen + 1] { seen += 1 }
            #expect(found == states[seen], "cut to \(length)")
            try await catalog.put([1], for: Key(partition: "a", sort: "new"))
            try await catalog.close()
            let again = try await openCatalog(on: disk)
            #expect(try again.value(for: Key(partition: "a", sort: "new")) == [1])
            #expect(again.statistics.replay.tornByteCount == 0, "what was torn was cut off")
            try await again.close()
        }
        #expect(seen == states.count - 2, "each record appears as soon as it is whole")
    }

    /// A store of three segments.
    private static func longStore() async throws -> SimulatedFileSystem {
        let disk = SimulatedFileSystem()
        let catalog = try await openCatalog(on: disk)
        for number in 0..<9 {
            try await catalog.put([UInt8](repeating: 1, count: 1_000), for: Key(partition: "\(number)"))
        }
        #expect(catalog.statistics.segmentCount == 3)
        try await catalog.close()
        return disk
    }

    @Test("names a damaged record in an earlier file, and a file that lacks its end")
    func earlierSegments() async throws {
        for offset in [48, 60, 900, 3_000] {
            let disk = try await CatalogDamageTests.longStore()
            disk.flipBit(1, ofByte: offset, in: segmentPath(2))
            #expect(await code { _ = try await openCatalog(on: disk) } == .isCorrupt, "byte \(offset)")
        }
        let disk = try await CatalogDamageTests.longStore()
        let bytes = try #require(disk.contents(ofFile: segmentPath(1)))
        for length in [bytes.count - 24, bytes.count - 1, 48, 0] {
            try disk.install(Array(bytes[..<length]), at: segmentPath(1))
            #expect(await code { _ = try await openCatalog(on: disk) } == .isCorrupt, "cut to \(length)")
        }
        try disk.install(bytes + [0], at: segmentPath(1))
        #expect(await code { _ = try await openCatalog(on: disk) } == .isCorrupt)
        try disk.install(bytes, at: segmentPath(1))
        try await openCatalog(on: disk).close()
    }

    @Test("names a file that is missing, misnamed, or of another store")
    func strangers() async throws {
        let disk = try await CatalogDamageTests.longStore()
        let first = try #require(disk.contents(ofFile: segmentPath(1)))
        let second = try #require(disk.contents(ofFile: segmentPath(2)))
        try disk.remove(segmentPath(2))
        do {
            _ = try await openCatalog(on: disk)
            Issue.record("a missing segment went unnoticed")
        } catch let error as CatalogError {
            #expect(error.code == .isCorrupt && error.message.contains("00000002.log"))
        }
        try disk.install(first, at: segmentPath(2))
        #expect(await code { _ = try await openCatalog(on: disk) } == .isCorrupt)

        let other = SimulatedFileSystem()
        let catalog = try await Catalog.open(
            at: "/store",
            configuration: CatalogConfiguration(segmentByteCountMax: 4_096),
            disk: other,
            freshStoreID: 99
        )
        for number in 0..<9 {
            try await catalog.put([UInt8](repeating: 1, count: 1_000), for: Key(partition: "\(number)"))
        }
        try await catalog.close()
        try disk.install(try #require(other.contents(ofFile: segmentPath(2))), at: segmentPath(2))
        #expect(await code { _ = try await openCatalog(on: disk) } == .isCorrupt)
        try disk.install(second, at: segmentPath(2))
        try await openCatalog(on: disk).close()
    }

    @Test("refuses a file of a newer format, and says so")
    func newerFormat() async throws {
        let (disk, _) = try await CatalogDamageTests.store(isClosed: true)
        var bytes = try #require(disk.contents(ofFile: segmentPath(1)))
        bytes[8] = 2
        bytes.replaceUInt32(at: 44, with: CRC32C.checksum(of: bytes.span.extracting(0..<44)))
        try disk.install(bytes, at: segmentPath(1))
        do {
            _ = try await openCatalog(on: disk)
            Issue.record("a newer format was opened")
        } catch let error as CatalogError {
            #expect(error.code == .unsupportedFormat && error.message.contains("format 2"))
        }
    }

    @Test("notices at each read when a value changed under it, in mapped files and in the newest one")
    func changedWhileOpen() async throws {
        let disk = try await CatalogDamageTests.longStore()
        let catalog = try await openCatalog(on: disk)
        for (key, number) in [("0", 1), ("6", 3)] {
            let bytes = try #require(disk.contents(ofFile: segmentPath(number)))
            let offset = try #require(bytes.firstRange(of: [UInt8](repeating: 1, count: 100))).lowerBound
            disk.flipBit(0, ofByte: offset + 500, in: segmentPath(number))
            #expect(await code { _ = try catalog.value(for: Key(partition: key)) } == .isCorrupt, "segment \(number)")
            disk.flipBit(0, ofByte: offset + 500, in: segmentPath(number))
            #expect(try catalog.value(for: Key(partition: key))?.count == 1_000)
        }
        try await catalog.close()
    }
}
