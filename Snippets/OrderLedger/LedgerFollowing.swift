// A replica in the same process.
import OrderLedger

let ledger = try await Ledger.open(at: "/var/lib/shop/ledger")

// snippet.show
var configuration = ReplicaConfiguration()
configuration.sources = [ledger]  // Where it gets what it is missing: everything, to begin with.
let replica = try await LedgerReplica.open(at: "/mnt/second/ledger", configuration: configuration)
try await replica.catchUp()

let link = try await ledger.attach(replica, as: "second", mode: .durable, after: replica.version)
async let following: Void = link.run()

let order = try await ledger.place(
    OrderRequest(idempotencyKey: "cart-8272", customer: "ada", lines: [.init(sku: "chair-oak", quantity: 1)])
)
// Read your writes: hand the position on, and have the replica wait for it.
let token = ledger.statistics.position.description
if let position = LedgerPosition(token) {
    try await replica.wait(for: position, atMost: .seconds(1))
    print(try replica.order(order.id)?.total ?? "nothing", "- the copy was \(replica.status.lag) old")
}
// snippet.hide
try await following
