extension Span<UInt8> {
    /// The number that stands at `offset`, lowest byte first.
    @inline(__always)
    package func littleEndian<Integer: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Integer {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Integer>.size, "a number beyond the bytes")
        // Inside the span by the line above; any bits are a number.
        return Integer(littleEndian: unsafe bytes.unsafeLoadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    /// Whether all bytes from `start` on are zero, or where the first is that is not.
    package func firstNonzero(from start: Int) -> Int? {
        var offset = start
        while offset + 8 <= count {
            if (littleEndian(at: offset) as UInt64) != 0 { break }
            offset += 8
        }
        while offset < count {
            if self[offset] != 0 { return offset }
            offset += 1
        }
        return nil
    }
}

extension MutableSpan<UInt8> {
    /// Overwrites the bytes at `offset` with a number's, lowest first.
    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func storeLittleEndian<Integer: FixedWidthInteger & BitwiseCopyable>(
        _ value: Integer,
        at offset: Int
    ) {
        precondition(offset >= 0 && offset <= count - MemoryLayout<Integer>.size, "a number beyond the bytes")
        // Inside the span by the line above.
        unsafe withUnsafeMutableBytes { buffer in
            unsafe buffer.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Integer.self)
        }
    }

    /// Copies `source` to `offset`.
    @inline(__always)
    @_lifetime(self: copy self)
    package mutating func store(_ source: Span<UInt8>, at offset: Int) {
        precondition(offset >= 0 && offset <= count - source.count, "bytes beyond the bytes")
        unsafe withUnsafeMutableBytes { target in
            unsafe source.withUnsafeBytes { source in
                guard let from = source.baseAddress, let base = target.baseAddress else { return }
                unsafe (base + offset).copyMemory(from: from, byteCount: source.count)
            }
        }
    }
}
