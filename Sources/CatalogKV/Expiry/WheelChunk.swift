/// A block of the timing wheel's memory: items one after the other, and the chunk that was filled before it.
///
///     0  u64  address of the next chunk of the chain, 0 for none
///     8  u32  bytes used, these sixteen included
///    12  u32  bytes of the whole chunk
///    16       items: u64 time, u16 byte count of the key, key
///
/// It is a bare address: whoever holds it frees it once.
@safe struct WheelChunk {
    /// What chunks are, unless one key alone needs more.
    static let usualByteCount = 1_024
    static let headerByteCount = 16
    static let itemHeaderByteCount = 10

    private let base: UnsafeMutableRawPointer

    /// Allocates a chunk with room for at least one item of `itemByteCount` bytes.
    init(fitting itemByteCount: Int, next: WheelChunk?) {
        let byteCount = max(WheelChunk.usualByteCount, WheelChunk.headerByteCount + itemByteCount)
        unsafe base = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: 8)
        unsafe base.storeBytes(of: UInt32(byteCount), toByteOffset: 12, as: UInt32.self)
        reset(next: next)
    }

    private init(base: UnsafeMutableRawPointer) {
        unsafe self.base = unsafe base
    }

    // Every offset below is within the header, or below `used`, which `append` keeps within the chunk.

    /// Makes it empty.
    func reset(next: WheelChunk?) {
        let address = next.map { unsafe UInt(bitPattern: $0.base) } ?? 0
        unsafe base.storeBytes(of: UInt64(address), as: UInt64.self)
        unsafe base.storeBytes(of: UInt32(WheelChunk.headerByteCount), toByteOffset: 8, as: UInt32.self)
    }

    func free() {
        unsafe base.deallocate()
    }

    var next: WheelChunk? {
        unsafe UnsafeMutableRawPointer(bitPattern: UInt(base.load(as: UInt64.self)))
            .map { unsafe WheelChunk(base: $0) }
    }

    var usedByteCount: Int { unsafe Int(base.load(fromByteOffset: 8, as: UInt32.self)) }
    var byteCount: Int { unsafe Int(base.load(fromByteOffset: 12, as: UInt32.self)) }

    /// Adds an item; `false` when it does not fit.
    func append(_ time: UInt64, _ key: Span<UInt8>) -> Bool {
        let start = usedByteCount
        let end = start + WheelChunk.itemHeaderByteCount + key.count
        guard end <= byteCount else { return false }
        unsafe base.storeBytes(of: time, toByteOffset: start, as: UInt64.self)
        unsafe base.storeBytes(of: UInt16(key.count), toByteOffset: start + 8, as: UInt16.self)
        unsafe key.withUnsafeBytes { bytes in
            guard let source = bytes.baseAddress else { return }
            unsafe (base + start + WheelChunk.itemHeaderByteCount).copyMemory(from: source, byteCount: bytes.count)
        }
        unsafe base.storeBytes(of: UInt32(end), toByteOffset: 8, as: UInt32.self)
        return true
    }

    /// The time of the item that begins at `offset`.
    func time(at offset: Int) -> UInt64 {
        unsafe base.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    }

    /// The key of the item that begins at `offset`; valid until the chunk is reset or freed.
    @_lifetime(borrow self)
    func key(at offset: Int) -> Span<UInt8> {
        let count = unsafe Int(base.loadUnaligned(fromByteOffset: offset + 8, as: UInt16.self))
        let start = unsafe (base + offset + WheelChunk.itemHeaderByteCount).assumingMemoryBound(to: UInt8.self)
        // The item was written whole by `append`.
        let span = unsafe Span(_unsafeStart: start, count: count)
        return unsafe _overrideLifetime(span, borrowing: self)
    }
}
