/// The codec of true floating point: each value as its difference, by exclusive or, from the one before.
///
/// After Pelkonen et al., "Gorilla: a fast, scalable, in-memory time series database" (VLDB 2015), section 4.1.2: an
/// equal value is the bit 0; bits that lie within the previous window of meaningful bits are 1 0 and those bits; else
/// come 1 1, five bits for the leading zeros, six for the length, and the meaningful bits. Any bit pattern comes back
/// as it was, not-a-number and negative zero too. Bits are stored lowest first.
enum XORColumn {
    /// The meaningful bits that are written until a difference has others.
    private struct Window {
        private(set) var leading = 0
        private(set) var trailing = 0
        /// What must be zero; at first there is no window.
        private var outside = UInt64.max

        var length: Int { 64 &- leading &- trailing }

        /// Whether all bits of a difference, which is not zero, are within the window.
        func holds(_ difference: UInt64) -> Bool { difference & outside == 0 }

        mutating func move(to difference: UInt64) {
            leading = min(31, difference.leadingZeroBitCount)
            trailing = difference.trailingZeroBitCount
            outside = ~((UInt64.max >> UInt64(leading + trailing)) << UInt64(trailing))
        }
    }

    /// The bits that the column of `values`, of which there is at least one, takes.
    static func bitCount(_ values: UnsafeBufferPointer<Double>) -> Int {
        var window = Window()
        var bits = 64
        unsafe forEachDifference(values) { difference in
            if difference == 0 {
                bits &+= 1
            } else if window.holds(difference) {
                bits &+= 2 &+ window.length
            } else {
                window.move(to: difference)
                bits &+= 13 &+ window.length
            }
        }
        return bits
    }

    /// Appends the column of `values`, which takes so many bits.
    static func encode(_ values: UnsafeBufferPointer<Double>, bitCount: Int, into out: inout ColumnWriter) {
        let byteCount = (bitCount + 7) / 8
        // Whole words are stored, so the last may reach beyond.
        var sink = unsafe BitSink(out.room(byteCount + 8))
        var window = Window()
        sink.put(unsafe values[0].bitPattern, 64)
        unsafe forEachDifference(values) { difference in
            guard difference != 0 else { return sink.put(0, 1) }
            if window.holds(difference) {
                sink.put(0b01, 2)
            } else {
                window.move(to: difference)
                sink.put(0b11 | UInt64(window.leading) << 2 | UInt64(window.length - 1) << 7, 13)
            }
            sink.put(difference >> UInt64(window.trailing), window.length)
        }
        sink.finish()
        out.advance(byteCount)
    }

    /// Calls `body` with what each value but the first differs by from the one before.
    @inline(__always)
    private static func forEachDifference(_ values: UnsafeBufferPointer<Double>, _ body: (UInt64) -> Void) {
        var previous = unsafe values[0].bitPattern
        for index in 1..<max(1, values.count) {
            let bits = unsafe values[index].bitPattern
            body(bits ^ previous)
            previous = bits
        }
    }

    /// Reads a column of `count` values, at least one, from `bytes`, which hold it and nothing else; returns whether
    /// they made one.
    static func decode(_ bytes: UnsafeRawBufferPointer, count: Int, into target: UnsafeMutablePointer<Double>) -> Bool {
        guard bytes.count >= 8 else { return false }
        var previous = unsafe UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
        unsafe target[0] = Double(bitPattern: previous)
        var source = unsafe BitSource(bytes: bytes, bit: 64)
        var trailing = 0
        var length = 0
        var index = 1
        while index < count {
            guard let control = source.take(2) else {
                // A lone last bit can only mean an equal value.
                guard let last = source.take(1), last == 0 else { return false }
                unsafe target[index] = Double(bitPattern: previous)
                index += 1
                continue
            }
            if control & 1 == 0 {
                source.putBack(1)
                unsafe target[index] = Double(bitPattern: previous)
                index += 1
                continue
            }
            if control == 0b11 {
                guard let header = source.take(11) else { return false }
                length = Int(header >> 5) + 1
                trailing = 64 - Int(header & 31) - length
                guard trailing >= 0 else { return false }
            }
            guard length > 0, let bits = source.take(length) else { return false }
            previous ^= bits << UInt64(trailing)
            unsafe target[index] = Double(bitPattern: previous)
            index += 1
        }
        return true
    }
}

/// Bits read one after the other, lowest first.
@safe private struct BitSource {
    let bytes: UnsafeRawBufferPointer
    private var bit: Int
    private let end: Int

    init(bytes: UnsafeRawBufferPointer, bit: Int) {
        unsafe self.bytes = bytes
        self.bit = bit
        end = bytes.count * 8
    }

    @inline(__always)
    mutating func take(_ count: Int) -> UInt64? {
        guard bit + count <= end else { return nil }
        defer { bit += count }
        let place = bit >> 3
        let shift = UInt64(bit & 7)
        let mask = count == 64 ? UInt64.max : (1 << UInt64(count)) &- 1
        if unsafe place + 9 <= bytes.count {
            let low = unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self)) &>> shift
            // The ninth byte gives the bits that the shift made room for.
            let high = unsafe (UInt64(bytes[place + 8]) &<< 1) &<< (63 - shift)
            return (low | high) & mask
        }
        var value: UInt64 = 0
        for offset in unsafe 0..<min(9, bytes.count - place) {
            let byte = unsafe UInt64(bytes[place + offset])
            let position = offset * 8 - Int(shift)
            value |= position < 0 ? byte >> UInt64(-position) : (position < 64 ? byte << UInt64(position) : 0)
        }
        return value & mask
    }

    mutating func putBack(_ count: Int) { bit -= count }
}
