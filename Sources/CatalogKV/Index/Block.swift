internal import Glibc
internal import Synchronization
internal import VitrineCIntrinsics

/// A piece of the arena, read and written at byte offsets: the one place where the index touches raw memory.
///
/// `plain` fields are written before the block's handle is published and never after; `shared` ones are atomics. The
/// handle is stored with release and loaded with acquire, which orders the plain fields too.
@safe struct Block {
    // Lies in the arena's reservation, which outlives every use: readers hold the index, and a block is not used again
    // while a reader that could know its handle is pinned.
    let base: UnsafeMutableRawPointer

    @inline(__always)
    init(_ base: UnsafeMutableRawPointer) {
        unsafe self.base = unsafe base
    }

    @inline(__always)
    func plain<Value: BitwiseCopyable>(_ offset: Int, as type: Value.Type) -> Value {
        unsafe base.loadUnaligned(fromByteOffset: offset, as: type)
    }

    @inline(__always)
    func setPlain(_ offset: Int, _ value: some BitwiseCopyable) {
        unsafe base.storeBytes(of: value, toByteOffset: offset, as: type(of: value))
    }

    @inline(__always)
    func shared32(_ offset: Int) -> UInt32 {
        unsafe (base + offset).assumingMemoryBound(to: Atomic<UInt32>.self).pointee.load(ordering: .acquiring)
    }

    @inline(__always)
    func shared32InOrder(_ offset: Int) -> UInt32 {
        unsafe (base + offset).assumingMemoryBound(to: Atomic<UInt32>.self).pointee
            .load(ordering: .sequentiallyConsistent)
    }

    @inline(__always)
    func setShared32(_ offset: Int, _ value: UInt32) {
        unsafe (base + offset).assumingMemoryBound(to: Atomic<UInt32>.self).pointee.store(value, ordering: .releasing)
    }

    @inline(__always)
    func shared64(_ offset: Int) -> UInt64 {
        unsafe (base + offset).assumingMemoryBound(to: Atomic<UInt64>.self).pointee.load(ordering: .acquiring)
    }

    @inline(__always)
    func setShared64(_ offset: Int, _ value: UInt64) {
        unsafe (base + offset).assumingMemoryBound(to: Atomic<UInt64>.self).pointee.store(value, ordering: .releasing)
    }

    /// `count` bytes from `offset` on as a key.
    @inline(__always)
    func key(_ offset: Int, _ count: Int) -> RawKey {
        unsafe RawKey(base: UnsafeRawPointer(base + offset), count: count)
    }

    @inline(__always)
    func setKey(_ offset: Int, _ key: RawKey) {
        unsafe (base + offset).copyMemory(from: key.base, byteCount: key.count)
    }

    /// How many of the `count` ordered heads from `offset` on, a multiple of four, are below `bound`.
    @inline(__always)
    func countBelow(_ bound: Int32, _ offset: Int, _ count: Int) -> Int {
        unsafe Int(vitrine_count_below(base + offset, Int32(truncatingIfNeeded: count), bound))
    }

    /// Fetches the line of the byte at `offset`.
    @inline(__always)
    func prefetchLine(_ offset: Int) {
        unsafe vitrine_prefetch(base + offset)
    }

    /// Fetches the lines of the first `byteCount` bytes, or those of them from `start` on.
    @inline(__always)
    func prefetch(_ byteCount: Int, from start: Int = 0) {
        var offset = start
        while offset < byteCount {
            unsafe vitrine_prefetch(base + offset)
            offset += 64
        }
    }
}

/// Bytes of a key that stay where they are while it is used: a caller's, inside the call, or an entry's.
@safe struct RawKey {
    let base: UnsafeRawPointer
    let count: Int

    @inline(__always)
    init(base: UnsafeRawPointer, count: Int) {
        unsafe self.base = unsafe base
        self.count = count
    }

