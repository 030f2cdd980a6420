/// The edges that may still collapse, cheapest first but for a hundredth, each at most once.
///
/// Edges wait in lists of equal *key*: the upper bits of the cost, 64 keys to each doubling. Costs are never negative,
/// so their bits sort as they do. Adding and taking take a few instructions each, where a heap of as many edges takes a
/// hundred; the last that came to a list leaves first, so the order is the same in every run.
///
/// Only edges up to a limit are in the lists; dearer ones wait where they are, with their key.
struct CollapseQueue: ~Copyable {
    /// The first edge of each list.
    private let heads: FlatArray<UInt32>
    /// No list below this one has an edge.
    private var lowest: UInt16 = 0
    /// The last key that has a list.
    private(set) var limit: UInt16 = 0

    /// Keys by which a cost is doubled.
    static let doubling: UInt16 = 64
    /// Bits of a cost below those that count.
    private static let shift: UInt32 = 17
    /// The key of what is not a number, behind all costs.
    static let last = UInt16(0x7FFF_FFFF as UInt32 >> shift)

    /// Makes an empty queue.
    init() {
        heads = FlatArray(repeating: none, count: Int(Self.last) + 1)
    }

    /// Where an edge of `cost` waits.
    @inline(__always)
    static func key(_ cost: Float) -> UInt16 {
        // A cost that is not a number (from numbers that overflowed) waits at the very end.
        cost >= 0 ? UInt16(truncatingIfNeeded: cost.bitPattern >> shift) : (cost < 0 ? 0 : last)
    }

    /// The highest key up to which so few edges wait that collapsing them leaves some of `excess` triangles.
    ///
    /// `counts` says how many edges wait under each key.
    static func limit(leaving excess: Int, _ counts: [Int]) -> UInt16 {
        // A collapse takes two triangles and three edges, so these leave a third at least.
        var rest = excess
        var key = 0
        while key < Int(last) {
            rest -= counts[key]
            if rest < 0 { break }
            key += 1
        }
        return UInt16(key)
    }

    /// Opens the lists up to `limit`; they must be empty.
    mutating func open(upTo limit: UInt16) {
        self.limit = limit
        lowest = limit
    }

    /// Lets `edge` wait under `key`, which is at most `last`.
    @inline(__always)
    mutating func push(_ edge: UInt32, key: UInt16, _ edges: borrowing FlatArray<EdgeRecord>) {
        edges[edge].key = key
        edges[edge].state = .waiting
        if key <= limit { link(edge, key: key, edges) }
    }

    /// Puts `edge`, which waits, into the list of its key, which is within the limit.
    @inline(__always)
    mutating func link(_ edge: UInt32, key: UInt16, _ edges: borrowing FlatArray<EdgeRecord>) {
        edges[edge].following = heads[Int(key)]
        heads[Int(key)] = edge
        if key < lowest { lowest = key }
    }

    /// Takes an edge of the lowest key out, if that is at most `most`; it may be gone.
    @inline(__always)
    mutating func pop(upTo most: UInt16, _ edges: borrowing FlatArray<EdgeRecord>) -> (edge: UInt32, key: UInt16)? {
        while true {
            let edge = heads[Int(lowest)]
            if edge != none {
                if lowest > most { return nil }
                heads[Int(lowest)] = edges[edge].following
                return (edge, lowest)
            }
            if lowest >= most { return nil }
            lowest += 1
        }
    }
}
