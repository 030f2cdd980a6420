// Every commit group handed to a sink of one's own.
import OrderLedger

let ledger = try await Ledger.open(at: "/var/lib/shop/ledger")

// snippet.show
struct Watcher: ReplicationSink {
    func receive(_ segment: WALSegment) async throws {
        let span = segment.transactions
        print("transactions \(span.lowerBound) to \(span.upperBound): \(segment.encoded.count) bytes")
    }
}

let link = try await ledger.attach(Watcher(), as: "watcher", mode: .async(.detach))
try await link.run()  // Until the task is cancelled, the ledger is closed, or the sink throws.
// snippet.hide
