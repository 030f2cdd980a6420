internal import Crypto
internal import VitrineIO

/// What encrypts the chunks of a bucket, or of a vault: 256 random bits that leave the process wrapped only.
struct DataKey: Sendable {
    /// Its number in the metadata, which the records name.
    let number: Int64
    let secret: SymmetricKey

    static let byteCount = 32
}

/// Encrypts a record's frames: AES-256-GCM (NIST SP 800-38D) under a key of the record's own.
///
/// That key is HKDF-SHA256 (RFC 5869) of the data key and the record's random salt of 128 bits, so that a frame's number
/// can be the nonce: no key ever sees a nonce twice. The header and the frame's number are authenticated with each.
struct FrameCipher {
    private let key: SymmetricKey
    private let header: [UInt8]

    init(key: DataKey, header: [UInt8], salt: [UInt8]) throws {
        self.key = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: key.secret,
            salt: salt,
            info: Array("vitrine vault chunk 1".utf8),
            outputByteCount: 32
        )
        self.header = header
    }

    /// Appends the encrypted bytes and the tag to `record`.
    func seal(_ frame: Span<UInt8>, frame index: Int, to record: inout [UInt8]) throws {
        let box = try unsafe frame.withUnsafeBytes { bytes in
            unsafe try AES.GCM.seal(bytes, using: key, nonce: nonce(index), authenticating: header)
        }
        record.append(contentsOf: box.ciphertext)
        record.append(contentsOf: box.tag)
    }

    /// Appends the bytes to `payload`, or returns `false` when they are not what was sealed.
    func open(_ sealed: Span<UInt8>, frame index: Int, to payload: inout [UInt8]) -> Bool {
        let count = sealed.count - ChunkHeader.tagBytes
        guard count >= 0 else { return false }
        return unsafe sealed.withUnsafeBytes { bytes in
            guard let nonce = try? nonce(index),
                let box = unsafe try? AES.GCM.SealedBox(
                    nonce: nonce,
                    ciphertext: UnsafeRawBufferPointer(rebasing: bytes[..<count]),
                    tag: UnsafeRawBufferPointer(rebasing: bytes[count...])
                ),
                let opened = try? AES.GCM.open(box, using: key, authenticating: header)
            else { return false }
            payload.append(contentsOf: opened)
            return true
        }
    }

    private func nonce(_ index: Int) throws -> AES.GCM.Nonce {
        var bytes = [UInt8](repeating: 0, count: 4)
        bytes.appendLittleEndian(UInt64(index))
        return try AES.GCM.Nonce(data: bytes)
    }
}
