/// Whole numbers in as many bits each as the widest of a group needs, lowest bit first.
enum BitPacking {
    /// The bits that hold every number from 0 to `span`.
    static func width(of span: UInt64) -> Int { 64 - span.leadingZeroBitCount }

    /// The bytes that `count` numbers of `width` bits take.
    static func byteCount(_ count: Int, width: Int) -> Int { (count * width + 7) >> 3 }

    /// Appends what each of `values` exceeds `base` by, modulo 2^64, in `width` bits.
    static func pack(_ values: UnsafeBufferPointer<Int64>, above base: Int64, width: Int, into out: inout [UInt8]) {
        guard width > 0 else { return }
        let byteCount = byteCount(values.count, width: width)
        // Whole words are stored, so the last may reach seven bytes beyond what counts.
        unsafe withUnsafeTemporaryAllocation(byteCount: byteCount + 8, alignment: 8) { bytes in
            var word: UInt64 = 0
            var used = 0
            var place = 0
            for index in values.indices {
                let bits = unsafe UInt64(bitPattern: values[index] &- base)
                word |= bits &<< UInt64(used)
                used += width
                if used >= 64 {
                    unsafe bytes.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self)
                    place += 8
                    used -= 64
                    // What did not fit; a shift by 64 gives zero.
                    word = bits >> UInt64(width - used)
                }
            }
            if used > 0 { unsafe bytes.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self) }
            unsafe out.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<byteCount]))
        }
    }

    /// Reads `count` numbers of `width` bits from the front of `source` and adds `base` to each, modulo 2^64.
    ///
    /// `source` holds at least `byteCount(count, width:)` bytes, and `target` has room for `count` numbers.
    static func unpack(
        _ source: UnsafeRawBufferPointer,
        count: Int,
        width: Int,
        above base: Int64,
        into target: UnsafeMutablePointer<Int64>
    ) {
        guard width > 0 else {
            unsafe target.update(repeating: base, count: count)
            return
        }
        guard let start = source.baseAddress else { return }
        let mask = width == 64 ? UInt64.max : (1 << UInt64(width)) &- 1
        var index = 0
        if width <= 56 {
            // A word loaded at the byte of the first bit holds the whole number, as long as eight bytes are there.
            let wholeWords = source.count < 8 ? 0 : min(count, ((source.count - 8) * 8 + 7) / width + 1)
            var bit = 0
            while index < wholeWords {
                let word = unsafe UInt64(
                    littleEndian: start.loadUnaligned(fromByteOffset: bit >> 3, as: UInt64.self)
                )
                unsafe target[index] = Int64(bitPattern: (word &>> UInt64(bit & 7)) & mask) &+ base
                bit += width
                index += 1
            }
        }
        while index < count {
            let bits = unsafe slowBits(source, at: index * width, width: width) & mask
            unsafe target[index] = Int64(bitPattern: bits) &+ base
            index += 1
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
