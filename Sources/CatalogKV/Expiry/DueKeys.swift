/// Stored keys that came due together, in the order of the trees of the index that hold them, once they are sorted.
///
/// They are kept apart by the first byte of their trees' numbers from the beginning: then they need not be moved, and
/// those that are worked on together lie together.
struct DueKeys: Sendable {
    private struct Group: Sendable {
        var bytes: [UInt8] = []
        /// Of each key the second byte of its tree's number (8 bits) and where it ends (24 bits): in one, for the groups are
        /// written to by turns, and each array costs a wait for memory.
        var marks: [UInt32] = []

        mutating func append(_ key: Span<UInt8>, tree: Int) {
            // The pointer is used inside the closure only.
            unsafe key.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
            marks.append(UInt32(truncatingIfNeeded: tree) << 24 | UInt32(truncatingIfNeeded: bytes.count))
        }

        func end(_ index: Int) -> Int { Int(marks[index] & 0xFF_FFFF) }
        func tree(_ index: Int) -> Int { Int(marks[index] >> 24) }
    }

    private var groups = [Group](repeating: Group(), count: 256)
    /// For each place the group (8 bits) and the place in it (24 bits).
    private var order: [UInt32] = []
    private(set) var count = 0
    private(set) var byteCount = 0

    /// Adds a key of the tree with this number, of which there are at most 65,536; at most 2²⁴ keys and bytes of keys.
    mutating func append(_ key: Span<UInt8>, tree: Int) {
        groups[tree >> 8 & 0xFF].append(key, tree: tree)
        count += 1
        byteCount += key.count
    }

    /// Gives every key its place.
    mutating func sort() {
        order.removeAll()
        order.reserveCapacity(count)
        for (number, group) in groups.enumerated() where !group.marks.isEmpty {
            let head = UInt32(number) << 24
            // A counting sort: where the keys of each tree begin among those of the group.
            var starts = [Int](repeating: order.count, count: 257)
            for mark in group.marks { starts[Int(mark >> 24) + 1] += 1 }
            for tree in 1...256 { starts[tree] += starts[tree - 1] - order.count }
            order.append(contentsOf: repeatElement(0, count: group.marks.count))
            for (index, mark) in group.marks.enumerated() {
                order[starts[Int(mark >> 24)]] = head | UInt32(index)
                starts[Int(mark >> 24)] += 1
            }
        }
    }

    /// The key at a place.
    @_lifetime(borrow self)
    func key(at place: Int) -> Span<UInt8> {
        let (group, index) = (Int(order[place] >> 24), Int(order[place] & 0xFF_FFFF))
        let start = index == 0 ? 0 : groups[group].end(index - 1)
        let bytes = groups[group].bytes
        // Those that are kept here, as long as nobody changes them.
        return unsafe _overrideLifetime(bytes.span.extracting(start..<groups[group].end(index)), borrowing: self)
    }

    /// The number of its tree.
    func tree(at place: Int) -> Int {
        let (group, index) = (Int(order[place] >> 24), Int(order[place] & 0xFF_FFFF))
        return group << 8 | groups[group].tree(index)
    }
}
