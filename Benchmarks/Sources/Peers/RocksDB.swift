internal import CRocksDB
internal import Glibc

/// RocksDB behind its C interface, tuned as its guide recommends for point lookups and for data that fits in memory:
/// full filters of 10 bits per key and a hash index in each block (`optimize_for_point_lookup`), a block cache that
/// holds all data, levels sized from the largest (`level_compaction_dynamic_level_bytes`), no compression.
///
/// Opened with optimistic transactions, whose plain reads and writes go past them.
public final class RocksDB: @unchecked Sendable {
    // RocksDB's handles may be used from any thread; they are freed in close() only.
    let transactions: OpaquePointer
    let database: OpaquePointer
    let read: OpaquePointer
    let write: OpaquePointer
    let writeSynced: OpaquePointer
    let transactionOptions: OpaquePointer
    private let tuning: [OpaquePointer]

    /// The version of Debian's package.
    public static let version = "7.8.3"

    /// What the benchmark states beside the figure.
    public static func settings(cacheByteCount: Int) -> [String: String] {
        [
            "tuning": "optimize_for_point_lookup: full filter of 10 bits per key, hash index in blocks",
            "blockCache": "\(cacheByteCount >> 20) MiB, read directly past the page cache",
            "compaction": "levelled, level_compaction_dynamic_level_bytes, 2 background jobs; compacted after loading",
            "compression": "none", "writeBuffer": "3 of 64 MiB", "reads": "pinned, not copied",
            "transactions": "optimistic, get_for_update",
        ]
    }

    /// Opens or creates a database whose block cache holds `cacheByteCount`.
    public init(at path: String, cacheByteCount: Int) throws {
        guard let options = rocksdb_options_create(), let table = rocksdb_block_based_options_create(),
            let cache = rocksdb_cache_create_lru(cacheByteCount)
        else { throw PeerError("no options") }
        rocksdb_options_set_create_if_missing(options, 1)
        rocksdb_options_increase_parallelism(options, 2)
        rocksdb_options_set_compression(options, Int32(rocksdb_no_compression))
        rocksdb_options_set_write_buffer_size(options, 64 << 20)
        rocksdb_options_set_max_write_buffer_number(options, 3)
        rocksdb_options_set_level_compaction_dynamic_level_bytes(options, 1)
        rocksdb_options_set_max_background_jobs(options, 2)
        rocksdb_options_set_bytes_per_sync(options, 1 << 20)
        rocksdb_options_set_use_direct_reads(options, 1)
        // What optimize_for_point_lookup sets, with a cache of another size and longer filters in memory tables.
        rocksdb_block_based_options_set_data_block_index_type(
            table,
            Int32(rocksdb_block_based_table_data_block_index_type_binary_search_and_hash)
        )
        rocksdb_block_based_options_set_data_block_hash_ratio(table, 0.75)
        rocksdb_block_based_options_set_filter_policy(table, rocksdb_filterpolicy_create_bloom_full(10))
        rocksdb_block_based_options_set_block_cache(table, cache)
        rocksdb_block_based_options_set_format_version(table, 5)
        rocksdb_options_set_block_based_table_factory(options, table)
        rocksdb_options_set_memtable_prefix_bloom_size_ratio(options, 0.02)
        rocksdb_options_set_memtable_whole_key_filtering(options, 1)
        var error: UnsafeMutablePointer<CChar>?
        guard let transactions = rocksdb_optimistictransactiondb_open(options, path, &error),
            let database = rocksdb_optimistictransactiondb_get_base_db(transactions)
        else { throw PeerError(taking: error) }
        self.transactions = transactions
        self.database = database
        read = rocksdb_readoptions_create()
        write = rocksdb_writeoptions_create()
        writeSynced = rocksdb_writeoptions_create()
        rocksdb_writeoptions_set_sync(writeSynced, 1)
        transactionOptions = rocksdb_optimistictransaction_options_create()
        tuning = [options, table, cache]
    }

    /// Closes the database; no call may be under way or follow.
    public func close() {
        rocksdb_optimistictransactiondb_close_base_db(database)
        rocksdb_optimistictransactiondb_close(transactions)
        rocksdb_readoptions_destroy(read)
        rocksdb_writeoptions_destroy(write)
        rocksdb_writeoptions_destroy(writeSynced)
        rocksdb_optimistictransaction_options_destroy(transactionOptions)
        rocksdb_options_destroy(tuning[0])
        rocksdb_block_based_options_destroy(tuning[1])
        rocksdb_cache_destroy(tuning[2])
    }

    /// Puts `values`, one after the other as long as each other, under `keys`, in one batch; not flushed.
    public func load(_ keys: UnsafeRawBufferPointer, keyLength: Int, _ values: UnsafeRawBufferPointer) throws {
        let batch = rocksdb_writebatch_create()
        defer { rocksdb_writebatch_destroy(batch) }
        let count = keys.count / keyLength
        let valueLength = values.count / count
        for index in 0..<count {
            rocksdb_writebatch_put(
                batch,
                characters(keys, index * keyLength),
                keyLength,
                characters(values, index * valueLength),
                valueLength
            )
        }
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_write(database, write, batch, &error)
        if error != nil { throw PeerError(taking: error) }
    }

    /// Merges all into one level, where reads find it fastest.
    public func compact() {
        rocksdb_compact_range(database, nil, 0, nil, 0)
    }

    /// Waits until no compaction is due or running, for at most `seconds`.
    public func awaitCompaction(seconds: Int) throws {
        let flush = rocksdb_flushoptions_create()
        defer { rocksdb_flushoptions_destroy(flush) }
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_flush(database, flush, &error)
        if error != nil { throw PeerError(taking: error) }
        var calm = 0
        for _ in 0..<seconds * 20 where calm < 5 {
            let busy = ["rocksdb.compaction-pending", "rocksdb.num-running-compactions", "rocksdb.num-running-flushes"]
                .reduce(0) { $0 + property($1) }
            calm = busy == 0 ? calm + 1 : 0
            usleep(50_000)
        }
    }

    private func property(_ name: String) -> UInt64 {
        var value: UInt64 = 0
        return rocksdb_property_int(database, name, &value) == 0 ? value : 0
    }
}

func characters(_ bytes: UnsafeRawBufferPointer, _ offset: Int = 0) -> UnsafePointer<CChar>? {
    bytes.baseAddress.map { ($0 + offset).assumingMemoryBound(to: CChar.self) }
}

extension PeerError {
    init(taking message: UnsafeMutablePointer<CChar>?) {
        self.init(message.map { String(cString: $0) } ?? "no reason given")
        free(message)
    }
}
