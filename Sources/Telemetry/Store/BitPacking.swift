/// Whole numbers in as many bits each as the widest of a group needs, lowest bit first.
enum BitPacking {
    /// The bits that hold every number from 0 to `span`.
    static func width(of span: UInt64) -> Int { 64 - span.leadingZeroBitCount }

    /// The bytes that `count` numbers of `width` bits take.
    static func byteCount(_ count: Int, width: Int) -> Int { (count * width + 7) >> 3 }

    /// Appends `count` numbers of `width` bits, which `number` gives.
    @inline(__always)
    static func pack(_ count: Int, width: Int, into out: inout ColumnWriter, _ number: (Int) -> UInt64) {
        guard width > 0 else { return }
        let byteCount = byteCount(count, width: width)
        // Whole words are stored, so the last may reach seven bytes beyond what counts.
        var sink = unsafe BitSink(out.room(byteCount + 8))
        var index = 0
        // Narrow numbers are put together first, so that one does not wait for the other.
        if width <= 16 {
            let step = UInt64(truncatingIfNeeded: width)
            let last = count &- 4
            while index <= last {
                let low = number(index) | number(index &+ 1) &<< step
                let high = number(index &+ 2) | number(index &+ 3) &<< step
                sink.put(low | high &<< (step &+ step), 4 &* width)
                index &+= 4
            }
        }
        while index < count {
            sink.put(number(index), width)
            index &+= 1
        }
        sink.finish()
        out.advance(byteCount)
    }

    /// Reads `count` numbers of `width` bits from the front of `source`, adds `base` to each, modulo 2^64, and gives them
    /// to `body` with their index.
    ///
    /// `source` holds at least `byteCount(count, width:)` bytes.
    @inline(__always)
    static func unpack(
        _ source: UnsafeRawBufferPointer,
        count: Int,
        width: Int,
        above base: Int64,
        _ body: (Int, Int64) -> Void
    ) {
        guard width > 0, let start = source.baseAddress else {
            for index in 0..<count { body(index, base) }
            return
        }
        let mask = UInt64.max >> UInt64(64 - width)
        var index = 0
        if width <= 57 {
            // A word loaded at the byte of the first bit holds the whole number, as long as eight bytes are there.
            let wholeWords = source.count < 8 ? 0 : min(count, ((source.count - 8) * 8 + 7) / width + 1)
            var bit = 0
            while index < wholeWords {
                let word = unsafe UInt64(
                    littleEndian: start.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self)
                )
                body(index, Int64(bitPattern: (word &>> UInt64(bit & 7)) & mask) &+ base)
                bit &+= width
                index &+= 1
            }
        }
        while index < count {
            let bits = unsafe slowBits(source, at: index * width, width: width) & mask
            body(index, Int64(bitPattern: bits) &+ base)
            index &+= 1
        }
    }

    /// The bits from `bit` on, byte by byte: for wide numbers and the last few of a buffer.
    private static func slowBits(_ source: UnsafeRawBufferPointer, at bit: Int, width: Int) -> UInt64 {
        var value: UInt64 = 0
        var shift = -(bit & 7)
        var place = bit >> 3
        while shift < width, place < source.count {
            let byte = unsafe UInt64(source[place])
            value |= shift < 0 ? byte >> UInt64(-shift) : byte << UInt64(shift)
            shift += 8
            place += 1
        }
        return value
    }
}

/// Bits put one after the other, lowest first, into memory that has room for them and for a word more.
///
/// They gather in a word, which is stored when it is full.
@safe struct BitSink {
    private let start: UnsafeMutableRawPointer
    /// Bytes stored.
    private var place = 0
    private var word: UInt64 = 0
    private var used = 0

    init(_ start: UnsafeMutableRawPointer) { unsafe self.start = start }

    /// Puts the lowest `count` bits, from 1 to 64; the others are zero.
    @inline(__always)
    mutating func put(_ bits: UInt64, _ count: Int) {
        word |= bits &<< UInt64(truncatingIfNeeded: used)
        used &+= count
        guard used >= 64 else { return }
        unsafe start.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self)
        place &+= 8
        used &-= 64
        // What did not fit; of a word that was empty before, nothing is left.
        word = used == 0 ? 0 : bits &>> UInt64(truncatingIfNeeded: count &- used)
    }

    /// Bits put so far.
    var bitCount: Int { 8 &* place &+ used }

    /// Stores what is left; returns the bytes that the bits take.
    @discardableResult
    mutating func finish() -> Int {
        unsafe start.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self)
        return (bitCount + 7) >> 3
    }
}

extension Int64 {
    /// 0, 1, 2, 3 … for 0, -1, 1, -2 …, so that small numbers of either sign are short as varints.
    var zigzag: UInt64 { UInt64(bitPattern: (self << 1) ^ (self >> 63)) }

    /// The number of which `code` is the zigzag.
    init(zigzag code: UInt64) {
        self = Int64(bitPattern: (code >> 1) ^ (0 &- (code & 1)))
    }
}

extension UInt64 {
    /// The bytes that the number takes as a varint.
    var varintByteCount: Int { Swift.max(1, (70 - (self | 1).leadingZeroBitCount) / 7) }
}
