// An upload of unknown size, stored as it comes in.
import ObjectVault

let path = CommandLine.arguments.dropFirst().first ?? "vault"
let vault = try await Vault.open(at: path)
if try vault.buckets().isEmpty { try await vault.createBucket("models") }

// snippet.show
let upload = AsyncStream<[UInt8]> { continuation in
    for number in UInt8(0)..<10 { continuation.yield([UInt8](repeating: number, count: 100_000)) }
    continuation.finish()
}
let name = ObjectName("models", "upload")
let version = try await vault.put(upload, as: name, options: PutOptions(contentType: "model/stl"))
print("stored \(version.byteCount) bytes as \(name)")
// snippet.hide

try await vault.close()
