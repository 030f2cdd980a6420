// Pages of a partition, and a batch.
import CatalogKV

let catalog = try await Catalog.open(at: "shop/catalog")
// snippet.show
var batch = WriteBatch()
for number in 1...30 {
    batch.put(Array("lamp \(number)".utf8), for: Key(partition: "lamps", sort: "2026-\(100 + number)"))
}
try await catalog.write(batch)  // All thirty, or none.

var page = try catalog.range(of: "lamps", prefix: "2026-", limit: 10)
while let last = page.last {
    print(page.count, "lamps up to", last.key)
    page = try catalog.range(of: last.key.partition, after: last.key.sort, prefix: Array("2026-".utf8), limit: 10)
}
// snippet.hide
try await catalog.close()
