/// Which items of a partition a query returns, by their sort keys.
///
///     .all    .equal(to: "a")    .prefix("2026-")    .between(10, and: 20)    .from("a")    .below("b")
public struct SortRange: Sendable, Hashable {
    enum Bound: Sendable, Hashable {
        case open
        case including([UInt8])
        case excluding([UInt8])

        var byteCount: Int {
            switch self {
            case .open: 0
            case .including(let key), .excluding(let key): key.count
            }
        }
    }

    let lower: Bound
    let upper: Bound
    /// When it is not `nil`, sort keys begin with it, and there are no bounds.
    let prefix: [UInt8]?

    private init(lower: Bound = .open, upper: Bound = .open, prefix: [UInt8]? = nil) {
        self.lower = lower
        self.upper = upper
        self.prefix = prefix
    }

    /// Every item of the partition.
    public static let all = SortRange()

    /// The item with this sort key.
    public static func equal(to key: some SortKeyConvertible) -> SortRange {
        SortRange(lower: .including(key.sortKey), upper: .including(key.sortKey))
    }

    /// Items whose sort keys begin with this one's bytes.
    public static func prefix(_ key: some SortKeyConvertible) -> SortRange {
        SortRange(prefix: key.sortKey)
    }

    /// Items from this sort key on.
    public static func from(_ key: some SortKeyConvertible) -> SortRange {
        SortRange(lower: .including(key.sortKey))
    }

    /// Items behind this sort key.
    public static func after(_ key: some SortKeyConvertible) -> SortRange {
        SortRange(lower: .excluding(key.sortKey))
    }

    /// Items up to this sort key, which is among them.
    public static func through(_ key: some SortKeyConvertible) -> SortRange {
        SortRange(upper: .including(key.sortKey))
    }

    /// Items before this sort key.
    public static func below(_ key: some SortKeyConvertible) -> SortRange {
        SortRange(upper: .excluding(key.sortKey))
    }

    /// Items from one sort key to another, both among them.
    public static func between(_ lower: some SortKeyConvertible, and upper: some SortKeyConvertible) -> SortRange {
        SortRange(lower: .including(lower.sortKey), upper: .including(upper.sortKey))
    }

    /// - Throws: `CatalogError` with `keyTooLong`.
    func check() throws {
        let longest = max(prefix?.count ?? 0, lower.byteCount, upper.byteCount)
        guard longest <= Key.sortByteCountMax else {
            throw CatalogError(
                .keyTooLong,
                "a bound of a query has \(longest) bytes; a sort key has at most \(Key.sortByteCountMax)"
            )
        }
    }
}

/// In which order a query returns the items of a partition.
public enum SortOrder: Sendable, Hashable {
    /// From the first sort key to the last.
    case ascending
    /// From the last sort key to the first.
    case descending
}
