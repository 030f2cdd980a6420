import Foundation
import Harness
import ObjectVault

// A shop's files into the vault and out again, against restic, borg, casync and git; small durable puts by sixteen
// clients, against what a service does by hand: a file each, fsync, rename, fsync of the directory; ranges, listings and
// memory; the erasure code against ISA-L, for shards that stay in the caches and for such that do not.
//
//     --data-set DIRECTORY    where the files are, or are to be made; made anew and removed without it
//     --seed N, --scale N     which files: 1 and 1 make about 500 MB

await MemoryRow.actIfAsked()
let options = Suite.options(extra: ["--data-set", "--seed", "--scale"])
do {
    let directory = try Suite.scratchDirectory()
    var comparisons: [Comparison] = []
    if StoreRows.names.contains(where: options.includes) {
        let set = try AssetSet(
            at: options.extra["--data-set"] ?? directory + "/set",
            seed: options.extra["--seed"].flatMap(UInt64.init) ?? 1,
            scale: options.extra["--scale"].flatMap(Double.init) ?? 1
        )
        print("\(set.paths.count) files, \(set.byteCount) bytes in \(set.directory)")
        comparisons += try StoreRows(set, scratch: directory).comparisons()
    }
    let files = directory + "/files"
    try FileManager.default.createDirectory(atPath: files, withIntermediateDirectories: true)
    let smallPuts = SmallPuts(vault: try await Vault.open(at: directory + "/vault"), files: files, clients: 16)
    comparisons.append(smallPuts.comparison)
    if options.includes("read 64 KiB of 100 MB, hot") {
        comparisons.append(try await RangeRows(directory: directory + "/ranges").comparison)
    }
    comparisons += MetadataRows(directory: directory + "/keys").comparisons
    comparisons.append(MemoryRow.comparison)

    // Each has shards of its own, so that what one wrote cannot pass for what another should have written.
    let cached = try ErasureCoding(shardBytes: 1 << 16)
    let cachedInSwift = try ErasureCoding(shardBytes: 1 << 16)
    let long = try ErasureCoding(shardBytes: 1 << 20)
    comparisons +=
        try cached.comparisons(inSwift: false, encodeMin: 1, decodeMin: 0.8)
        + cachedInSwift.comparisons(inSwift: true, encodeMin: 0.35, decodeMin: 0.35)
        + long.comparisons(inSwift: false, encodeMin: 1, decodeMin: 0.8)
    await Suite.run("ObjectVault", comparisons, options: options)
} catch {
    Suite.leave(1, because: "\(error)")
}
