import ObjectVault
import VitrineIO
import VitrineTestSupport

extension VaultFuzzing {
    /// Takes bytes as changes to the packs of a small vault, whose checksums are then put right or not: opening, reading,
    /// mending, verifying and collecting end, with the right bytes or a typed error.
    ///
    /// The first byte says whether checksums are put right; then each five are one change: the file, the offset and the
    /// byte's new value, or with an odd fifth byte the length that the file is cut to.
    public static func pack(_ bytes: [UInt8]) {
        wait { await damagedPacks(bytes) }
    }

    private static func damagedPacks(_ bytes: [UInt8]) async {
        guard let whole = await SmallVault.shared.value else { return hold(false, "the small vault was not made") }
        guard let first = bytes.first, bytes.count >= 6 else { return }
        let disk = whole.disk.restarted(after: .kept)
        var changes = bytes.dropFirst()
        while changes.count >= 5, let file = changes.first {
            let change = Array(changes.prefix(5))
            changes = changes.dropFirst(5)
            let path = whole.packs[Int(file) % whole.packs.count]
            guard var contents = disk.contents(ofFile: path), !contents.isEmpty else { continue }
            let offset = (Int(change[1]) << 8 | Int(change[2])) % contents.count
            if change[4] & 1 == 1 {
                contents.removeLast(contents.count - offset)
            } else {
                contents[offset] = change[3]
            }
            if first & 1 == 1 { putRight(&contents) }
            do {
                try disk.install(contents, at: path)
            } catch {
                hold(false, "the simulated disk took no file")
            }
        }
        await whole.examine(disk, first & 1 == 1 ? .checksums : .none)
    }

    /// Puts the checksums of a pack's header and of its records right, as far as their lengths lead to them.
    private static func putRight(_ bytes: inout [UInt8]) {
        guard bytes.count >= 32 else { return }
        bytes.replaceUInt32(at: 28, with: CRC32C.checksum(of: bytes.span.extracting(0..<28)))
        var start = 32
        while start + 80 <= bytes.count {
            let payload = Int(bytes[start + 12]) | Int(bytes[start + 13]) << 8
            let overhead = bytes[start + 7] == 1 ? 20 : 4
            let end = start + 80 + payload + overhead
            bytes.replaceUInt32(at: start + 76, with: CRC32C.checksum(of: bytes.span.extracting(start..<start + 76)))
            guard end <= bytes.count else { return }
            // One frame: the chunks are small. Its number is 0, then come eight bytes of the digest in reverse.
            var checksum = CRC32C()
            checksum.update(([UInt8](repeating: 0, count: 8) + bytes[start + 16..<start + 24].reversed()).span)
            checksum.update(bytes.span.extracting(start + 84..<end))
            bytes.replaceUInt32(at: start + 80, with: checksum.value)
            start = end
        }
    }
}
