internal import Crypto
internal import Glibc
internal import VitrineIO

/// Wraps data keys by keys that the host stores: in a file, or in an environment variable.
///
/// A key is written as its id, an equals sign and 64 hexadecimal digits; several stand on lines of their own, or apart by
/// commas, and the first is the one in use. To rotate, put a new one in front, call `Vault.rotateKeys()`, and drop the
/// old one. Wrapping is AES key wrap (RFC 3394).
public struct StoredKeyProvider: KeyProvider {
    /// The id of the first key.
    public let currentKeyID: String
    private let keys: [String: SymmetricKey]

    /// Reads the keys of the file at `path`; of at most 64 KiB.
    ///
    /// - Throws: `VaultError`: `.ioFailed` when it cannot be read, `.invalidArgument` when it does not hold keys.
    public init(contentsOf path: String) throws {
        do {
            let bytes = try PosixFileSystem().contents(of: path, byteCountMax: 65_536)
            try self.init(text: String(decoding: bytes, as: UTF8.self), origin: path)
        } catch let error as IOError {
            throw VaultError(error, "the keys in \(path) cannot be read")
        }
    }

    /// Reads the keys in an environment variable.
    ///
    /// - Throws: `VaultError.Code.invalidArgument` when it is not set or does not hold keys.
    public init(environment variable: String) throws {
        guard let value = unsafe getenv(variable) else {
            throw VaultError(.invalidArgument, "the environment has no \(variable): set it to id=64 hexadecimal digits")
        }
        unsafe try self.init(text: String(cString: value), origin: "$" + variable)
    }

    private init(text: String, origin: String) throws {
        var keys: [String: SymmetricKey] = [:]
        var first: String?
        for entry in text.split(whereSeparator: { $0 == "\n" || $0 == "," || $0 == "\r\n" }) {
            let parts = entry.split(separator: "=", maxSplits: 1).map { $0.trimmingASCIIBlanks }
            guard parts.count == 2, (1...255).contains(parts[0].utf8.count), let digits = ObjectID(hex: parts[1]),
                keys[parts[0]] == nil
            else {
                // Not the entry itself: it may be most of a key.
                throw VaultError(
                    .invalidArgument,
                    "\(origin) is refused: each key is an id of its own, an equals sign and 64 hexadecimal digits"
                )
            }
            keys[parts[0]] = SymmetricKey(data: digits.bytes)
            first = first ?? parts[0]
        }
        guard let first else { throw VaultError(.invalidArgument, "\(origin) holds no key: write id=64 digits") }
        currentKeyID = first
        self.keys = keys
    }

    /// Wraps with the first key.
    public func wrap(_ dataKey: [UInt8]) throws -> [UInt8] {
        Array(try AES.KeyWrap.wrap(SymmetricKey(data: dataKey), using: key(currentKeyID)))
    }

    /// Unwraps with the key of that id.
    ///
    /// - Throws: `VaultError.Code.keyUnavailable` when there is no such key, or another wrapped the bytes.
    public func unwrap(_ wrapped: [UInt8], keyID: String) throws -> [UInt8] {
        let key = try key(keyID)
        do {
            return unsafe try AES.KeyWrap.unwrap(wrapped, using: key).withUnsafeBytes { unsafe Array($0) }
        } catch {
            throw VaultError(
                .keyUnavailable,
                "the key \"\(keyID)\" is not the one that wrapped the data key: provide that one under this id",
                cause: error
            )
        }
    }

    private func key(_ id: String) throws -> SymmetricKey {
        guard let key = keys[id] else {
            throw VaultError(.keyUnavailable, "there is no key \"\(id)\": provide it beside the one in use")
        }
        return key
    }
}

extension Substring {
    fileprivate var trimmingASCIIBlanks: String {
        let isBlank = { (character: Character) in character == " " || character == "\t" }
        return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
    }
}
