internal import VitrineIO

/// Bytes of columns, read one after the other and never beyond their end.
///
/// Every read returns `nil` where the bytes do not make sense, for they may come from a damaged file.
@safe struct ColumnReader {
    private let bytes: UnsafeRawBufferPointer
    /// Bytes read so far.
    private(set) var position: Int

    /// Reads `bytes`, which must outlive the reader, from `position` on.
    init(_ bytes: UnsafeRawBufferPointer, at position: Int = 0) {
        unsafe self.bytes = bytes
        self.position = position
    }

    /// Bytes that are left.
    var remaining: Int { unsafe bytes.count - position }

    /// What is left to be read.
    var rest: UnsafeRawBufferPointer { unsafe UnsafeRawBufferPointer(rebasing: bytes[position...]) }

    mutating func byte() -> UInt8? {
        guard unsafe position < bytes.count else { return nil }
        defer { position += 1 }
        return unsafe bytes[position]
    }

    mutating func word() -> UInt64? {
        guard remaining >= 8 else { return nil }
        defer { position += 8 }
        return unsafe UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
    }

    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while shift < 64, let byte = byte() {
            let group = UInt64(byte & 0x7F)
            guard shift < 63 || group <= 1 else { return nil }
            value |= group << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }

    /// A varint that must not exceed `limit`.
    mutating func count(through limit: Int) -> Int? {
        guard let value = varint(), value <= UInt64(limit) else { return nil }
        return Int(value)
    }

    mutating func signed() -> Int64? { varint().map { Int64(zigzag: $0) } }

    /// The next `count` bytes.
    mutating func bytes(_ count: Int) -> UnsafeRawBufferPointer? {
        guard count >= 0, count <= remaining else { return nil }
        defer { position += count }
        return unsafe UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    }

    /// Whether `count` more bytes are there, and moves past them.
    mutating func skip(_ count: Int) -> Bool {
        guard count >= 0, count <= remaining else { return false }
        position += count
        return true
    }
}
