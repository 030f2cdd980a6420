import Harness
import OrderLedger

// Placing orders of three lines, ours against plain C on the same SQLite: one client, and sixteen against C that puts
// sixteen orders under each commit.

let directory = try Suite.scratchDirectory()
let orders = try await Orders(ledger: Ledger.open(at: directory + "/ledger"), directory: directory)

await Suite.run("OrderLedger", [orders.place(clients: 1), orders.place(clients: 16)])
