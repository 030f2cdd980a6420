internal import Glibc
internal import OrderLedger

// A child process for a test to kill: opens the ledger of its first argument and places orders without end, from
// eight tasks at once. Writes "ready" when it is open, then the idempotency key of each order that was acknowledged,
// a line each, straight to standard output, so that what the test has read was acknowledged before the kill.
//
// Keys are "<run>-<task>-<n>", where the run is the second argument. With a third and a fourth, a socket's path and a
// mode, it serves replicas there, and acknowledges nothing that none of them has; some of its orders then ask for the
// last units of a product.

func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    // A pipe takes lines of this length in one piece (PIPE_BUF, pipe(7)).
    let written = unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
    }
    if written != bytes.count { exit(1) }
}

guard [3, 5].contains(CommandLine.arguments.count) else {
    say("usage: LedgerCrashWriter <directory> <run> [<socket> received|durable]")
    exit(2)
}
let isReplicated = CommandLine.arguments.count == 5
let run = CommandLine.arguments[2]
var configuration = LedgerConfiguration()
// Small, so that kills also meet checkpoints; beside replicas there are none in every other run, so that the log has
// every commit that one of them may be at.
configuration.walBytesMax = isReplicated && Int(run)?.isMultiple(of: 2) == true ? 64 << 20 : 256 << 10
if isReplicated {
    configuration.replication.quorum = .atLeast(1)
    configuration.replication.acknowledgementTimeout = .seconds(600)
}
let ledger = try await Ledger.open(at: CommandLine.arguments[1], configuration: configuration)
say("ready")
try await withThrowingTaskGroup(of: Void.self) { group in
    if isReplicated {
        let mode: ReplicationMode = CommandLine.arguments[4] == "durable" ? .durable : .received
        let server = try ReplicationServer(on: .unix(CommandLine.arguments[3]), for: ledger, mode: mode)
        group.addTask { try await server.run() }
    }
    for task in 0..<8 {
        group.addTask {
            for number in 0... {
                let key = "\(run)-\(task)-\(number)"
                let lines = [
                    OrderRequest.Line(sku: "bolt", quantity: 1 + number % 3),
                    OrderRequest.Line(sku: "nut", quantity: 2),
                ]
                let reference = PaymentReference(provider: "test", reference: key)
                let payment: PaymentTerms = number % 2 == 0 ? .captured(reference) : .later
                let request = OrderRequest(
                    idempotencyKey: key,
                    customer: "customer \(task)",
                    lines: lines,
                    payment: payment
                )
                if isReplicated, number % 10 == 9 {
                    // One of the others may have had the last of them.
                    let rare = OrderRequest(
                        idempotencyKey: "rare-\(key)",
                        customer: "customer \(task)",
                        lines: [.init(sku: "rare", quantity: 1)]
                    )
                    if (try? await ledger.place(rare)) != nil { say("rare-\(key)") }
                }
                let order = try await ledger.place(request)
                if number % 5 == 4 { _ = try await ledger.cancel(order.id) }
                say(key)
            }
        }
    }
    try await group.waitForAll()
}
