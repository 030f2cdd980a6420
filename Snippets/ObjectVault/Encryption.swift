// A vault whose chunks are encrypted, with a bucket that has a key of its own.
import ObjectVault

let path = CommandLine.arguments.dropFirst().first ?? "vault"
let keyFile = CommandLine.arguments.dropFirst(2).first ?? "keys"

// snippet.show
var configuration = VaultConfiguration()
// Lines of an id, an equals sign and 64 hexadecimal digits; the first key is the one in use.
configuration.keys = try StoredKeyProvider(contentsOf: keyFile)

let vault = try await Vault.open(at: path, configuration: configuration)
try await vault.createBucket("prototypes", options: BucketOptions(encryption: .bucket))
try await vault.put([1, 2, 3], as: ObjectName("prototypes", "chair"))

let rewrapped = try await vault.rotateKeys()  // After another key was put in front.
print("\(rewrapped) data keys wrapped anew")
// snippet.hide

try await vault.close()
