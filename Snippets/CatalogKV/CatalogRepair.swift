// Salvages what can be read of a damaged catalog.
import CatalogKV

// snippet.show
let report = try await Catalog.repair(at: "shop/catalog", into: "shop/catalog-repaired")
for finding in report.verification.findings { print("lost:", finding) }
// snippet.hide
