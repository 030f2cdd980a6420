import CatalogKV
import Foundation
import Harness
import Peers

// The catalog against RocksDB and LMDB: reading by key, and durable writes of 1, 16 and 64 clients.
// 24-byte keys, 200-byte values, everything in the page cache.

let directory = try Suite.scratchDirectory()
try FileManager.default.createDirectory(atPath: directory + "/lmdb", withIntermediateDirectories: true)
let stores = Stores(
    catalog: try await Catalog.open(at: directory + "/catalog"),
    rocksDB: try RocksDB(at: directory + "/rocksdb"),
    lmdb: try LMDB(at: directory + "/lmdb")
)
try await stores.fill()

await Suite.run(
    "CatalogKV",
    [
        stores.gets(against: stores.rocksDBReading()),
        stores.gets(against: stores.lmdbReading()),
        stores.puts(clients: 1),
        stores.puts(clients: 16),
        stores.puts(clients: 64),
    ]
)
