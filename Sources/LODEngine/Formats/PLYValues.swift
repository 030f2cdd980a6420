/// The numbers behind a PLY header, one after the other.
struct PLYValues {
    let encoding: PLYHeader.Encoding
    var cursor: TextCursor

    /// The next number of type `type`.
    mutating func next(_ type: PLYHeader.Scalar, _ bytes: Span<UInt8>) throws -> Double {
        if encoding == .ascii {
            cursor.skipSpace(bytes)
            guard let number = cursor.number(bytes) else { throw cursor.error(bytes, "a finite number") }
            return number
        }
        let size = type.byteCount
        guard bytes.count - cursor.position >= size else { throw cursor.error(bytes, "\(size) more bytes") }
        var bits: UInt64 = 0
        for byte in 0..<size {
            let offset = encoding == .bigEndian ? byte : size - 1 - byte
            bits = bits << 8 | UInt64(bytes[cursor.position + offset])
        }
        cursor.position += size
        switch type {
        case .int8: return Double(Int8(truncatingIfNeeded: bits))
        case .int16: return Double(Int16(truncatingIfNeeded: bits))
        case .int32: return Double(Int32(truncatingIfNeeded: bits))
        case .uint8, .uint16, .uint32: return Double(bits)
        case .float32: return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
        case .float64: return Double(bitPattern: bits)
        }
    }

    /// The next whole number within 32 bits.
    mutating func nextInteger(_ type: PLYHeader.Scalar, _ bytes: Span<UInt8>) throws -> Int {
        let start = cursor.position
        let number = try next(type, bytes)
        guard number == number.rounded(), abs(number) <= 4_294_967_295 else {
            throw cursor.error(bytes, at: start, "a whole number of at most 32 bits")
        }
        return Int(number)
    }

    /// The length of a list, which the rest of the file must be able to hold.
    mutating func nextLength(_ type: PLYHeader.Scalar, of item: PLYHeader.Scalar, _ bytes: Span<UInt8>) throws -> Int {
        let start = cursor.position
        let length = try nextInteger(type, bytes)
        let room = (bytes.count - cursor.position) / (encoding == .ascii ? 2 : item.byteCount)
        guard length >= 0, length <= room else { throw cursor.error(bytes, at: start, "a list that ends in the file") }
        return length
    }

    /// Passes all rows of an element.
    mutating func pass(_ element: PLYHeader.Element, _ bytes: Span<UInt8>) throws {
        guard !element.properties.isEmpty else { return }
        for _ in 0..<element.count {
            for property in element.properties { try pass(property, bytes) }
        }
    }

    /// Passes one value or list.
    mutating func pass(_ property: PLYHeader.Property, _ bytes: Span<UInt8>) throws {
        guard let lengthType = property.lengthType else {
            _ = try next(property.type, bytes)
            return
        }
        for _ in 0..<(try nextLength(lengthType, of: property.type, bytes)) { _ = try next(property.type, bytes) }
    }
}
