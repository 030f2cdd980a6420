// Versions, a condition, and a delete that can be taken back.
import ObjectVault

let path = CommandLine.arguments.dropFirst().first ?? "vault"
let vault = try await Vault.open(at: path)

// snippet.show
if try vault.buckets().isEmpty {
    try await vault.createBucket("models", options: BucketOptions(isVersioned: true))
}
let lamp = ObjectName("models", "lamp.glb")
let first = try await vault.put([1], as: lamp)
if let etag = first.etag {
    // Replaces the version that was read, and no other.
    try await vault.put([2], as: lamp, options: PutOptions(condition: .ifMatch(etag)))
}
try await vault.delete(lamp)  // A marker.
for version in try vault.listVersions("models", prefix: "lamp").objects {
    print(version.number, version.isDeleteMarker, version.byteCount)
}
print(try vault.read(lamp, version: first.number))
// snippet.hide

try await vault.close()
