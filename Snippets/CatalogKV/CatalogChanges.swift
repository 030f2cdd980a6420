// A search index that follows a table.
import CatalogKV

let catalog = try await Catalog.open(at: "shop/catalog")
// snippet.show
let lamps = try await catalog.table("lamps", options: TableOptions(changeImages: .newAndOld))
try await lamps.put(["name": "Arc", "price": 129], for: Key(partition: "lamps", sort: "arc"))

let indexer = try await catalog.consumer(named: "search-index", startingAfter: 0)
for try await set in try indexer.changes() {
    for change in set.changes where change.table == "lamps" {
        if let lamp = try change.newImage?.document() {
            print("index", change.key, lamp["name"] ?? .null)
        } else {
            print("forget", change.key)  // Deleted, or expired: change.oldImage says what it was.
        }
    }
    try await indexer.acknowledge(through: set.lastSequence)
}
// snippet.hide
