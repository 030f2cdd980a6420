/// Stored keys that came due together, one after the other in one array.
struct DueKeys: Sendable {
    private var bytes: [UInt8] = []
    private var ends: [Int] = []

    var count: Int { ends.count }

    mutating func append(_ key: Span<UInt8>) {
        // The pointer is used inside the closure only.
        unsafe key.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        ends.append(bytes.count)
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
    }

    /// Runs `body` with each key, or those at some places, in the order in which they were appended.
    func visit(_ places: Range<Int>? = nil, _ body: (Span<UInt8>) throws -> Void) rethrows {
        let places = places ?? 0..<count
        var start = places.lowerBound == 0 ? 0 : ends[places.lowerBound - 1]
        for place in places {
            let end = ends[place]
            try body(bytes.span.extracting(start..<end))
            start = end
        }
    }
}
