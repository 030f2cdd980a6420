internal import Crypto

/// A SHA-256 digest that takes its bytes piece by piece.
struct Digester {
    private var hash = SHA256()

    /// Takes in more bytes.
    mutating func update(_ bytes: Span<UInt8>) {
        // The pointer is used within the call only.
        unsafe bytes.withUnsafeBytes { unsafe hash.update(bufferPointer: $0) }
    }

    /// The digest of all bytes so far.
    func finish() -> ObjectID {
        guard let id = ObjectID(bytes: Array(hash.finalize())) else {
            preconditionFailure("a SHA-256 digest has 32 bytes")
        }
        return id
    }
}
