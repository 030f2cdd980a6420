// The ledger's side of replicas in other processes: two of three copies must have a write.
import OrderLedger

// snippet.show
func serve() async throws {
    var configuration = LedgerConfiguration()
    configuration.replication.quorum = .atLeast(1)  // Beside the ledger's own disk: two of three copies.
    let ledger = try await Ledger.open(at: "/var/lib/shop/ledger", configuration: configuration)
    let server = try ReplicationServer(on: .unix("/run/shop/ledger.socket"), for: ledger, mode: .durable)
    try await server.run()
}
// snippet.hide

try await serve()
