extension StoredKey {
    /// Runs `body` with the bytes of a stored key that live on the stack, so that a read allocates nothing.
    ///
    /// The caller has checked the lengths against the limits of `Key`.
    static func withBytes<Result>(
        _ table: TableNumber,
        _ key: Key,
        _ body: (Span<UInt8>) throws -> Result
    ) rethrows -> Result {
        let count = 4 + key.partition.count + key.sort.count
        return try unsafe withUnsafeTemporaryAllocation(byteCount: count, alignment: 8) { room in
            let base = room.baseAddress
            // A temporary allocation of at least four bytes has an address.
            guard let base = unsafe base else { return try body(StoredKey(table, key).bytes.span) }
            let header = UInt32(table.rawValue) << 16 | UInt32(truncatingIfNeeded: key.partition.count)
            unsafe base.storeBytes(of: header.bigEndian, as: UInt32.self)
            unsafe key.partition.withUnsafeBytes { bytes in
                if let source = bytes.baseAddress {
                    unsafe (base + 4).copyMemory(from: source, byteCount: bytes.count)
                }
            }
            unsafe key.sort.withUnsafeBytes { bytes in
                if let source = bytes.baseAddress {
                    unsafe (base + 4 + key.partition.count).copyMemory(from: source, byteCount: bytes.count)
                }
            }
            let filled = unsafe UnsafeBufferPointer(start: base.assumingMemoryBound(to: UInt8.self), count: count)
            return try body(unsafe Span(_unsafeElements: filled))
        }
    }
}
