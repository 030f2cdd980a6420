/// An item with what the store knows of it.
public struct ItemEntry<Item: Sendable>: Sendable {
    /// The item's name.
    public let key: Key
    /// The item.
    public let item: Item
    /// The number of the operation that wrote it, which grows with every write to the store: condition a later write on
    /// `.version(is:)` to be sure that nobody wrote in between.
    public let version: UInt64
    /// When the item is gone, as the time since 1970-01-01 00:00 UTC; `nil` when it stays.
    public let expiry: Duration?
}

extension ItemEntry: Equatable where Item: Equatable {}
extension ItemEntry: Hashable where Item: Hashable {}

/// What a write did.
public struct WriteResult<Item: Sendable>: Sendable {
    /// The version that the item has now; 0 when there was nothing to delete.
    public let version: UInt64
    /// The item as it was before, where the write was asked to return it and there was one.
    public let old: ItemEntry<Item>?
    /// The item as it is now, where the write was asked to return it.
    public let new: ItemEntry<Item>?

    @usableFromInline
    init(version: UInt64, old: ItemEntry<Item>?, new: ItemEntry<Item>?) {
        self.version = version
        self.old = old
        self.new = new
    }

    @inlinable
    init(version: UInt64) {
        self.version = version
        old = nil
        new = nil
    }
}

/// Which items a write returns.
public struct ReturnedItems: OptionSet, Sendable, Hashable {
    /// The set as a number.
    public let rawValue: UInt8

    /// The set that a number stands for.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    /// The item as it was before.
    public static let old = ReturnedItems(rawValue: 1)
    /// The item as it is then.
    public static let new = ReturnedItems(rawValue: 2)
    /// Neither.
    public static let none: ReturnedItems = []
}

/// An item as it was stored when something looked at it, whatever its type.
public struct StoredItem: Sendable, Hashable {
    /// The item's bytes: the user's own, or an encoded document.
    public let bytes: [UInt8]
    /// Whether the bytes are a document.
    public let isDocument: Bool
    /// The item's version.
    public let version: UInt64
    /// When the item is gone, as the time since 1970-01-01 00:00 UTC; `nil` when it stays.
    public let expiry: Duration?

    /// The item's attributes; none for raw bytes.
    public var document: Document { isDocument ? Document(trusted: bytes) : Document() }

    /// The item as a value of a Swift type.
    ///
    /// - Throws: `DecodingError` when the item is not what the type needs.
    public func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        try DocumentDecoder().decode(type, from: document)
    }
}

extension StoredItem {
    init(_ view: borrowing ItemView) {
        bytes = view.value.bytes
        isDocument = view.isDocument
        version = view.version
        expiry = view.expiry.sinceEpoch
    }
}

extension Int64 {
    /// Milliseconds since the Unix epoch as a duration; `nil` for the expiry of an item that has none.
    var sinceEpoch: Duration? { self == ItemVersion.never ? nil : .milliseconds(self) }
}
