/// The versions that will expire, soonest first: a binary heap.
///
/// A version that was overwritten or deleted stays in it until its time comes or the owner rebuilds the heap; whoever
/// takes one out compares it with the index.
struct ExpiryQueue: Sendable {
    struct Item: Sendable {
        let expiry: Int64
        let sequence: UInt64
        let key: StoredKey
    }

    private var heap: [Item] = []

    /// Versions held, stale ones included.
    var count: Int { heap.count }

    /// Adds a version.
    mutating func insert(_ item: Item) {
        heap.append(item)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].expiry < heap[parent].expiry else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out the version that expires first, if its time has come.
    mutating func popDue(at now: Int64) -> Item? {
        guard let first = heap.first, first.expiry <= now, let last = heap.popLast() else { return nil }
        if heap.isEmpty { return first }
        heap[0] = last
        var parent = 0
        while true {
            var child = 2 * parent + 1
            guard child < heap.count else { break }
            if child + 1 < heap.count, heap[child + 1].expiry < heap[child].expiry { child += 1 }
            guard heap[child].expiry < heap[parent].expiry else { break }
            heap.swapAt(child, parent)
            parent = child
        }
        return first
    }

    /// Drops the versions that `isWanted` does not hold for.
    mutating func keep(_ isWanted: (Item) -> Bool) {
        var kept = ExpiryQueue()
        for item in heap where isWanted(item) { kept.insert(item) }
        self = kept
    }
}
