// Backs a catalog up while it serves, and makes a catalog of the backup.
import CatalogKV

let catalog = try await Catalog.open(at: "shop/catalog")
// snippet.show
try await catalog.backUp(to: "backups/catalog")  // Again tomorrow: only what is new is written.

let report = try await Catalog.verify(at: "backups/catalog")
for finding in report.findings { print(finding) }

// The drill: into a new directory, verified before it is handed over.
try await Catalog.restore(from: "backups/catalog", to: "shop/catalog-restored")
// snippet.hide
try await catalog.close()
