internal import VitrineIO
internal import VitrineSQLite

/// A pack's row: which tier it belongs to, and where its shards are.
struct PackRow: Sendable, Equatable {
    var id: Int64
    var tier: Tier
    /// 1 for whole copies; otherwise the pack is cut into so many parts.
    var dataShards: Int
    /// Copies beside the first, or parity parts.
    var parityShards: Int
    /// The directory of each shard.
    var directories: [Int64]
    /// Bytes of the pack as a whole, once it is sealed.
    var bytes: Int64
    var isSealed: Bool
    /// When all of it was last read and found well; milliseconds since 1970.
    var scrubbed: Int64

    var shardCount: Int { directories.count }
    var isErasureCoded: Bool { dataShards > 1 }

    /// The name of a shard's file: made of numbers, so that it cannot lead out of its directory.
    static func fileName(pack: Int64, shard: Int) -> String { "\(pack).\(shard).pack" }

    /// The pack that a file belongs to; `nil` for what is none of ours.
    static func pack(ofFile name: String) -> Int64? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[2] == "pack", let pack = Int64(parts[0]), let shard = Int(parts[1]), pack > 0,
            fileName(pack: pack, shard: shard) == name
        else { return nil }
        return pack
    }
}

/// What every shard begins with: 32 bytes, little-endian: "VPCK", version 1, data shards, parity shards, the shard's
/// number (a byte each), the pack (8 bytes), zeros (12 bytes), CRC-32C of all before (4 bytes).
enum ShardHeader {
    static let byteCount = 32
    private static let magic = Array("VPCK".utf8)

    static func encoded(_ pack: PackRow, shard: Int) -> [UInt8] {
        var bytes = magic
        bytes += [1, UInt8(pack.dataShards), UInt8(pack.parityShards), UInt8(shard)]
        bytes.appendLittleEndian(pack.id)
        bytes += [UInt8](repeating: 0, count: 12)
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return bytes
    }
}

extension Database {
    /// More bytes than any pack has: what metadata state beyond is damage, and too large to be reckoned with.
    private static let packBytesMax: Int64 = 1 << 50

    func packs() throws -> [PackRow] {
        try all(.selectPacks) { row -> PackRow? in
            let places = row.bytes(4)
            var reader = ByteReader(places.span)
            var directories: [Int64] = []
            while let directory = reader.readInt64() { directories.append(directory) }
            guard let tier = Tier(rawValue: row.int(1)), (1...255).contains(row.int(2)), (0...254).contains(row.int(3)),
                directories.count == row.int(2) + row.int(3), (0...Self.packBytesMax).contains(row.int64(5))
            else { return nil }
            return PackRow(
                id: row.int64(0),
                tier: tier,
                dataShards: row.int(2),
                parityShards: row.int(3),
                directories: directories,
                bytes: row.int64(5),
                isSealed: row.int64(6) == 1,
                scrubbed: row.int64(7)
            )
        }.compactMap(\.self)
    }

    /// Makes a pack's row and returns it with its number.
    func insertPack(_ pack: PackRow) throws -> PackRow {
        var directories: [UInt8] = []
        for directory in pack.directories { directories.appendLittleEndian(directory) }
        try run(
            .insertPack,
            Int64(pack.tier.rawValue),
            Int64(pack.dataShards),
            Int64(pack.parityShards),
            directories,
            pack.scrubbed
        )
        var made = pack
        made.id = lastInsertedID
        return made
    }

    func sealPack(_ id: Int64, bytes: Int64) throws {
        try run(.sealPack, bytes, id)
    }

    /// Where the last chunk of a pack ends; 0 when it has none.
    func endOfChunks(inPack id: Int64) throws -> Int64 {
        try first(.selectPackEnd, id) { $0.int64(0) } ?? 0
    }
}

extension Query {
    static let selectPacks = Query(
        "SELECT id, tier, data_shards, parity_shards, directories, bytes, is_sealed, scrubbed FROM pack"
    )
    static let insertPack = Query(
        """
        INSERT INTO pack (tier, data_shards, parity_shards, directories, bytes, is_sealed, scrubbed)
        VALUES (?1, ?2, ?3, ?4, 0, 0, ?5)
        """
    )
    static let sealPack = Query("UPDATE pack SET is_sealed = 1, bytes = ?1 WHERE id = ?2")
    static let deletePack = Query("DELETE FROM pack WHERE id = ?1")
    static let selectPackEnd = Query(
        "SELECT offset + stored_bytes FROM chunk WHERE pack = ?1 ORDER BY offset DESC LIMIT 1"
    )
}
