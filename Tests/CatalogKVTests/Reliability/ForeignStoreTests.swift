import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

/// Files whose checksums are right and whose content no catalog wrote: only someone who means to makes them, and they
/// must end in an error like any other damage.
@Suite("Of files that were forged, a catalog")
struct ForeignStoreTests {
    private static let segment = "/store/journal/00000001.log"
    private static let second = "/store/journal/00000002.log"

    /// A closed store of a few items in two segments or more, with a checkpoint.
    private func store() async throws -> SimulatedFileSystem {
        let disk = SimulatedFileSystem()
        var store = try await MaintainedStore(disk, segmentByteCountMax: 4_096, checkpointIntervalByteCount: 1)
        for index in 0..<20 { try await store.put("k\(index)", [UInt8](repeating: UInt8(index), count: 300)) }
        try await store.catalog.close()
        return disk.restarted(after: .kept)
    }

    /// Opens, verifies and repairs: each ends, with a result or with a typed error.
    private func expectNoTrap(_ disk: SimulatedFileSystem, _ what: String, finds: Bool = true) async throws {
        do {
            let store = try await MaintainedStore(disk.restarted(after: .kept), segmentByteCountMax: 4_096)
            for index in 0..<20 { _ = try? store.table.get(Key(partition: "k\(index)")) }
            _ = try? await store.table.put([1], for: Key(partition: "new"))
            _ = try? await store.catalog.sweepExpired()
            _ = try? await store.catalog.compact()
            try? await store.catalog.close()
        } catch {
            #expect((error as? CatalogError)?.code == .isCorrupt, "\(what): \(error)")
        }
        let report = try await Catalog.verify(at: "/store", disk: disk)
        #expect(!finds || !report.isIntact || report.tornByteCount > 0, "\(what) went unnoticed")
        _ = try await Catalog.repair(
            at: "/store",
            into: "/repaired",
            segmentByteCountMax: 4_096,
            disk: disk,
            freshStoreID: 9
        )
        let repaired = try await MaintainedStore(disk, at: "/repaired", segmentByteCountMax: 4_096)
        try await repaired.table.put([1], for: Key(partition: "new"))
        try await repaired.catalog.close()
    }

    @Test("takes no segment's header by its word", arguments: [0, 1 << 49, 1 << 62, UInt64.max] as [UInt64])
    func bases(_ base: UInt64) async throws {
        for path in [Self.segment, Self.second] {
            let disk = try await store()
            var bytes = try #require(disk.contents(ofFile: path))
            bytes.replaceNumber(base, at: 32)
            let checksum = CRC32C.checksum(of: bytes.span.extracting(0..<44))
            bytes.replaceNumber(checksum, at: 44)
            try disk.install(bytes, at: path)
            try await expectNoTrap(disk, "base \(base) of \(path)")
        }
    }

    @Test(
        "takes no word of where the segment before ended",
        arguments: [0, 47, 48, 100, 1_000_000, UInt32.max] as [UInt32]
    )
    func previousEnds(_ end: UInt32) async throws {
        let disk = try await store()
        var bytes = try #require(disk.contents(ofFile: Self.second))
        bytes.replaceNumber(end, at: 40)
        let checksum = CRC32C.checksum(of: bytes.span.extracting(0..<44))
        bytes.replaceNumber(checksum, at: 44)
        try disk.install(bytes, at: Self.second)
        // Without its seal, the first segment's end hangs on that word.
        var first = try #require(disk.contents(ofFile: Self.segment))
        let seal = try #require(first.lastIndex { $0 != 0 }) + 1 - RecordHeader.byteCount
        for offset in seal..<seal + RecordHeader.byteCount { first[offset] = 0 }
        try disk.install(first, at: Self.segment)
        try await expectNoTrap(disk, "end \(end)")
    }

    @Test("takes no moved operation's number by its word", arguments: [0, 1 << 49, 1 << 50, UInt64.max] as [UInt64])
    func sequences(_ sequence: UInt64) async throws {
        let disk = try await store()
        let names = try disk.list("/store/journal").sorted()
        let path = "/store/journal/" + (try #require(names.last))
        var bytes = try #require(disk.contents(ofFile: path))
        var draft = Draft()
        draft.put(TableNumber(rawValue: 16), Key(partition: "k1"), value: [7].span, isDocument: false)
        var moved = Draft()
        draft.forEachFrame { frame, _ in moved.relocate(frame, sequence: sequence) }
        // Behind the last record, as one that follows it.
        let end = try #require(bytes.lastIndex { $0 != 0 }) + 1
        let number = try #require(SegmentHeader.number(ofFile: path.split(separator: "/").last.map(String.init) ?? ""))
        let last = Array(bytes[end - RecordHeader.byteCount..<end])
        let seed = SegmentHeader.checksumSeed(storeID: 5, number: number)
        let found = RecordHeader(last.span, at: end - RecordHeader.byteCount, seed: seed)
        let close = try #require(found)
        let header = RecordHeader(
            bodyByteCount: moved.byteCount - RecordHeader.byteCount,
            relativeSequence: close.relativeSequence,
            unsettledByteCount: 0,
            operationCount: 1,
            kind: .relocation,
            time: 1
        )
        moved.write(header, at: end, seed: seed)
        let room = bytes.count - end
        try #require(room >= moved.byteCount)
        for (index, byte) in moved.bytes.enumerated() { bytes[end + index] = byte }
        try disk.install(bytes, at: path)
        try await expectNoTrap(disk, "sequence \(sequence)")
    }

    @Test("takes no manifest's word of where the checkpoint ends", arguments: [0, 1 << 49, UInt64.max] as [UInt64])
    func manifests(_ sequence: UInt64) async throws {
        let disk = try await store()
        var bytes = try #require(disk.contents(ofFile: "/store/manifest"))
        bytes.replaceNumber(sequence, at: 40)
        let end = bytes.count - 4
        let checksum = CRC32C.checksum(of: bytes.span.extracting(0..<end))
        bytes.replaceNumber(checksum, at: end)
        try disk.install(bytes, at: "/store/manifest")
        try await expectNoTrap(disk, "sequence \(sequence)")
    }

    @Test(
        "takes no checkpoint's word of its numbers",
        arguments: [(12, 3), (12, 1 << 31), (48, 0), (48, UInt64.max)] as [(Int, UInt64)]
    )
    func checkpoints(_ offset: Int, _ number: UInt64) async throws {
        let disk = try await store()
        let names = try disk.list("/store").filter { $0.hasPrefix("checkpoint-") }
        let path = "/store/" + (try #require(names.first))
        var bytes = try #require(disk.contents(ofFile: path))
        if offset == 12 {
            bytes.replaceNumber(UInt32(truncatingIfNeeded: number), at: offset)
        } else {
            bytes.replaceNumber(number, at: offset)
        }
        let checksum = CRC32C.checksum(of: bytes.span.extracting(0..<100))
        bytes.replaceNumber(checksum, at: 100)
        try disk.install(bytes, at: path)
        try await expectNoTrap(disk, "\(number) at \(offset)")
        let again = try await MaintainedStore(disk, segmentByteCountMax: 4_096)
        #expect(again.catalog.statistics.opening.checkpointFinding != nil)
        try await again.catalog.close()
    }
}

extension [UInt8] {
    /// Writes a number over the bytes at `offset`, lowest first.
    mutating func replaceNumber<Number: FixedWidthInteger & UnsignedInteger>(_ number: Number, at offset: Int) {
        for index in 0..<MemoryLayout<Number>.size {
            self[offset + index] = UInt8(truncatingIfNeeded: number >> Number(8 * index))
        }
    }
}
