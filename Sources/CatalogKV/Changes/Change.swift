/// What one operation did to one item.
public struct Change: Sendable, Hashable {
    /// What can be done to an item; more may come.
    @nonexhaustive
    public enum Kind: Sendable, Hashable {
        /// The item was put or updated.
        case put
        /// Somebody deleted the item.
        case delete
        /// The item's time had come, and a sweep removed it.
        case expire
    }

    /// The operation's number in the store: the version that it gave the item.
    public let sequence: UInt64
    /// The table's name.
    public let table: String
    /// The item's name.
    public let key: Key
    /// What was done.
    public let kind: Kind
    /// The item as it is since then, where the table asks for new images; `nil` for a delete or an expiry.
    public let newImage: ItemImage?
    /// The item as it was until then, where the table asks for old images; `nil` when there was none, or when the table
    /// did not ask for them at the time.
    public let oldImage: ItemImage?
}
