import Foundation
import Harness
import ObjectVault

// Small durable puts by sixteen clients, against what a service does by hand: a file each, fsync, rename, fsync of the
// directory.

let directory = try Suite.scratchDirectory()
try FileManager.default.createDirectory(atPath: directory + "/files", withIntermediateDirectories: true)
let smallPuts = SmallPuts(
    vault: try await Vault.open(at: directory + "/vault"),
    files: directory + "/files",
    clients: 16
)

await Suite.run("ObjectVault", [smallPuts.comparison])
