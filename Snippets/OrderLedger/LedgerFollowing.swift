// Every commit handed to a subscriber, and a copy of the database to start from.
import OrderLedger

let ledger = try await Ledger.open(at: "/var/lib/shop/ledger")

// snippet.show
let (segments, continuation) = AsyncStream.makeStream(of: WALSegment.self, bufferingPolicy: .bufferingOldest(10_000))
struct Behind: Error {}

let subscription = try await ledger.subscribe { segment in
    // On the writer's thread: hand the segment on, and let a slow reader be cut off rather than slow orders down.
    if case .dropped = continuation.yield(segment) { throw Behind() }
}
let contained = try await ledger.snapshot(to: "/backup/ledger.sqlite3")

for await segment in segments where segment.sequence > contained {
    // Each frame is a page of the copy: write it to (pageNumber - 1) * pageSize, then cut the file to its size.
    print("commit \(segment.sequence): \(segment.frames.count) pages, \(segment.databasePages) in all")
    if subscription.failure != nil { break }
}
// snippet.hide
