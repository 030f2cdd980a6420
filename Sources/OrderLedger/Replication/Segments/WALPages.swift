internal import VitrineIO

/// Pages of a database, or the differences of two states of them, side by side in ascending order.
public struct WALPages: Sendable, Equatable {
    /// Which pages, from 1, each once, in ascending order.
    public let numbers: [UInt32]
    /// Bytes of a page.
    public let pageSize: Int
    /// The pages' bytes, one page behind the other.
    public internal(set) var bytes: [UInt8]

    /// Puts pages side by side.
    ///
    /// - Precondition: `bytes` has `pageSize` bytes for each number.
    public init(numbers: [UInt32], pageSize: Int, bytes: [UInt8]) {
        precondition(bytes.count == numbers.count * pageSize, "\(bytes.count) bytes for \(numbers.count) pages")
        self.numbers = numbers
        self.pageSize = pageSize
        self.bytes = bytes
    }

    /// The bytes of the page at `index`.
    public subscript(index: Int) -> ArraySlice<UInt8> {
        bytes[index * pageSize..<(index + 1) * pageSize]
    }

    /// CRC-32C of the numbers, four bytes each and little-endian, and then of the bytes.
    public var checksum: UInt32 {
        var head: [UInt8] = []
        head.reserveCapacity(numbers.count * 4)
        for number in numbers { head.appendLittleEndian(number) }
        var crc = CRC32C()
        crc.update(head.span)
        crc.update(bytes.span)
        return crc.value
    }

    /// Takes the differences from `other`, or adds them: the same, for they are bits that changed.
    mutating func formSymmetricDifference(_ other: WALPages) {
        precondition(other.bytes.count == bytes.count, "pages of other numbers")
        // Raw words: a bounds check for each costs more than the exclusive or. The count is the same, a multiple of 8.
        unsafe bytes.withUnsafeMutableBytes { target in
            unsafe other.bytes.withUnsafeBytes { source in
                var offset = 0
                while offset < target.count {
                    let old = unsafe target.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    let new = unsafe source.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
                    unsafe target.storeBytes(of: old ^ new, toByteOffset: offset, as: UInt64.self)
                    offset += 8
                }
            }
        }
    }
}

// The payload of a segment: for each page the distance of its number from the page before (LEB128, from 1), then runs
// until the page is full: how many words of 8 bytes did not change, how many did (LEB128 each), and the difference of
// those that did.

extension WALPages {
    /// The differences in the payload's form.
    package func packed() -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count / 8)
        let words = pageSize / 8
        var last: UInt32 = 0
        for (index, number) in numbers.enumerated() {
            output.appendVarint(UInt64(number - last))
            last = number
            let page = index * words
            // The page's words lie within the bytes, by the precondition of `init`.
            unsafe bytes.withUnsafeBytes { bytes in
                var position = 0
                while position < words {
                    let start = position
                    while position < words,
                        unsafe bytes.loadUnaligned(fromByteOffset: (page + position) * 8, as: UInt64.self) == 0
                    {
                        position += 1
                    }
                    output.appendVarint(UInt64(position - start))
                    let changed = position
                    while position < words,
                        unsafe bytes.loadUnaligned(fromByteOffset: (page + position) * 8, as: UInt64.self) != 0
                    {
                        position += 1
                    }
                    output.appendVarint(UInt64(position - changed))
                    unsafe output.append(contentsOf: bytes[(page + changed) * 8..<(page + position) * 8])
                }
            }
        }
        return output
    }

    /// Reads differences from the payload's form; `nil` for anything else.
    package init?(unpacking payload: [UInt8], count: Int, pageSize: Int, pageMax: Int) {
        // What a page takes at the least, so that a count that is made up costs no memory.
        guard count <= payload.count / 3 else { return nil }
        var reader = ByteReader(payload.span)
        var numbers: [UInt32] = []
        numbers.reserveCapacity(count)
        var bytes = [UInt8](repeating: 0, count: count * pageSize)
        let words = UInt64(pageSize / 8)
        var last: UInt64 = 0
        for index in 0..<count {
            guard let distance = reader.readVarint(), distance > 0, distance <= UInt64(pageMax) else { return nil }
            last += distance
            guard last <= UInt64(pageMax), let number = UInt32(exactly: last) else { return nil }
            numbers.append(number)
            var position: UInt64 = 0
            while position < words {
                guard let same = reader.readVarint(), same <= words - position else { return nil }
                position += same
                guard let changed = reader.readVarint(), changed <= words - position, same + changed > 0,
                    let range = reader.skip(Int(changed) * 8)
                else {
                    return nil
                }
                let start = index * pageSize + Int(position) * 8
                bytes.replaceSubrange(start..<start + range.count, with: payload[range])
                position += changed
            }
        }
        guard reader.remaining == 0 else { return nil }
        self.init(numbers: numbers, pageSize: pageSize, bytes: bytes)
    }
}
