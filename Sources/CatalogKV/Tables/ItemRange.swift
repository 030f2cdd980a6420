/// Which stored keys a query or scan goes through, and in which trees of the index.
struct ItemRange: Sendable {
    /// The first stored key that may be in it.
    let lower: [UInt8]
    /// The first one behind it.
    let upper: [UInt8]
    let isReversed: Bool
    /// The segment of a scan; `nil` for a query, which is in one tree.
    let segment: (index: Int, count: Int)?

    /// Items of one partition; the caller has checked the lengths.
    static func partition(
        _ table: TableNumber,
        _ partition: [UInt8],
        _ range: SortRange,
        isReversed: Bool
    ) -> ItemRange {
        let head = StoredKey(table, partition: partition.span, sort: Span()).bytes
        let end = head.behindPrefix
        var lower = head
        var upper = end
        if let prefix = range.prefix {
            lower += prefix
            // A prefix of nothing but the highest byte reaches to the partition's end.
            if let higher = lower.behindPrefixIfAny(keeping: head.count) { upper = higher }
            return ItemRange(lower: lower, upper: upper, isReversed: isReversed, segment: nil)
        }
        switch range.lower {
        case .open: break
        case .including(let key): lower += key
        case .excluding(let key): lower += key + [0]
        }
        switch range.upper {
        case .open: break
        case .including(let key): upper = head + key + [0]
        case .excluding(let key): upper = head + key
        }
        return ItemRange(lower: lower, upper: upper, isReversed: isReversed, segment: nil)
    }

    /// A segment of a whole table.
    static func table(_ table: TableNumber, segment: Int, of count: Int) -> ItemRange {
        let lower = [UInt8(truncatingIfNeeded: table.rawValue >> 8), UInt8(truncatingIfNeeded: table.rawValue)]
        return ItemRange(lower: lower, upper: lower.behindPrefix, isReversed: false, segment: (segment, count))
    }
}

extension [UInt8] {
    /// The first byte string behind all that begin with this one, which does not consist of the highest byte alone.
    fileprivate var behindPrefix: [UInt8] {
        behindPrefixIfAny(keeping: 0) ?? self
    }

    /// The same; `nil` when everything behind the first `count` bytes is the highest byte.
    fileprivate func behindPrefixIfAny(keeping count: Int) -> [UInt8]? {
        guard let last = self[count...].lastIndex(where: { $0 < .max }) else { return nil }
        var bytes = self
        bytes.removeLast(bytes.count - last - 1)
        bytes[last] += 1
        return bytes
    }
}

/// Goes through the items of a range as of one snapshot, as far as it is asked to at a time.
///
/// What is done for each item is inlined along the way down to the index, so that an item costs one call and not five.
struct RangeReader {
    /// Items that are looked at in one go, so that the index is never pinned for long.
    private static let stepCount = 256

    private let engine: Engine
    private let snapshot: CatalogSnapshot
    private let isReversed: Bool
    private let whole: ItemRange
    private let treeStep: Int
    /// The tree to go on in, and what is left of it.
    private(set) var tree: Int
    private var lower: [UInt8]
    private var upper: [UInt8]
    /// The last item that was looked at.
    private(set) var lastKey: [UInt8]?
    /// Whether what is left of the tree begins behind `lastKey`: most queries end in one go and never need the bound.
    private var isBehindLastKey = false

    /// Starts at the beginning of the range.
    init(_ engine: Engine, _ range: ItemRange, at snapshot: CatalogSnapshot? = nil) throws {
        self.engine = engine
        self.snapshot = try snapshot ?? CatalogSnapshot(engine)
        whole = range
        isReversed = range.isReversed
        lower = range.lower
        upper = range.upper
        if let segment = range.segment {
            tree = segment.index
            treeStep = segment.count
        } else {
            tree = engine.index.partition(of: range.lower.span)
            treeStep = engine.index.partitionCount
        }
    }

    /// Goes on behind an item that an earlier reader of the range looked at last.
    mutating func resume(after key: [UInt8], inTree tree: Int) {
        self.tree = tree
        lastKey = key
        isBehindLastKey = true
    }

    /// Hands over items until `body` returns `false` or none is left; the next call goes on behind the last one.
    ///
    /// - Parameter isLast: Nobody goes on behind it, so that the place where it stops need not be kept.
    /// - Returns: Whether `body` stopped it.
    @discardableResult
    @inline(__always)
    mutating func read(isLast: Bool = false, _ body: (borrowing ItemView) throws -> Bool) throws -> Bool {
        while tree < engine.index.partitionCount {
            var lookedAt = 0
            var wantsMore = true
            var last: [UInt8]?
            narrow()
            try scan { item in
                lookedAt += 1
                wantsMore = try body(item)
                if wantsMore, lookedAt < RangeReader.stepCount { return true }
                if wantsMore || !isLast { last = item.storedKey.bytes }
                return false
            }
            if let last {
                lastKey = last
                isBehindLastKey = true
            }
            if !wantsMore { return true }
            if last == nil {
                tree += treeStep
                (lower, upper) = (whole.lower, whole.upper)
            }
        }
        return false
    }

    @inline(__always)
    private func scan(_ body: (borrowing ItemView) throws -> Bool) throws {
        if lower.span.isEmpty { return }
        try engine.scan(tree, from: lower.span, to: upper.span, at: snapshot.index, reversed: isReversed, body)
    }

    /// Leaves out what was looked at.
    private mutating func narrow() {
        guard isBehindLastKey, let lastKey else { return }
        isBehindLastKey = false
        if isReversed {
            upper = lastKey
        } else {
            lower = lastKey + [0]
        }
    }
}
