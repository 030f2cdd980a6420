import Foundation
import Harness
import ObjectVault

// Small durable puts by sixteen clients, against what a service does by hand: a file each, fsync, rename, fsync of the
// directory. The erasure code against ISA-L, for shards that stay in the caches and for such that do not.

let directory = try Suite.scratchDirectory()
try FileManager.default.createDirectory(atPath: directory + "/files", withIntermediateDirectories: true)
let smallPuts = SmallPuts(
    vault: try await Vault.open(at: directory + "/vault"),
    files: directory + "/files",
    clients: 16
)

// Each has shards of its own, so that what one wrote cannot pass for what another should have written.
let cached = try ErasureCoding(shardBytes: 1 << 16)
let cachedInSwift = try ErasureCoding(shardBytes: 1 << 16)
let long = try ErasureCoding(shardBytes: 1 << 20)

let erasureCoding =
    try cached.comparisons(inSwift: false, encodeMin: 1, decodeMin: 0.8)
    + cachedInSwift.comparisons(inSwift: true, encodeMin: 0.35, decodeMin: 0.35)
    + long.comparisons(inSwift: false, encodeMin: 1, decodeMin: 0.8)

await Suite.run("ObjectVault", [smallPuts.comparison] + erasureCoding)
