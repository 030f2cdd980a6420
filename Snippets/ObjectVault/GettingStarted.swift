// An object put, read whole, by range and as a stream.
import ObjectVault

let path = CommandLine.arguments.dropFirst().first ?? "vault"
let model: [UInt8] = Array("glTF and a million triangles".utf8)

// snippet.show
let vault = try await Vault.open(at: path)

let id = try await vault.put(model)  // On disk when it returns.
print(id)  // 64 hexadecimal digits, as sha256sum prints.

let whole = try vault.read(id)
let start = try vault.read(id, range: 0..<4)
for try await piece in try vault.stream(id) {
    print(piece.count, whole.count, start)
}
try await vault.close()
// snippet.hide
