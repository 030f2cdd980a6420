// An archive in a store of the host's.
import OrderLedger

struct Bucket {
    func put(_ key: String, _ bytes: [UInt8]) async throws {}
    func get(_ key: String) async throws -> [UInt8]? { nil }
    func keys(prefix: String) async throws -> [String] { [] }
    func delete(_ key: String) async throws {}
}

// snippet.show
struct BucketStore: ArchiveStore {
    let bucket: Bucket

    func put(_ name: String, _ bytes: [UInt8]) async throws { try await bucket.put("ledger/" + name, bytes) }
    func get(_ name: String) async throws -> [UInt8]? { try await bucket.get("ledger/" + name) }
    func list() async throws -> [String] { try await bucket.keys(prefix: "ledger/").map { String($0.dropFirst(7)) } }
    func remove(_ name: String) async throws { try await bucket.delete("ledger/" + name) }
}

let archive = try WALArchive(BucketStore(bucket: Bucket()))
// snippet.hide
_ = archive
