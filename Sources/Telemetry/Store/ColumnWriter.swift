/// Bytes of columns, written one after the other into memory that grows by doubling.
///
/// An array would check for each byte whether its memory is its own; here room is made once for many.
@safe struct ColumnWriter: ~Copyable {
    // The memory belongs to this one value, which has no copies, and goes with it.
    private var start: UnsafeMutableRawPointer
    private var capacity: Int
    /// Bytes written so far.
    private(set) var count = 0

    /// Has room for `capacity` bytes before it grows.
    init(capacity: Int = 4_096) {
        self.capacity = max(capacity, 16)
        unsafe start = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit { unsafe start.deallocate() }

    /// What was written.
    var span: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // The bytes up to `count` are written, and stay where they are as long as the writer is only read.
            let bytes = unsafe Span<UInt8>(
                _unsafeStart: start.assumingMemoryBound(to: UInt8.self),
                count: count
            )
            return unsafe _overrideLifetime(bytes, borrowing: self)
        }
    }

    mutating func append(_ byte: UInt8) {
        let place = unsafe room(1)
        unsafe place.storeBytes(of: byte, as: UInt8.self)
        advance(1)
    }

    mutating func append(_ word: UInt32) {
        let place = unsafe room(4)
        unsafe place.storeBytes(of: word.littleEndian, as: UInt32.self)
        advance(4)
    }

    mutating func append(_ word: UInt64) {
        let place = unsafe room(8)
        unsafe place.storeBytes(of: word.littleEndian, as: UInt64.self)
        advance(8)
    }

    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        let place = unsafe room(bytes.count)
        unsafe UnsafeMutableRawBufferPointer(start: place, count: bytes.count).copyMemory(from: bytes)
        advance(bytes.count)
    }

    mutating func append(_ bytes: [UInt8]) {
        unsafe bytes.withUnsafeBytes { unsafe append($0) }
    }

    /// Appends an unsigned number in base 128, low group first (LEB128).
    mutating func appendVarint(_ value: UInt64) {
        let place = unsafe room(10)
        var length = 0
        var rest = value
        while rest >= 0x80 {
            unsafe place.storeBytes(of: UInt8(truncatingIfNeeded: rest) | 0x80, toByteOffset: length, as: UInt8.self)
            length &+= 1
            rest >>= 7
        }
        unsafe place.storeBytes(of: UInt8(truncatingIfNeeded: rest), toByteOffset: length, as: UInt8.self)
        advance(length &+ 1)
    }

    /// The place of the next byte, with room for `bytes` of them; valid until the writer is next asked for room.
    @inline(__always)
    mutating func room(_ bytes: Int) -> UnsafeMutableRawPointer {
        if bytes > capacity - count { grow(bytes) }
        return unsafe start + count
    }

    /// Takes in bytes that were stored into the room.
    @inline(__always)
    mutating func advance(_ bytes: Int) {
        precondition(bytes <= capacity - count, "more bytes than there was room for")
        count += bytes
    }

    @inline(never)
    private mutating func grow(_ bytes: Int) {
        let wider = max(2 * capacity, count + bytes)
        let memory = UnsafeMutableRawPointer.allocate(byteCount: wider, alignment: 16)
        unsafe memory.copyMemory(from: start, byteCount: count)
        unsafe start.deallocate()
        unsafe start = memory
        capacity = wider
    }

    /// Forgets what was written and keeps the memory.
    mutating func removeAll() { count = 0 }
}
