// An object put under a name, read whole, by range and as a stream.
import ObjectVault

let path = CommandLine.arguments.dropFirst().first ?? "vault"
let model: [UInt8] = Array("glTF and a million triangles".utf8)

// snippet.show
let vault = try await Vault.open(at: path)
if try vault.buckets().isEmpty { try await vault.createBucket("models") }

let chair = ObjectName("models", "chairs/blue.glb")
let put = try await vault.put(model, as: chair)  // On disk when it returns.
print(put.etag?.hex ?? "")  // 64 hexadecimal digits, as sha256sum prints.

let whole = try vault.read(chair)
let start = try vault.read(chair, range: 0..<4)
for try await piece in try vault.stream(chair) {
    print(piece.count, whole.count, start)
}
try await vault.close()
// snippet.hide