    /// The four bytes from `offset` on as a number that orders as they do, zeros in place of bytes past the end.
    ///
    /// It is signed, its top bit inverted, because vector instructions compare signed numbers.
    @inline(__always)
    func head(at offset: Int) -> Int32 {
        if offset + 4 <= count {
            let word = unsafe UInt32(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
            return Int32(bitPattern: word ^ 0x8000_0000)
        }
        var word: UInt32 = 0
        var index = offset
        while index < count {
            let byte = unsafe base.load(fromByteOffset: index, as: UInt8.self)
            word |= UInt32(byte) << UInt32(24 - 8 * (index - offset))
            index += 1
        }
        return Int32(bitPattern: word ^ 0x8000_0000)
    }

    /// How many bytes both begin with.
    @inline(__always)
    func commonLength(with other: RawKey) -> Int {
        let limit = min(count, other.count)
        var index = 0
        while index + 8 <= limit {
            let mine = unsafe UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            let its = unsafe UInt64(littleEndian: other.base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
            if mine != its { return index + (mine ^ its).trailingZeroBitCount / 8 }
            index += 8
        }
        while index < limit {
            let mine = unsafe base.load(fromByteOffset: index, as: UInt8.self)
            let its = unsafe other.base.load(fromByteOffset: index, as: UInt8.self)
            if mine != its { break }
            index += 1
        }
        return index
    }

    /// Negative, zero or positive; a key that the other one continues comes first.
    @inline(__always)
    func order(_ other: RawKey) -> Int {
        order(other, common: commonLength(with: other))
    }

    @inline(__always)
    func order(_ other: RawKey, common: Int) -> Int {
        guard common < count, common < other.count else { return count - other.count }
        let mine = unsafe base.load(fromByteOffset: common, as: UInt8.self)
        let its = unsafe other.base.load(fromByteOffset: common, as: UInt8.self)
        return Int(mine) - Int(its)
    }

    @inline(__always)
    func isEqual(_ other: RawKey) -> Bool {
        count == other.count && commonLength(with: other) == count
    }

    /// Runs `body` with the bytes, which it must not let out.
    @inline(__always)
    func withSpan<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        try body(unsafe Span(_unsafeStart: base.assumingMemoryBound(to: UInt8.self), count: count))
    }

    func prefix(_ length: Int) -> RawKey {
        unsafe RawKey(base: base, count: min(count, length))
    }

    /// A well-mixed number of the key's table and partition, the same for all items of a partition: folded products
    /// of eight bytes at a time, the last eight overlapping.
    @inline(__always)
    var partitionHash: UInt64 {
        var end = count
        if count >= 4 {
            let length = unsafe UInt16(bigEndian: base.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
            end = min(count, 4 + Int(length))
        }
        var hash = UInt64(truncatingIfNeeded: end) &* 0x9E37_79B9_7F4A_7C15
        var index = 0
        while index + 8 <= end {
            hash = RawKey.fold(hash ^ word(index), 0xD6E8_FEB8_6659_FD93)
            index += 8
        }
        if index < end {
            if end >= 8 {
                hash = RawKey.fold(hash ^ word(end - 8), 0xA076_1D64_78BD_642F)
            } else {
                var last: UInt64 = 0
                while index < end {
                    last = unsafe last << 8 | UInt64(base.load(fromByteOffset: index, as: UInt8.self))
                    index += 1
                }
                hash = RawKey.fold(hash ^ last, 0xA076_1D64_78BD_642F)
            }
        }
        return RawKey.fold(hash ^ 0xE703_7ED1_A0B4_28DB, 0x8EBC_6AF0_9C88_C6E3)
    }

    @inline(__always)
    private func word(_ offset: Int) -> UInt64 {
        unsafe UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    private static func fold(_ left: UInt64, _ right: UInt64) -> UInt64 {
        let product = left.multipliedFullWidth(by: right)
        return product.high ^ product.low
    }
}

/// The bytes of an item that stay where they are while they are used, as those of a `RawKey` do.
struct RawValue {
    let bytes: RawKey
    let isDocument: Bool
}

/// Runs `body` with the bytes of `span` as a key, which must not leave it.
@inline(__always)
func withRawKey<Result, Failure: Error>(
    _ span: Span<UInt8>,
    _ body: (RawKey) throws(Failure) -> Result
) throws(Failure) -> Result {
    try unsafe span.withUnsafeBufferPointer { bytes throws(Failure) in
        // An empty span may have no address; no byte of it is read.
        let base = unsafe UnsafeRawPointer(bytes.baseAddress) ?? UnsafeRawPointer(bitPattern: 8).unsafelyUnwrapped
        return try body(unsafe RawKey(base: base, count: bytes.count))
    }
}
