/// What a table's changes show of its items.
///
/// New images are read from where the item stands anyway. Old images are written into the journal a second time, with
/// the operation that replaces them, so that they can be read for as long as the change can: a table that asks for them
/// writes about twice as many bytes when items are replaced or deleted.
public enum ChangeImages: UInt8, Sendable, Hashable, CaseIterable {
    // The raw values are stored in table definitions.

    /// The key only.
    case keysOnly = 0
    /// The key and the item after the change.
    case new = 1
    /// The key and the item before the change.
    case old = 2
    /// The key and both.
    case newAndOld = 3

    /// Whether changes show the item as it was after them.
    public var includesNew: Bool { self == .new || self == .newAndOld }
    /// Whether changes show the item as it was before them.
    public var includesOld: Bool { self == .old || self == .newAndOld }
}
