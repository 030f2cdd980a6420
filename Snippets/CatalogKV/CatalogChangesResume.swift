// Going on where one stopped, and beginning anew when that is too long ago.
import CatalogKV

let catalog = try await Catalog.open(at: "shop/catalog")
let lamps = try await catalog.table("lamps")
// snippet.show
var lastSeen: UInt64 = 17  // Kept wherever the results are.
while !Task.isCancelled {
    do {
        for try await set in try catalog.changes(after: lastSeen) {
            print(set.changes.count, "changes")
            lastSeen = set.lastSequence
        }
    } catch let error as CatalogError where error.code == .changesTrimmed {
        // Begin anew: note where the stream is, read every item, and go on from there.
        lastSeen = catalog.statistics.sequence
        for try await entry in try lamps.scan() { print("index", entry.key) }
    }
}
// snippet.hide
