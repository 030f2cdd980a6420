import CatalogKV
import VitrineIO
import VitrineTestSupport

extension CatalogFuzzing {
    /// Takes bytes as a checkpoint's file, and as a block whose checksums are right but whose content is the fuzzer's:
    /// loading ends with a finding, or gives an index that holds what is stated.
    public static func checkpoint(_ bytes: [UInt8]) {
        load(bytes, partitionCounts: [4])
        guard let first = bytes.first else { return }
        load(file(block: Array(bytes.dropFirst()), entryCount: UInt64(first)), partitionCounts: [4, 16])
    }

    private static func load(_ file: [UInt8], partitionCounts: [Int]) {
        let disk = SimulatedFileSystem()
        guard (try? disk.createDirectories("/store")) != nil,
            (try? disk.install(file, at: "/store/checkpoint-00000001")) != nil
        else { return hold(false, "the simulated disk took no file") }
        let loader = CheckpointLoader(disk: disk, directory: "/store")
        for count in partitionCounts {
            let index = VersionedIndex(partitionCount: count)
            do {
                let loaded = try loader.load(1, storeID: 7, into: index) { _ in }
                index.publish(loaded.header.snapshotSequence)
                hold(index.usage.keyCount == loaded.header.entryCount, "other keys than entries")
                let upper = [UInt8](repeating: 0xFF, count: 8)
                for partition in 0..<count {
                    index.scan(partition, from: Span(), to: upper.span, at: index.visible, reversed: false) {
                        key,
                        version in
                        hold(index.partition(of: key) == partition, "a key in another's partition")
                        hold(version.sequence <= index.visible, "a version of the future")
                        return true
                    }
                }
                var visited = 0
                try loader.visit(1, storeID: 7) { _, _ in visited += 1 }
                hold(visited == loaded.header.entryCount, "other entries are handed over")
            } catch {
                hold(error.offset >= 0, "a place before the file")
                hold(index.usage.keyCount == 0, "something is left of a checkpoint that was refused")
            }
        }
    }

    /// A checkpoint of store 7 with one block.
    private static func file(block content: [UInt8], entryCount: UInt64) -> [UInt8] {
        var identity: [UInt8] = []
        for number: UInt64 in [7, 1] { identity.appendLittleEndian(number) }
        var block: [UInt8] = []
        for number in [UInt32(16 + content.count), 0, UInt32(truncatingIfNeeded: entryCount)] {
            block.appendLittleEndian(number)
        }
        block += content
        var checksum = CRC32C(CRC32C.checksum(of: identity.span))
        checksum.update(block.span)
        var whole: [UInt8] = []
        whole.appendLittleEndian(checksum.value)
        whole += block

        var directory: [UInt8] = []
        directory.appendLittleEndian(UInt64(104))
        directory.appendLittleEndian(UInt32(whole.count))
        directory.appendLittleEndian(UInt32(0))

        var head = Array("VitrKVC\n".utf8)
        for number: UInt32 in [1, 4] { head.appendLittleEndian(number) }
        head += identity
        for number: UInt32 in [1, 48] { head.appendLittleEndian(number) }
        for number: UInt64 in [1, 1 << 20, entryCount, 0] { head.appendLittleEndian(number) }
        head.appendLittleEndian(CheckpointHeader.partitionProof)
        head.appendLittleEndian(UInt64(104 + whole.count))
        for number: UInt32 in [1, 0, CRC32C.checksum(of: directory.span)] { head.appendLittleEndian(number) }
        head.appendLittleEndian(CRC32C.checksum(of: head.span))
        return head + whole + directory
    }
}
