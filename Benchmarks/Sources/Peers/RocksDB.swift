internal import CRocksDB
internal import Glibc

/// RocksDB behind its C interface, as its tuning guide recommends for small values in memory: full filters of 10 bits
/// per key, a block cache that holds the data, no compression, memory for 64 MiB of writes.
public final class RocksDB: @unchecked Sendable {
    // RocksDB's handles may be used from any thread; they are freed in deinit only.
    private let database: OpaquePointer
    private let read: OpaquePointer
    private let write: OpaquePointer
    private let writeSynced: OpaquePointer

    /// The version of Debian's package.
    public static let version = "7.8.3"
    /// What the benchmark states beside the figure.
    public static let settings = [
        "filter": "full, 10 bits per key", "blockCache": "1 GiB", "compression": "none", "writeBuffer": "64 MiB",
    ]

    /// Opens or creates a database.
    public init(at path: String) throws {
        let options = rocksdb_options_create()
        rocksdb_options_set_create_if_missing(options, 1)
        rocksdb_options_set_compression(options, Int32(rocksdb_no_compression))
        rocksdb_options_set_write_buffer_size(options, 64 << 20)
        let table = rocksdb_block_based_options_create()
        rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(10))
        rocksdb_block_based_options_set_block_cache(table, rocksdb_cache_create_lru(1 << 30))
        rocksdb_options_set_block_based_table_factory(options, table)
        var error: UnsafeMutablePointer<CChar>?
        guard let database = rocksdb_open(options, path, &error) else { throw PeerError(taking: error) }
        self.database = database
        read = rocksdb_readoptions_create()
        write = rocksdb_writeoptions_create()
        writeSynced = rocksdb_writeoptions_create()
        rocksdb_writeoptions_set_sync(writeSynced, 1)
    }

    deinit {
        rocksdb_close(database)
    }

    /// Puts one value, flushed to disk if `isSynced`.
    public func put(_ key: [UInt8], _ value: [UInt8], isSynced: Bool) throws {
        var error: UnsafeMutablePointer<CChar>?
        key.withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                rocksdb_put(
                    database,
                    isSynced ? writeSynced : write,
                    key.baseAddress?.assumingMemoryBound(to: CChar.self),
                    key.count,
                    value.baseAddress?.assumingMemoryBound(to: CChar.self),
                    value.count,
                    &error
                )
            }
        }
        if error != nil { throw PeerError(taking: error) }
    }

    /// The length of a key's value, pinned and not copied; `nil` when there is none.
    public func valueLength(_ key: [UInt8]) throws -> Int? {
        var error: UnsafeMutablePointer<CChar>?
        let slice = key.withUnsafeBytes { key in
            rocksdb_get_pinned(
                database,
                read,
                key.baseAddress?.assumingMemoryBound(to: CChar.self),
                key.count,
                &error
            )
        }
        if error != nil { throw PeerError(taking: error) }
        guard let slice else { return nil }
        defer { rocksdb_pinnableslice_destroy(slice) }
        var length = 0
        _ = rocksdb_pinnableslice_value(slice, &length)
        return length
    }
}

/// What a peer said went wrong.
public struct PeerError: Error, CustomStringConvertible {
    /// The peer's words.
    public let description: String

    init(_ description: String) { self.description = description }

    init(taking message: UnsafeMutablePointer<CChar>?) {
        description = message.map { String(cString: $0) } ?? "no reason given"
        free(message)
    }
}
