// The ledger as it was at some moment, from its archive.
import OrderLedger

// snippet.show
func restore() async throws {
    let archive = try WALArchive(try await ArchiveDirectory("/mnt/archive/ledger"))
    let noon = RestoreTarget.date(.seconds(1_790_000_000))
    let restored = try await archive.restore(to: noon, at: "/var/lib/shop/restored/ledger.sqlite3")
    print("as of \(restored.committedAt), transaction \(restored.version.position)")

    let ledger = try await Ledger.open(at: "/var/lib/shop/restored")
    let report = try ledger.audit()
    print(report.isClean ? "\(report.orderCount) orders, and everything adds up" : "\(report)")
    try await ledger.close()
}
// snippet.hide

try await restore()
