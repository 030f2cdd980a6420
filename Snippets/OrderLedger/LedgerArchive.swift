// Every commit in an archive, and the ledger as it was at any of them.
import OrderLedger

let ledger = try await Ledger.open(at: "/var/lib/shop/ledger")

// snippet.show
var configuration = ArchiveConfiguration()
configuration.snapshotInterval = .seconds(6 * 3_600)
configuration.retention = .seconds(30 * 86_400)
let archive = try WALArchive(try await ArchiveDirectory("/mnt/archive/ledger"), configuration: configuration)
let link = try await ledger.attach(archive, as: "archive", mode: .async(.delayWrites))

try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await link.run() }
    group.addTask { try await archive.run(ledger) }
    try await group.waitForAll()
}
// snippet.hide
