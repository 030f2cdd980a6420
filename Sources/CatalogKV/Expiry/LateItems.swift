/// An item whose time lies before the wheel's.
struct LateItem {
    let time: UInt64
    let key: [UInt8]
}

/// Late items, earliest first: a binary heap.
struct LateItems {
    private var heap: [LateItem] = []

    mutating func insert(_ item: LateItem) {
        heap.append(item)
        var child = heap.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard heap[child].time < heap[parent].time else { break }
            heap.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes the earliest item out, if it is not after `time`.
    mutating func takeFirst(notAfter time: UInt64) -> LateItem? {
        guard let first = heap.first, first.time <= time else { return nil }
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        var parent = 0
        while true {
            var least = parent
            for child in [2 * parent + 1, 2 * parent + 2]
            where child < heap.count && heap[child].time < heap[least].time {
                least = child
            }
            if least == parent { return first }
            heap.swapAt(parent, least)
            parent = least
        }
    }

    mutating func removeAll() -> [LateItem] {
        defer { heap = [] }
        return heap
    }
}
