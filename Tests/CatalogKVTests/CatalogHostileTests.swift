import CatalogKV
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("A journal whose checksums hold and whose numbers cannot be")
struct CatalogHostileTests {
    @Test("a segment that starts at an operation no journal reaches is refused", arguments: [UInt64.max, 1 << 63])
    func impossibleBase(_ base: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/catalog"
        let catalog = try await Catalog.open(at: path)
        try await catalog.put([1], for: Key(partition: "a"))
        try await catalog.close()

        let segment = path + "/journal/00000001.log"
        let file = try PosixFileSystem().open(segment, .readWrite)
        var header = try file.readBytes(44, at: 0)
        for byte in 0..<8 { header[32 + byte] = UInt8(truncatingIfNeeded: base >> (8 * UInt64(byte))) }
        header.appendLittleEndian(CRC32C.checksum(of: header.span))
        try file.writeAll(header.span, at: 0)
        try file.close()

        let error = await #expect(throws: CatalogError.self) { _ = try await Catalog.open(at: path) }
        #expect(error?.code == .isCorrupt)
        #expect(error?.message.contains(segment) == true, "\(String(describing: error))")
    }
}
