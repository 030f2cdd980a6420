/// Which stored keys a query or scan goes through, and in which trees of the index.
///
/// A class, so that whoever goes through it takes one reference.
final class ItemRange: Sendable {
    /// The first stored key that may be in it.
    let lower: [UInt8]
    /// The first one behind it.
    let upper: [UInt8]
    let isReversed: Bool
    /// The segment of a scan; `nil` for a query, which is in one tree.
    let segment: (index: Int, count: Int)?

    private init(lower: [UInt8], upper: [UInt8], isReversed: Bool, segment: (index: Int, count: Int)?) {
        self.lower = lower
        self.upper = upper
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
        func bound(_ sort: [UInt8], isBehind: Bool = false) -> [UInt8] {
            StoredKey(table, partition: partition.span, sort: sort.span, isBehind: isBehind).bytes
        }
        func end() -> [UInt8] {
            var end = bound([])
            end.moveBehindPrefix(keeping: 0)
            return end
        }
        let lower: [UInt8]
        let upper: [UInt8]
        if let prefix = range.prefix {
            lower = bound(prefix)
            var behind = lower
            // A prefix of nothing but the highest byte reaches to the partition's end.
            upper = behind.moveBehindPrefix(keeping: 4 + partition.count) ? behind : end()
        } else {
            lower =
                switch range.lower {
                case .open: bound([])
                case .including(let key): bound(key)
                case .excluding(let key): bound(key, isBehind: true)
                }
            upper =
                switch range.upper {
                case .open: end()
                case .including(let key): bound(key, isBehind: true)
                case .excluding(let key): bound(key)
                }
        }
        return ItemRange(lower: lower, upper: upper, isReversed: isReversed, segment: nil)
    }

    /// A segment of a whole table.
    static func table(_ table: TableNumber, segment: Int, of count: Int) -> ItemRange {
        let lower = [UInt8(truncatingIfNeeded: table.rawValue >> 8), UInt8(truncatingIfNeeded: table.rawValue)]
        var upper = lower
        upper.moveBehindPrefix(keeping: 0)
        return ItemRange(lower: lower, upper: upper, isReversed: false, segment: (segment, count))
    }

    /// The tree of the index that its first items are in.
    func firstTree(in index: VersionedIndex) -> Int {
        segment?.index ?? index.partition(ofBytes: lower)
    }
}

extension [UInt8] {
    /// Becomes the first byte string behind all that begin with this one, unless everything behind the first `count`
    /// bytes is the highest byte; returns whether it did.
    @discardableResult
    fileprivate mutating func moveBehindPrefix(keeping count: Int) -> Bool {
        guard let last = self[count...].lastIndex(where: { $0 < .max }) else { return false }
        removeLast(self.count - last - 1)
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
        // Only what goes on makes a bound of its own.
        let last = isBehindLastKey ? lastKey : nil
        let lower = range.isReversed ? range.lower : last.map { $0 + [0] } ?? range.lower
        let upper = range.isReversed ? last ?? range.upper : range.upper
        let isReversed = range.isReversed
        try engine.scan(tree, from: lower.span, to: upper.span, at: sequence, reversed: isReversed, body)
    }
}
