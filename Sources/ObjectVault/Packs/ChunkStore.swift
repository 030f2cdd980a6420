internal import Glibc
internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// Chunks that were found damaged beyond repair: equal ones that are put are stored anew, and heal them.
final class DamagedChunks: Sendable {
    private let ids: Locked<Set<Int64>>

    init(_ ids: [Int64]) {
        self.ids = Locked(Set(ids))
    }

    func contains(_ id: Int64) -> Bool { ids.withLock { $0.contains(id) } }

    func insert(_ id: Int64) {
        ids.withLock { _ = $0.insert(id) }
    }

    func remove(_ id: Int64) {
        ids.withLock { _ = $0.remove(id) }
    }
}

/// Reads chunks from wherever they are, and from another copy where the first is damaged.
struct ChunkStore: Sendable {
    let metadata: MetadataStore
    let packs: PackSet
    let damaged: DamagedChunks
    let reader: ChunkReader
    let cache = PlaceCache()

    /// A chunk as a whole, held against its digest.
    func chunk(_ place: ChunkPlace) throws -> [UInt8] {
        try attempt(place) { place, row, copy in
            let record = try read(0..<place.storedBytes, of: place, row, copy: copy)
            return try reader.chunk(in: record, digest: place.digest)
        }
    }

    /// Bytes of a chunk, held against the checksums of their frames.
    func bytes(_ range: Range<Int>, of place: ChunkPlace) throws -> [UInt8] {
        try attempt(place) { place, row, copy in
            let (part, frames) = ChunkReader.part(range, of: place)
            let bytes = try read(part, of: place, row, copy: copy)
            if let frames {
                return try ChunkReader.bytes(range, inFrames: frames, bytes, digest: place.digest)
            }
            return try reader.bytes(range, in: bytes, digest: place.digest)
        }
    }

    /// A chunk's record as it stands, its chunk held against the digest.
    func record(_ place: ChunkPlace) throws -> (record: [UInt8], chunk: [UInt8]) {
        try attempt(place) { place, row, copy in
            let record = try read(0..<place.storedBytes, of: place, row, copy: copy)
            return (record, try reader.chunk(in: record, digest: place.digest))
        }
    }

    /// How many copies of a pack can be tried; an erasure-coded one mends itself while it is read.
    static func copyCount(_ row: PackRow) -> Int { row.isErasureCoded ? 1 : row.shardCount }

    /// Bytes of a record out of one copy.
    func read(_ part: Range<Int>, of place: ChunkPlace, _ row: PackRow, copy: Int) throws -> [UInt8] {
        let start = place.offset + Int64(part.lowerBound)
        if row.isErasureCoded { return try ErasurePack(row, packs: packs).read(part.count, at: start) }
        let file = try packs.file(row, shard: copy)
        return try file.readBytes(part.count, at: start)
    }

    /// Tries copy after copy; and anew where the chunk is now, when its pack is gone because it was moved meanwhile.
    private func attempt<Value>(
        _ place: ChunkPlace,
        _ body: (ChunkPlace, PackRow, _ copy: Int) throws -> Value
    ) throws -> Value {
        var place = place
        var isAnew = false
        while true {
            var failure: any Error = ChunkFault.damaged(offset: 0, "the pack \(place.pack) is gone")
            if let row = packs.row(place.pack) {
                for copy in 0..<Self.copyCount(row) {
                    do {
                        return try body(place, row, copy)
                    } catch {
                        failure = error
                    }
                }
            }
            let now = try metadata.read { try $0.chunk(place.id) }
            guard let now, now != place || !isAnew else {
                let error = explain(failure, now ?? place)
                if error.code == .isCorrupt { damaged.insert(place.id) }
                throw error
            }
            isAnew = true
            place = now
            cache.note(now)
        }
    }

    /// What a fault means to who reads the object.
    func explain(_ error: any Error, _ place: ChunkPlace) -> VaultError {
        let path: String
        if let row = packs.row(place.pack) {
            path = (try? packs.places.path(row, shard: 0)) ?? "the pack \(place.pack)"
        } else {
            path = "the pack \(place.pack)"
        }
        switch error {
        case let error as VaultError: return error
        case let error as IOError where error.errno != ENOENT: return VaultError(error, "a chunk cannot be read")
        case ChunkFault.damaged(let offset, let words):
            return VaultError(
                .isCorrupt,
                "chunk \(place.digest) is damaged at offset \(place.offset + Int64(offset)) of \(path): \(words); put "
                    + "the object again, or restore the file from a copy",
                cause: error
            )
        case ChunkFault.unsupported(let words):
            return VaultError(
                .unsupportedFormat,
                "a chunk in \(path) has \(words), which this build does not read: use a later release, or one built "
                    + "with the trait",
                cause: error
            )
        case ChunkFault.keyMissing(let number, let cause):
            return VaultError(
                .keyUnavailable,
                "the data key \(number) is not to be had: open the vault with the KeyProvider that wrapped it",
                cause: cause
            )
        default:
            return VaultError(
                .isCorrupt,
                "chunk \(place.digest) is missing, its file should be \(path): restore that from a copy",
                cause: error
            )
        }
    }
}
