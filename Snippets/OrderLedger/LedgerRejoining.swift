// A ledger that was deposed, as a replica of the one that took over.
import OrderLedger

// snippet.show
func rejoin(_ directory: String, leader: SocketAddress) async throws {
    // What it wrote and was acknowledged by nobody is given up for a snapshot of the leader's.
    let replica = try await LedgerReplica.open(at: directory)
    let client = try ReplicationClient(replica, as: "one", from: leader)
    try await client.run()
}
// snippet.hide

try await rejoin("/var/lib/shop/ledger", leader: .tcp("10.0.0.2", port: 7_000))
