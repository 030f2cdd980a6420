// What each mode waits for, and what to do when the disk fails.
import CatalogKV

let catalog = try await Catalog.open(at: "shop/catalog")
let products = try await catalog.bytesTable("products")
let views = try await catalog.bytesTable("views")
// snippet.show
let arc = Key(partition: "lamps", sort: "arc")
do {
    try await products.put([1, 2, 3], for: arc)  // Returns when it survives a loss of power.
    try await views.put([42], for: arc, durability: .buffered)  // Returns when it survives the process.
} catch let error as CatalogError where error.code == .ioFailed || error.code == .isReadOnly {
    // Reads go on. Nothing more is written until the catalog is closed and opened again.
    print(catalog.statistics.readOnlyReason ?? "", error)
}

let opening = catalog.statistics.opening
print(opening.recordCount, "records replayed,", opening.tornByteCount, "bytes of broken-off writes cut away")
// snippet.hide
try await catalog.close()
