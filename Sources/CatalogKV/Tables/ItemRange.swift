/// Which stored keys a query or scan goes through, and in which trees of the index.
struct ItemRange: Sendable {
    let isReversed: Bool
    /// The segment of a scan; `nil` for a query, which is in one tree.
    let segment: (index: Int, count: Int)?
    // The first stored key that may be in it, then the first one behind it: one piece of memory for both.
    private let bounds: [UInt8]
    private let lowerByteCount: Int

    private init(_ bounds: [UInt8], lowerByteCount: Int, isReversed: Bool, segment: (index: Int, count: Int)?) {
        self.bounds = bounds
        self.lowerByteCount = lowerByteCount
        self.isReversed = isReversed
        self.segment = segment
    }

    /// Items of one partition; the caller has checked the lengths.
    static func partition(
        _ table: TableNumber,
        _ partition: [UInt8],
        _ range: SortRange,
        isReversed: Bool
    ) -> ItemRange {
        var bounds: [UInt8] = []
        let sortByteCount = range.lower.byteCount + range.upper.byteCount + 2 * (range.prefix?.count ?? 0)
        bounds.reserveCapacity(2 * (5 + partition.count) + sortByteCount)
        func add(_ sort: [UInt8], isBehind: Bool = false) {
            StoredKey.append(table, partition.span, sort.span, to: &bounds)
            if isBehind { bounds.append(0) }
        }
        switch range.lower {
        case .open: add(range.prefix ?? [])
        case .including(let key): add(key)
        case .excluding(let key): add(key, isBehind: true)
        }
        let lowerByteCount = bounds.count
        switch range.upper {
        case .open:
            add(range.prefix ?? [])
            // A prefix of nothing but the highest byte reaches to the partition's end.
            if range.prefix == nil || !bounds.moveBehindPrefix(keeping: lowerByteCount + 4 + partition.count) {
                bounds.moveBehindPrefix(keeping: lowerByteCount)
            }
        case .including(let key): add(key, isBehind: true)
        case .excluding(let key): add(key)
        }
        return ItemRange(bounds, lowerByteCount: lowerByteCount, isReversed: isReversed, segment: nil)
    }

    /// A segment of a whole table.
    static func table(_ table: TableNumber, segment: Int, of count: Int) -> ItemRange {
        let lower = [UInt8(truncatingIfNeeded: table.rawValue >> 8), UInt8(truncatingIfNeeded: table.rawValue)]
        var bounds = lower + lower
        bounds.moveBehindPrefix(keeping: lower.count)
        return ItemRange(bounds, lowerByteCount: lower.count, isReversed: false, segment: (segment, count))
    }

    /// What is left of it when it was gone through up to `key`, which is no longer in it.
    func rest(behind key: [UInt8]) -> ItemRange {
        let rest = isReversed ? lower + key : key + [0] + upper
        let lowerByteCount = isReversed ? lowerByteCount : key.count + 1
        return ItemRange(rest, lowerByteCount: lowerByteCount, isReversed: isReversed, segment: segment)
    }

    /// The first stored key that may be in it, copied.
    var lower: [UInt8] { Array(bounds[..<lowerByteCount]) }
    /// The first one behind it, copied.
    var upper: [UInt8] { Array(bounds[lowerByteCount...]) }

    /// Runs `body` with both bounds where they stand.
    @inline(__always)
    func withBounds<Result>(_ body: (_ lower: Span<UInt8>, _ upper: Span<UInt8>) throws -> Result) rethrows -> Result {
        let bounds = bounds
        let both = bounds.span
        return try body(both.extracting(first: lowerByteCount), both.extracting(lowerByteCount..<both.count))
    }

    /// The tree of the index that its first items are in.
    func firstTree(in index: VersionedIndex) -> Int {
        segment?.index ?? withBounds { lower, _ in index.partition(of: lower) }
    }
}

extension [UInt8] {
    /// Has the bytes from some place on become the first byte string behind all that begin with them, unless everything
    /// behind the first `count` bytes is the highest byte; returns whether it did.
    @discardableResult
    fileprivate mutating func moveBehindPrefix(keeping count: Int) -> Bool {
        var last = self.count - 1
        while last >= count, self[last] == .max { last -= 1 }
        guard last >= count else { return false }
        if last < self.count - 1 { removeLast(self.count - last - 1) }
        self[last] += 1
        return true
    }
}

/// Goes through the items of a range as of one moment, as far as it is asked to at a time.
///
/// What is done for each item is inlined along the way down to the index, so that an item costs one call and not five.
struct RangeReader {
    /// Items that are looked at in one go, so that the index is never pinned for long.
    static let stepCount = 256

    private let engine: Engine
    private let range: ItemRange
    private let sequence: UInt64
    /// What keeps the moment's versions, as long as it lives.
    private let moment: any AnyObject & Sendable
    /// The tree to go on in.
    private(set) var tree: Int
    /// The last item that was looked at.
    private(set) var lastKey: [UInt8]?
    /// Whether what is left of the tree begins behind `lastKey`: most queries end in one go and never need the bound.
    private var isBehindLastKey = false

    /// Starts at the beginning of the range, at the present moment.
    init(_ engine: Engine, _ range: ItemRange) throws {
        let snapshot = try engine.snapshot()
        self.init(engine, range, at: snapshot.sequence, keptBy: snapshot)
    }

    /// The same at a moment that lasts as long as `moment` lives.
    @inline(__always)
    init(_ engine: Engine, _ range: ItemRange, at sequence: UInt64, keptBy moment: any AnyObject & Sendable) {
        self.engine = engine
        self.range = range
        self.sequence = sequence
        self.moment = moment
        tree = range.firstTree(in: engine.index)
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
        defer { withExtendedLifetime(moment) {} }
        while tree < engine.index.partitionCount {
            var lookedAt = 0
            var wantsMore = true
            var last: [UInt8]?
            try scan { item in
                lookedAt += 1
                wantsMore = try body(item)
                if wantsMore, lookedAt < RangeReader.stepCount { return true }
                if wantsMore || !isLast { last = item.storedKey.bytes }
                return false
            }
            isBehindLastKey = last != nil
            if let last { lastKey = last }
            if !wantsMore { return true }
            if last == nil { tree += range.segment?.count ?? engine.index.partitionCount }
        }
        return false
    }

    /// Leaves out what was looked at.
    @inline(__always)
    private func scan(_ body: (borrowing ItemView) throws -> Bool) throws {
        // Only what goes on makes bounds of its own.
        let rest = isBehindLastKey ? lastKey.map { range.rest(behind: $0) } ?? range : range
        try rest.withBounds { lower, upper in
            try engine.scan(tree, from: lower, to: upper, at: sequence, reversed: rest.isReversed, body)
        }
    }
}
