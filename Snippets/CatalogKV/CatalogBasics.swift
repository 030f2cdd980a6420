// A catalog of two lamps: put, get, range, delete.
import CatalogKV

// snippet.show
let catalog = try await Catalog.open(at: "shop/catalog")

try await catalog.put(Array("Arc, 129 EUR".utf8), for: Key(partition: "lamps", sort: "arc"))
try await catalog.put(Array("Bow, 99 EUR".utf8), for: Key(partition: "lamps", sort: "bow"), lifetime: .seconds(3_600))

let arc = try catalog.value(for: Key(partition: "lamps", sort: "arc"))
let firstTen = try catalog.range(of: "lamps", limit: 10)
print(firstTen.count, "lamps, and an arc of", arc?.count ?? 0, "bytes")

try await catalog.delete(Key(partition: "lamps", sort: "arc"))
try await catalog.close()
// snippet.hide
