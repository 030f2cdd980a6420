// What each mode waits for, and what to do when the disk fails.
import CatalogKV

let catalog = try await Catalog.open(at: "shop/catalog")
// snippet.show
let product = Key(partition: "lamps", sort: "arc")
let views = Key(partition: "views", sort: "arc")

do {
    try await catalog.put([1, 2, 3], for: product)  // Returns when it survives a loss of power.
    try await catalog.put([42], for: views, durability: .buffered)  // Returns when it survives the process.
} catch let error as CatalogError where error.code == .ioFailed || error.code == .isReadOnly {
    // Reads go on. Nothing more is written until the catalog is closed and opened again.
    print(catalog.statistics.readOnlyReason ?? "", error)
}

let replay = catalog.statistics.replay
print(replay.recordCount, "records replayed,", replay.tornByteCount, "bytes of broken-off writes cut away")
// snippet.hide
try await catalog.close()
