// The replica's side, in another process.
import OrderLedger

// snippet.show
func follow() async throws {
    let replica = try await LedgerReplica.open(at: "/mnt/second/ledger")
    let client = try ReplicationClient(replica, as: "second", from: .unix("/run/shop/ledger.socket"))
    try await client.run()  // Begins from a snapshot, and connects again whenever the connection ends.
}
// snippet.hide

try await follow()
