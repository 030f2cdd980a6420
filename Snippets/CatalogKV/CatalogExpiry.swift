// Sweep expired items for as long as the server runs.
import CatalogKV

let catalog = try await Catalog.open(at: "shop/catalog")
// snippet.show
let sweeper = Task { try await catalog.run() }
// … the server serves …
sweeper.cancel()
try await sweeper.value
try await catalog.close()
// snippet.hide
