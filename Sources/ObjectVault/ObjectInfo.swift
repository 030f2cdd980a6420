/// What a vault knows of an object without reading its bytes.
public struct ObjectInfo: Hashable, Sendable, Identifiable {
    /// The object's name, the SHA-256 digest of its bytes.
    public var id: ObjectID
    /// How many bytes the object has.
    public var byteCount: Int64
    /// How many bytes its file takes, with header, checksums and footer.
    public var storedByteCount: Int64

    /// Describes an object.
    public init(id: ObjectID, byteCount: Int64, storedByteCount: Int64) {
        self.id = id
        self.byteCount = byteCount
        self.storedByteCount = storedByteCount
    }
}
