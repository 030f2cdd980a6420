extension StoredKey {
    /// Stored keys up to this size are put together on the stack.
    private static let stackByteCount = 96

    /// Runs `body` with the bytes of a stored key that live on the stack, unless the key is long, so that a read allocates
    /// nothing.
    ///
    /// Neither counts references on the way nor calls through closures: reads would spend a third of their time so. The
    /// caller has checked the lengths against the limits of `Key`.
    @inline(__always)
    static func withBytes<Result>(
        _ table: TableNumber,
        _ key: borrowing Key,
        _ body: (Span<UInt8>) throws -> Result
    ) rethrows -> Result {
        let partition = key.partition.span
        let sort = key.sort.span
        let count = 4 + partition.count + sort.count
        guard count <= stackByteCount else {
            let bytes = StoredKey(table, partition: partition, sort: sort).bytes
            return try body(bytes.span)
        }
        var room = InlineArray<96, UInt8>(repeating: 0)
        fill(&room, table, partition, sort)
        return try body(room.span.extracting(first: count))
    }

    private static func fill(
        _ room: inout InlineArray<96, UInt8>,
        _ table: TableNumber,
        _ partition: Span<UInt8>,
        _ sort: Span<UInt8>
    ) {
        var bytes = room.mutableSpan
        // Every copy ends within the room, which the caller has seen to.
        unsafe bytes.withUnsafeMutableBytes { room in
            guard let base = room.baseAddress else { return }
            let header = UInt32(table.rawValue) << 16 | UInt32(truncatingIfNeeded: partition.count)
            unsafe base.storeBytes(of: header.bigEndian, as: UInt32.self)
            unsafe partition.copy(to: base + 4)
            unsafe sort.copy(to: base + 4 + partition.count)
        }
    }
}
