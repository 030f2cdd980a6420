import ObjectVault
import Testing
import VitrineTestSupport

@Suite("Format 1")
struct FormatTests {
    /// The object "abc", made from Docs/formats/objectvault.md by another program.
    private static let abc = bytes(
        """
        5654524e4f424a0a01000000000001000300000000000000ba7816bf8f01cfea
        414140de5dae2223b00361a396177a9cb410ff61f20015ad00000000280bc8d4
        616263352afefcb7fe5748280bc8d45654524e454e440a
        """
    )
    private static let format = bytes("5654524e564c540a01000000000000000a1d1005")
    private static let id = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    private static let path = "/vault/objects/ba/" + id

    private static func bytes(_ hex: String) -> [UInt8] {
        let digits = hex.compactMap(\.hexDigitValue)
        return stride(from: 0, to: digits.count, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }

    @Test("a vault writes the bytes that the format's description calls for")
    func writes() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk)
        #expect(try await vault.put(Array("abc".utf8)).hex == FormatTests.id)
        #expect(disk.contents(ofFile: FormatTests.path) == FormatTests.abc)
        #expect(disk.contents(ofFile: "/vault/format") == FormatTests.format)
        try await vault.close()
    }

    @Test("a vault that another program wrote is read")
    func reads() async throws {
        let disk = SimulatedFileSystem()
        for directory in ["/vault", "/vault/objects", "/vault/objects/ba"] { try disk.createDirectory(directory) }
        try disk.install(FormatTests.format, at: "/vault/format")
        try disk.install(FormatTests.abc, at: FormatTests.path)
        let vault = try await Vault.open(at: "/vault", on: disk)
        let id = try #require(ObjectID(hex: FormatTests.id))
        #expect(try vault.list() == [id])
        #expect(try vault.read(id) == Array("abc".utf8))
        #expect(try await vault.verify().isIntact)
        try await vault.close()
    }
}
