import Foundation
import Harness

// The catalog against RocksDB, LMDB, SQLite and Redis, in one interleaved run: see Docs/Benchmarks.md.

await Child.actIfAsked(Engines.all)
Suite.leaveWhenInterrupted()
let options = Suite.options(extra: Plan.optionNames)
do {
    let plan = try Plan(options, directory: try Suite.scratchDirectory())
    let rows = try await Engines.prepare(plan)
    let own = try CodableRows.all() + LatencyRows(plan).all + ExpiryRows(plan).all
    await Suite.run("CatalogKV, " + plan.title, rows.all + own, options: options)
} catch {
    Suite.leave(1, because: "\(error)")
}
