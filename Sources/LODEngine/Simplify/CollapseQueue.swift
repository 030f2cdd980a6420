/// The edges that may still collapse, cheapest first, each at most once.
///
/// A heap of four children per node over 64-bit words: the cost's bits above the edge's number. Costs are never
/// negative, so their bits sort as they do, and equal costs fall to the lower edge: the order is the same in every run.
struct CollapseQueue: ~Copyable {
    /// How many edges wait.
    private(set) var count = 0
    private let slots: FlatArray<UInt64>
    /// Where each edge stands in `slots`.
    private let places: FlatArray<UInt32>

    /// Makes an empty queue for edges `0..<edgeCount`.
    init(edgeCount: Int) {
        slots = FlatArray(repeating: 0, count: edgeCount)
        places = FlatArray(repeating: none, count: edgeCount)
    }

    /// The cheapest edge and its cost.
    var first: (edge: UInt32, cost: Float)? {
        guard count > 0 else { return nil }
        let word = slots[0]
        return (UInt32(truncatingIfNeeded: word), Float(bitPattern: UInt32(word >> 32)))
    }

    /// The cost under which `edge` waits, or `nil` if it does not.
    func cost(of edge: UInt32) -> Float? {
        let place = places[edge]
        guard place != none else { return nil }
        return Float(bitPattern: UInt32(slots[place] >> 32))
    }

    /// Adds `edge` without ordering; `order()` must follow before anything else is asked.
    mutating func append(_ edge: UInt32, cost: Float) {
        place(Self.word(edge, cost), at: count)
        count += 1
    }

    /// Orders what was appended, in time linear in its number.
    mutating func order() {
        guard count > 1 else { return }
        for slot in stride(from: (count - 2) / 4, through: 0, by: -1) { sink(slots[slot], from: slot) }
    }

    /// Adds `edge` at `cost`, or moves it there.
    mutating func update(_ edge: UInt32, cost: Float) {
        let word = Self.word(edge, cost)
        let current = places[edge]
        if current == none {
            count += 1
            rise(word, from: count - 1)
        } else if word < slots[current] {
            rise(word, from: Int(current))
        } else {
            sink(word, from: Int(current))
        }
    }

    /// Takes `edge` out, if it is there.
    mutating func remove(_ edge: UInt32) {
        let current = places[edge]
        guard current != none else { return }
        places[edge] = none
        count -= 1
        guard Int(current) < count else { return }
        let last = slots[count]
        if last < slots[current] { rise(last, from: Int(current)) } else { sink(last, from: Int(current)) }
    }

    private static func word(_ edge: UInt32, _ cost: Float) -> UInt64 {
        // A cost that is not a number (from numbers that overflowed) waits at the very end.
        let cost = cost >= 0 ? cost : (cost < 0 ? 0 : .infinity)
        return UInt64(cost.bitPattern) << 32 | UInt64(edge)
    }

    @inline(__always)
    private func place(_ word: UInt64, at slot: Int) {
        slots[slot] = word
        places[UInt32(truncatingIfNeeded: word)] = UInt32(truncatingIfNeeded: slot)
    }

    private func rise(_ word: UInt64, from start: Int) {
        var slot = start
        while slot > 0 {
            let parent = (slot - 1) / 4
            let above = slots[parent]
            guard word < above else { break }
            place(above, at: slot)
            slot = parent
        }
        place(word, at: slot)
    }

    private func sink(_ word: UInt64, from start: Int) {
        var slot = start
        while true {
            let firstChild = slot * 4 + 1
            guard firstChild < count else { break }
            var least = firstChild
            var leastWord = slots[firstChild]
            for child in (firstChild + 1)..<max(min(firstChild + 4, count), firstChild + 1) {
                let childWord = slots[child]
                if childWord < leastWord {
                    least = child
                    leastWord = childWord
                }
            }
            guard leastWord < word else { break }
            place(leastWord, at: slot)
            slot = least
        }
        place(word, at: slot)
    }
}
