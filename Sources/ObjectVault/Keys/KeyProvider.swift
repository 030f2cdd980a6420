/// Who wraps a vault's data keys: a file, the environment, or a host's key management service.
///
/// Data keys are 32 bytes. A provider may have several keys of its own; the one that it wraps with now is named by
/// `currentKeyID`, and whatever it ever wrapped it must unwrap for as long as the vault names the id. Calls may block,
/// and come when a vault is opened, when a bucket gets a key, and when keys are rotated; never while reading.
public protocol KeyProvider: Sendable {
    /// The id of the key that `wrap` uses now, 1 to 255 bytes; it is kept beside what was wrapped, in the clear.
    var currentKeyID: String { get }
    /// Encrypts a data key.
    func wrap(_ dataKey: [UInt8]) throws -> [UInt8]
    /// Decrypts what `wrap` returned while `keyID` was current.
    ///
    /// - Throws: whatever says that there is no such key, or that the bytes were not wrapped by it.
    func unwrap(_ wrapped: [UInt8], keyID: String) throws -> [UInt8]
}
