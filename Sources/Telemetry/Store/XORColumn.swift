internal import VitrineIO

/// The codec of true floating point: each value as its difference, by exclusive or, from the one before.
///
/// After Pelkonen et al., "Gorilla: a fast, scalable, in-memory time series database" (VLDB 2015), section 4.1.2: an
/// equal value is the bit 0; bits that lie within the previous window of meaningful bits are 1 0 and those bits; else
/// come 1 1, five bits for the leading zeros, six for the length, and the meaningful bits. Any bit pattern comes back
/// as it was, not-a-number and negative zero too. Bits are stored lowest first.
enum XORColumn {
    /// Appends `values`, of which there is at least one; gives up and returns `false` once more than `limit` bytes would
    /// be appended.
    static func encode(_ values: UnsafeBufferPointer<Double>, into out: inout [UInt8], limit: Int) -> Bool {
        guard unsafe leastBits(values) <= 8 * limit else { return false }
        // Each value takes at most two control bits, five and six of lengths, and 64: ten bytes.
        return unsafe withUnsafeTemporaryAllocation(byteCount: 16 + 10 * values.count, alignment: 8) { bytes in
            guard let end = unsafe write(values, into: bytes, at: 0, limit: limit) else { return false }
            unsafe out.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[..<end]))
            return true
        }
    }

    /// Bits that the column takes at the least: what is meaningful, and no lengths.
    private static func leastBits(_ values: UnsafeBufferPointer<Double>) -> Int {
        var bits = 64
        var previous = unsafe values[0].bitPattern
        for index in 1..<max(1, values.count) {
            let value = unsafe values[index].bitPattern
            let difference = value ^ previous
            previous = value
            bits &+=
                difference == 0
                ? 1 : 66 &- min(31, difference.leadingZeroBitCount) &- difference.trailingZeroBitCount
        }
        return bits
    }

    private static func write(
        _ values: UnsafeBufferPointer<Double>,
        into bytes: UnsafeMutableRawBufferPointer,
        at start: Int,
        limit: Int
    ) -> Int? {
        var previous = unsafe values[0].bitPattern
        unsafe bytes.storeBytes(of: previous.littleEndian, toByteOffset: start, as: UInt64.self)
        var sink = unsafe BitSink(bytes: bytes, place: start + 8)
        var leading = 64
        var trailing = 64
        for index in 1..<max(1, values.count) {
            let bits = unsafe values[index].bitPattern
            let difference = bits ^ previous
            previous = bits
            if difference == 0 {
                sink.put(0, 1)
                continue
            }
            let zerosAbove = min(31, difference.leadingZeroBitCount)
            let zerosBelow = difference.trailingZeroBitCount
            if zerosAbove >= leading && zerosBelow >= trailing {
                sink.put(0b01, 2)
            } else {
                leading = zerosAbove
                trailing = zerosBelow
                let length = 64 - leading - trailing
                sink.put(0b11 | UInt64(leading) << 2 | UInt64(length - 1) << 7, 13)
            }
            sink.put(difference >> UInt64(trailing), 64 - leading - trailing)
            if sink.place - start > limit { return nil }
        }
        let end = sink.finish()
        return end - start <= limit ? end : nil
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

/// Bits put one after the other, lowest first, into memory that has room for them and for a word more.
@safe private struct BitSink {
    let bytes: UnsafeMutableRawBufferPointer
    var place: Int
    private var word: UInt64 = 0
    private var used = 0

    init(bytes: UnsafeMutableRawBufferPointer, place: Int) {
        unsafe self.bytes = bytes
        self.place = place
    }

    @inline(__always)
    mutating func put(_ bits: UInt64, _ count: Int) {
        word |= bits &<< UInt64(used)
        used += count
        guard used >= 64 else { return }
        unsafe bytes.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self)
        place += 8
        used -= 64
        // A shift by 64 gives zero.
        word = bits >> UInt64(count - used)
    }

    /// Stores what is left; returns the place behind the last byte used.
    mutating func finish() -> Int {
        unsafe bytes.storeBytes(of: word.littleEndian, toByteOffset: place, as: UInt64.self)
        return place + (used + 7) / 8
    }
}

/// The opposite.
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
