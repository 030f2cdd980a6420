// A ledger that writes under a lease, and a replica that takes over when the lease has run out.
import OrderLedger

let authority = try FileLease("/run/shop/ledger.lease")

// snippet.show
/// Runs the ledger for as long as it has the lease.
func lead(_ directory: String) async throws {
    let lease = try await LedgerLease.acquire(from: authority, holder: "one", for: .seconds(5))
    var configuration = LedgerConfiguration()
    configuration.lease = lease
    let ledger = try await Ledger.open(at: directory, configuration: configuration)
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await lease.run() }
        group.addTask { try await sell(from: ledger) }
        try await group.next()
        group.cancelAll()
    }
}

/// Waits until nobody has the lease, and becomes the ledger.
func takeOver(_ replica: LedgerReplica) async throws -> Ledger {
    while true {
        do {
            let last = replica.version?.position.epoch ?? 0
            let lease = try await LedgerLease.acquire(from: authority, holder: "two", for: .seconds(5), above: last)
            var configuration = LedgerConfiguration()
            configuration.lease = lease
            return try await replica.promote(configuration: configuration)
        } catch let error as LedgerError where error.code == .leaseHeld {
            try await Task.sleep(for: .milliseconds(200))
        }
    }
}
// snippet.hide

func sell(from ledger: Ledger) async throws {}
try await lead("/var/lib/shop/ledger")
_ = try await takeOver(try await LedgerReplica.open(at: "/mnt/second/ledger"))
