// Keeps a catalog in shape while a server runs.
import CatalogKV

let catalog = try await Catalog.open(at: "shop/catalog")
// snippet.show
let upkeep = Task { try await catalog.run() }
// … the server serves …
upkeep.cancel()
try await upkeep.value
try await catalog.close()
// snippet.hide
