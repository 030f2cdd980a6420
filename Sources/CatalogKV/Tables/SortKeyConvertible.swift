/// A Swift value that stands for a sort key.
public protocol SortKeyConvertible {
    /// The bytes of the sort key; byte by byte they are in the order of the values.
    var sortKey: [UInt8] { get }
}

extension String: SortKeyConvertible {
    /// The text in UTF-8, which is in the order of code points.
    public var sortKey: [UInt8] { Array(utf8) }
}

extension [UInt8]: SortKeyConvertible {
    /// The bytes themselves.
    public var sortKey: [UInt8] { self }
}

extension Int64: SortKeyConvertible {
    /// Eight bytes that are in the order of the numbers, those below zero first.
    public var sortKey: [UInt8] {
        let ordered = UInt64(bitPattern: self) ^ (1 << 63)
        return (0..<8).map { UInt8(truncatingIfNeeded: ordered >> (56 - 8 * UInt64($0))) }
    }
}

extension Int: SortKeyConvertible {
    /// As that of the same `Int64`.
    public var sortKey: [UInt8] { Int64(self).sortKey }
}

extension Key {
    /// Names an item by a text, taken as UTF-8, and a number, by which the items of a partition are in order.
    public init(partition: String, sort: Int64) {
        self.init(partition: Array(partition.utf8), sort: sort.sortKey)
    }

    /// The number that the sort key was made of; `nil` when it has not eight bytes.
    public var sortNumber: Int64? {
        guard sort.count == 8 else { return nil }
        let ordered = sort.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return Int64(bitPattern: ordered ^ (1 << 63))
    }
}
