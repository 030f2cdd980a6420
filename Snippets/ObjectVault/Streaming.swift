// An upload of unknown size, stored as it comes in.
import ObjectVault

let path = CommandLine.arguments.dropFirst().first ?? "vault"
let vault = try await Vault.open(at: path)

// snippet.show
let upload = AsyncStream<[UInt8]> { continuation in
    for number in UInt8(0)..<10 { continuation.yield([UInt8](repeating: number, count: 100_000)) }
    continuation.finish()
}
let id = try await vault.put(upload)
let size = try vault.info(id)?.byteCount ?? 0
print("stored \(size) bytes as \(id)")
// snippet.hide

try await vault.close()
