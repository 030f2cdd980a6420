internal import Glibc
internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// The directories and stores that packs are in, by the numbers that the metadata have for them.
struct PackPlaces: Sendable {
    /// A directory, or a host's store.
    enum Place: Sendable {
        case directory(String)
        case store(any TierStore)
    }

    private(set) var places: [Int64: Place] = [:]
    private(set) var byTier: [Tier: [Int64]] = [:]
    let disk: any FileSystem

    /// Gives the configuration's directories their numbers.
    init(_ database: Database, directory: VaultDirectory, configuration: VaultConfiguration) throws {
        disk = directory.disk
        for tier in Tier.allCases {
            let wanted = configuration[tier]
            if let store = wanted.store {
                let id = try PackPlaces.number(of: "store", tier, database)
                places[id] = .store(store)
                byTier[tier] = [id]
                continue
            }
            for path in wanted.directories {
                let id = try PackPlaces.number(of: path, tier, database)
                places[id] = .directory(path.hasPrefix("/") ? path : directory.path.appendingPath(path))
                byTier[tier, default: []].append(id)
            }
        }
    }

    private static func number(of path: String, _ tier: Tier, _ database: Database) throws -> Int64 {
        let tier = Int64(tier.rawValue)
        if let id = try database.first(.selectDirectory, tier, path, read: { $0.int64(0) }) { return id }
        try database.run(.insertDirectory, tier, path)
        return database.lastInsertedID
    }

    /// The path of a shard's file.
    ///
    /// - Throws: `IOError` with `ENOENT` when the configuration does not have its directory any more.
    func path(_ pack: PackRow, shard: Int) throws(IOError) -> String {
        let name = PackRow.fileName(pack: pack.id, shard: shard)
        guard case .directory(let path) = places[pack.directories[shard]] else {
            let detail = "the configuration has no directory \(pack.directories[shard])"
            throw IOError(.open, path: name, errno: ENOENT, detail: detail)
        }
        return path.appendingPath(name)
    }

    /// Opens a shard for reading.
    func open(_ pack: PackRow, shard: Int) throws(IOError) -> any StorageFile {
        if case .store(let store) = places[pack.directories[shard]] {
            return StoredShard(store: store, name: PackRow.fileName(pack: pack.id, shard: shard))
        }
        return try disk.open(try path(pack, shard: shard), .read)
    }

    /// Makes a new, empty shard; its directory too, if that is missing.
    func create(_ pack: PackRow, shard: Int) throws(IOError) -> any StorageFile {
        let path = try path(pack, shard: shard)
        // Also where it is there: whoever made it may have failed to make its name safe.
        try disk.createDirectories(path.parentDirectory)
        return try disk.open(path, .createNew)
    }

    /// Makes the names of a pack's shards safe from a crash.
    func synchronizeNames(_ pack: PackRow) throws(IOError) {
        for shard in 0..<pack.shardCount {
            try disk.synchronizeDirectory(try path(pack, shard: shard).parentDirectory)
        }
    }

    /// Removes a pack's shards, as far as they are there; returns whether all are gone.
    @discardableResult
    func remove(_ pack: PackRow) -> Bool {
        var isGone = true
        for shard in 0..<pack.shardCount {
            do {
                if case .store(let store) = places[pack.directories[shard]] {
                    try store.remove(name: PackRow.fileName(pack: pack.id, shard: shard))
                } else {
                    try disk.remove(try path(pack, shard: shard))
                }
            } catch {
                if (error as? IOError)?.errno != ENOENT { isGone = false }
            }
        }
        return isGone
    }

    /// Removes the files of packs that the metadata do not have: of those a crash left some half-made, others unremoved.
    func removeUnknown(_ known: Set<Int64>) throws {
        for place in places.values {
            switch place {
            case .directory(let path):
                guard try disk.info(path) != nil else { continue }
                for name in try disk.list(path) {
                    if let pack = PackRow.pack(ofFile: name), !known.contains(pack) {
                        try disk.remove(path.appendingPath(name))
                    }
                }
            case .store(let store):
                for name in try store.list() {
                    if let pack = PackRow.pack(ofFile: name), !known.contains(pack) { try store.remove(name: name) }
                }
            }
        }
    }
}

/// A shard in a host's store, as a file that can be read.
final class StoredShard: StorageFile {
    let path: String
    private let store: any TierStore

    init(store: any TierStore, name: String) {
        self.store = store
        path = name
    }

    func size() throws(IOError) -> Int64 {
        do {
            if let size = try store.size(name: path) { return size }
        } catch {
            throw IOError(.info, path: path, errno: EIO, detail: "\(error)")
        }
        throw IOError(.info, path: path, errno: ENOENT, detail: "the store has no such file")
    }

    func read(into buffer: inout MutableSpan<UInt8>, at offset: Int64) throws(IOError) -> Int {
        let bytes: [UInt8]
        do {
            bytes = try store.read(buffer.count, at: offset, name: path)
        } catch {
            throw IOError(.read, path: path, offset: offset, errno: EIO, detail: "\(error)")
        }
        guard bytes.count <= buffer.count else {
            throw IOError(.read, path: path, offset: offset, errno: EIO, detail: "more bytes than were asked for")
        }
        for index in bytes.indices { buffer[index] = bytes[index] }
        return bytes.count
    }

    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(IOError) -> Int { throw refusal(.write) }
    func truncate(to size: Int64) throws(IOError) { throw refusal(.truncate) }
    func preallocate(to size: Int64) throws(IOError) { throw refusal(.allocate) }
    func synchronize() throws(IOError) { throw refusal(.synchronize) }
    func map(count: Int) throws(IOError) -> FileMapping { throw refusal(.map) }
    func mapWritable(count: Int) throws(IOError) -> WritableMapping { throw refusal(.map) }
    func close() throws(IOError) {}

    private func refusal(_ operation: IOError.Operation) -> IOError {
        IOError(operation, path: path, errno: EROFS, detail: "a host's store takes whole files only")
    }
}

extension Query {
    static let selectDirectory = Query("SELECT id FROM directory WHERE tier = ?1 AND path = ?2")
    static let insertDirectory = Query("INSERT INTO directory (tier, path) VALUES (?1, ?2)")
}
