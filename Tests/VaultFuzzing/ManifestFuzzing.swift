import ObjectVault
import VitrineIO
import VitrineSQLite
import VitrineTestSupport

extension VaultFuzzing {
    /// Takes bytes as what a vault's metadata say of its objects.
    ///
    /// That is the list of an object's chunks, the place, length and encoding of a chunk, an object's length, a version's
    /// metadata and tags. Opening, listing, reading, mending, verifying and collecting end, with a result or a typed error.
    ///
    /// The first byte says which, the second of which row; what follows is the BLOB, or a number of 8 bytes.
    public static func manifest(_ bytes: [UInt8]) {
        wait { await damagedManifest(bytes) }
    }

    private static let changes = [
        "UPDATE segment SET chunks = ?1 WHERE content = ?2",
        "UPDATE version SET metadata = ?1 WHERE key = CAST(?2 AS TEXT)",
        "UPDATE version SET tags = ?1 WHERE key = CAST(?2 AS TEXT)",
        "UPDATE chunk SET digest = ?1 WHERE id = ?2",
        "UPDATE chunk SET offset = ?1 WHERE id = ?2",
        "UPDATE chunk SET raw_bytes = ?1 WHERE id = ?2",
        "UPDATE chunk SET stored_bytes = ?1 WHERE id = ?2",
        "UPDATE chunk SET encoding = ?1 WHERE id = ?2",
        "UPDATE chunk SET pack = ?1 WHERE id = ?2",
        "UPDATE content SET size = abs(?1 >> 1) WHERE id = ?2",
        "UPDATE segment SET start = ?1 WHERE content = ?2",
        "UPDATE pack SET bytes = ?1 WHERE id = ?2",
        "UPDATE pack SET directories = ?1 WHERE id = ?2",
    ]
    /// Those of them that take a BLOB.
    private static let blobs: Set = [0, 1, 2, 3, 12]

    private static func damagedManifest(_ bytes: [UInt8]) async {
        guard let whole = await SmallVault.shared.value else { return hold(false, "the small vault was not made") }
        guard bytes.count >= 2 else { return }
        let disk = whole.disk.restarted(after: .kept)
        let vfs = FileSystemVFS(disk: disk)
        do {
            let database = try Database(
                path: "/vault/metadata.sqlite3",
                role: .writer,
                vfs: vfs.name,
                cacheBytesMax: 1 << 20
            )
            let change = Int(bytes[0]) % changes.count
            let row = Int64(bytes[1] % 16)
            let rest = Array(bytes.dropFirst(2))
            let query = Query(changes[change])
            // A change that the tables refuse is none.
            if blobs.contains(change) {
                try? database.run(query, rest, row)
            } else {
                var reader = ByteReader((rest + [UInt8](repeating: 0, count: 8)).span)
                try? database.run(query, reader.readInt64() ?? 0, row)
            }
            database.close()
        } catch {
            return hold(false, "the metadata cannot be opened: \(error)")
        }
        await whole.examine(disk, .metadata)
    }
}
