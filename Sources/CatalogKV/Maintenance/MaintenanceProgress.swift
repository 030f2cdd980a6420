/// How far verifying, backing up, restoring or repairing has got.
public struct MaintenanceProgress: Sendable, Equatable {
    /// Bytes done so far.
    public var byteCount: Int
    /// Bytes to do in all.
    public var byteCountTotal: Int
}

/// Something in a store's files that is not as it was written.
public struct StoreFinding: Sendable, Equatable, CustomStringConvertible {
    /// The file.
    public var path: String
    /// Where in the file it begins.
    public var offset: Int
    /// How many bytes it concerns, 0 when that is not known.
    public var byteCount: Int
    /// What was found.
    public var message: String
    /// The item that it concerns, where that could be told; the damage may be in the key itself.
    public var key: Key?
    /// The number of the item's table, where that could be told.
    public var tableNumber: UInt16?

    init(_ path: String, at offset: Int, byteCount: Int = 0, _ message: String) {
        self.path = path
        self.offset = offset
        self.byteCount = byteCount
        self.message = message
    }

    /// All of it in one line.
    public var description: String {
        "\(path) at offset \(offset): \(message)" + (key.map { ", item \($0)" } ?? "")
    }
}
