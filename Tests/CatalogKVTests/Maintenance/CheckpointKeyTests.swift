import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("The keys of a checkpoint")
struct CheckpointKeyTests {
    private func makeDisk() throws -> SimulatedFileSystem {
        let disk = SimulatedFileSystem()
        try disk.createDirectories("/store")
        return disk
    }

    private func write(_ keys: [[UInt8]], expiry: Int64 = ItemVersion.never, to disk: SimulatedFileSystem) throws {
        let index = VersionedIndex(partitionCount: 4)
        for (number, key) in keys.enumerated() {
            let location = Location(segment: 1, offset: 0, byteCount: 1)
            index.apply(key.span, ItemVersion(sequence: UInt64(number + 1), expiry: expiry, location: location))
        }
        index.publish(UInt64(keys.count))
        let snapshot = index.snapshot()
        let header = CheckpointHeader(
            storeID: 7,
            number: 1,
            segment: 1,
            offset: 48,
            sequence: 1,
            snapshotSequence: UInt64(keys.count)
        )
        _ = try CheckpointWriter(disk: disk, directory: "/store")
            .write(header, of: index, at: snapshot, keyCount: keys.count) { _ in }
    }

    /// What loading finds, into an index of as many partitions and of others, and looking through.
    private func findings(_ disk: SimulatedFileSystem) -> [String?] {
        let loader = CheckpointLoader(disk: disk, directory: "/store")
        func finding(_ body: () throws -> Void) -> String? {
            do {
                try body()
                return nil
            } catch {
                return (error as? CheckpointFinding).map { "\($0.kind)" } ?? "\(error)"
            }
        }
        return [
            finding { _ = try loader.load(1, storeID: 7, into: VersionedIndex(partitionCount: 4)) { _ in } },
            finding { _ = try loader.load(1, storeID: 7, into: VersionedIndex(partitionCount: 8)) { _ in } },
            finding { try loader.visit(1, storeID: 7) { _, _ in } },
        ]
    }

    @Test("are those of items: of any other the checkpoint is refused")
    func lengths() throws {
        func key(_ partition: Int, _ sort: Int, states: Int? = nil) -> [UInt8] {
            let stated = states ?? partition
            return [0, 16, UInt8(stated >> 8), UInt8(stated & 255)] + [UInt8](repeating: 1, count: partition + sort)
        }
        let whole = [key(1, 0), key(2_048, 1_024), key(5, 3), key(2_048, 0)]
        let disk = try makeDisk()
        try write(whole, to: disk)
        #expect(findings(disk) == [nil, nil, nil])
        let broken: [[UInt8]] = [
            [], [0], [0, 16, 0], [0, 16, 0, 0], key(0, 3), key(1, 0, states: 2), key(1, 1_025), key(2_049, 0),
            key(5, 1_025),
        ]
        for bytes in broken {
            for expiry in [ItemVersion.never, 1] {
                let disk = try makeDisk()
                try write([key(5, 3), bytes], expiry: expiry, to: disk)
                #expect(findings(disk) == ["damaged", "damaged", "damaged"], "\(bytes.prefix(6)) of \(bytes.count)")
            }
        }
    }

    @Test("stand in the partition that their hash leads to")
    func partitions() throws {
        let disk = try makeDisk()
        try write([IndexModel.key(Array("one".utf8), [1]), IndexModel.key(Array("one".utf8), [2])], to: disk)
        #expect(findings(disk) == [nil, nil, nil])
        let path = "/store/checkpoint-00000001"
        var bytes = try #require(disk.contents(ofFile: path))
        // The one block's first run names its partition behind the block's header.
        bytes[104 + 16] ^= 1
        let count = Int(bytes[108]) | Int(bytes[109]) << 8
        var checksum = CRC32C(CRC32C.checksum(of: bytes.span.extracting(16..<32)))
        checksum.update(bytes.span.extracting(108..<104 + count))
        bytes.replaceNumber(checksum.value, at: 104)
        try disk.install(bytes, at: path)
        #expect(findings(disk) == ["damaged", "damaged", "damaged"])
    }
}
