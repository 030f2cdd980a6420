/// Reads little-endian numbers and byte strings off the front of `bytes`, and never past its end.
///
/// Every read returns `nil` where too few bytes are left, so that a decoder of foreign bytes is a chain of `guard`s.
package struct ByteReader: ~Escapable {
    private let bytes: Span<UInt8>
    /// Bytes read so far.
    package private(set) var position = 0

    /// Starts at the front of `bytes`.
    @_lifetime(copy bytes)
    package init(_ bytes: Span<UInt8>) {
        self.bytes = bytes
    }

    /// Bytes that are left.
    package var remaining: Int { bytes.count - position }

    /// The next byte.
    package mutating func readUInt8() -> UInt8? {
        guard remaining >= 1 else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    /// The next two bytes as a number.
    package mutating func readUInt16() -> UInt16? { readInteger() }
    /// The next four bytes as a number.
    package mutating func readUInt32() -> UInt32? { readInteger() }
    /// The next eight bytes as a number.
    package mutating func readUInt64() -> UInt64? { readInteger() }
    /// The next eight bytes as a signed number.
    package mutating func readInt64() -> Int64? { readUInt64().map { Int64(bitPattern: $0) } }

    /// An unsigned number in base 128, low group first, at most ten bytes (LEB128); `nil` also when it does not
    /// fit 64 bits.
    package mutating func readVarint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64, let byte = readUInt8() {
            let group = UInt64(byte & 0x7F)
            guard shift < 63 || group <= 1 else { return nil }
            value |= group << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }

    /// The next `count` bytes, copied.
    package mutating func readBytes(_ count: Int) -> [UInt8]? {
        guard count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return unsafe bytes.extracting(position..<position + count).withUnsafeBufferPointer { unsafe [UInt8]($0) }
    }

    /// Moves past the next `count` bytes and returns their place.
    package mutating func skip(_ count: Int) -> Range<Int>? {
        guard count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return position..<position + count
    }

    private mutating func readInteger<Integer: FixedWidthInteger & UnsignedInteger>() -> Integer? {
        let size = MemoryLayout<Integer>.size
        guard remaining >= size else { return nil }
        var value: Integer = 0
        for index in 0..<size { value |= Integer(truncatingIfNeeded: bytes[position + index]) << (8 * index) }
        position += size
        return value
    }
}

/// The opposite of `ByteReader`: appends to a byte array.
extension [UInt8] {
    /// Appends a number's bytes, lowest first.
    package mutating func appendLittleEndian(_ value: some FixedWidthInteger) {
        unsafe Swift.withUnsafeBytes(of: value.littleEndian) { unsafe append(contentsOf: $0) }
    }

    /// Appends an unsigned number in base 128, low group first (LEB128): one byte below 128, ten at the most.
    package mutating func appendVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// Overwrites four bytes at `index`, lowest first: for lengths and checksums that are known last.
    package mutating func replaceUInt32(at index: Int, with value: UInt32) {
        for byte in 0..<4 { self[index + byte] = UInt8(truncatingIfNeeded: value >> (8 * UInt32(byte))) }
    }
}
