/// The filters of EXT_meshopt_compression and KHR_meshopt_compression, undone in place, element by element.
extension MeshoptFilter {
    /// Replaces the filtered elements of `bytes` by what they stand for.
    ///
    /// `bytes` holds whole elements of `byteStride` bytes, which must suit the filter.
    func apply(to bytes: inout [UInt8], byteStride: Int) {
        switch self {
        case .none: break
        case .octahedral where byteStride == 4:
            for start in stride(from: 0, to: bytes.count, by: 4) { Self.octahedral8(&bytes, at: start) }
        case .octahedral:
            for start in stride(from: 0, to: bytes.count, by: 8) { Self.octahedral16(&bytes, at: start) }
        case .quaternion:
            for start in stride(from: 0, to: bytes.count, by: 8) { Self.quaternion(&bytes, at: start) }
        case .exponential:
            for start in stride(from: 0, to: bytes.count, by: 4) { Self.exponential(&bytes, at: start) }
        case .color:
            for start in stride(from: 0, to: bytes.count, by: byteStride) {
                Self.color(&bytes, at: start, componentBytes: byteStride / 4)
            }
        }
    }

    private static func octahedral8(_ bytes: inout [UInt8], at start: Int) {
        let x = Float(Int8(bitPattern: bytes[start]))
        let y = Float(Int8(bitPattern: bytes[start + 1]))
        let one = Float(Int8(bitPattern: bytes[start + 2]))
        let unit = direction(x, y, one)
        for axis in 0..<3 {
            bytes[start + axis] = UInt8(bitPattern: Int8(truncatingIfNeeded: rounded(unit[axis] * 127, within: 127)))
        }
    }

    private static func octahedral16(_ bytes: inout [UInt8], at start: Int) {
        let unit = direction(
            Float(bytes.word(at: start)),
            Float(bytes.word(at: start + 2)),
            Float(bytes.word(at: start + 4))
        )
        for axis in 0..<3 {
            bytes.setWord(rounded(unit[axis] * 32767, within: 32767), at: start + axis * 2)
        }
    }

    /// The unit vector that the octahedral coordinates `x / one` and `y / one` name.
    static func direction(_ x: Float, _ y: Float, _ one: Float) -> SIMD3<Float> {
        var unit = SIMD3(x / one, y / one, 0)
        unit.z = 1 - abs(unit.x) - abs(unit.y)
        // Points outside the diamond belong to the lower hemisphere, folded over the diamond's edges.
        let fold = min(unit.z, 0)
        unit.x -= Float(signOf: unit.x, magnitudeOf: fold)
        unit.y -= Float(signOf: unit.y, magnitudeOf: fold)
        let length = (unit.x * unit.x + unit.y * unit.y + unit.z * unit.z).squareRoot()
        return unit / length
    }

    private static func quaternion(_ bytes: inout [UInt8], at start: Int) {
        let scale = bytes.word(at: start + 6)
        let one = Float(scale | 3) * Float(2).squareRoot()
        let x = Float(bytes.word(at: start)) / one
        let y = Float(bytes.word(at: start + 2)) / one
        let z = Float(bytes.word(at: start + 4)) / one
        let w = max(0, 1 - x * x - y * y - z * z).squareRoot()
        let largest = scale & 3
        for (step, component) in [w, x, y, z].enumerated() {
            bytes.setWord(rounded(component * 32767, within: 32767), at: start + (largest + step) % 4 * 2)
        }
    }

    private static func exponential(_ bytes: inout [UInt8], at start: Int) {
        let low = UInt32(bytes[start]) | UInt32(bytes[start + 1]) << 8 | UInt32(bytes[start + 2]) << 16
        let mantissa = Int32(bitPattern: low << 8) >> 8
        // The specification allows -100 to 100; what lies below -126 has no normal power of two.
        let exponent = max(Int32(Int8(bitPattern: bytes[start + 3])), -126)
        let power = Float(bitPattern: UInt32(exponent + 127) << 23)
        let value = (power * Float(mantissa)).bitPattern
        for byte in 0..<4 { bytes[start + byte] = UInt8(truncatingIfNeeded: value >> UInt32(byte * 8)) }
    }

    private static func color(_ bytes: inout [UInt8], at start: Int, componentBytes: Int) {
        func signed(_ component: Int) -> Int {
            componentBytes == 1
                ? Int(Int8(bitPattern: bytes[start + component])) : bytes.word(at: start + component * 2)
        }
        let mask = componentBytes == 1 ? 0xff : 0xffff
        let alpha = signed(3) & mask
        // Alpha's highest bit marks the precision; the alpha itself has one bit less than the colours.
        let bits = Int.bitWidth - alpha.leadingZeroBitCount
        let span = (1 << bits) - 1
        let y = signed(0) & mask
        let co = signed(1)
        let cg = signed(2)
        let a = alpha & (span >> 1)
        let values = [y + co - cg, y + cg, y - co - cg, a << 1 | a & 1]
        let scale = Float(mask) / Float(max(span, 1))
        for (component, value) in values.enumerated() {
            let result = max(rounded(Float(value) * scale, within: Float(mask)), 0)
            if componentBytes == 1 {
                bytes[start + component] = UInt8(truncatingIfNeeded: result)
            } else {
                bytes.setWord(result, at: start + component * 2)
            }
        }
    }

    /// The nearest integer, halves away from zero; 0 for what is no number, and never beyond `bound`.
    private static func rounded(_ value: Float, within bound: Float) -> Int {
        guard value == value else { return 0 }
        return Int(min(max(value, -bound), bound).rounded(.toNearestOrAwayFromZero))
    }
}

extension [UInt8] {
    /// The signed 16-bit little-endian number at `offset`.
    fileprivate func word(at offset: Int) -> Int {
        Int(Int16(bitPattern: UInt16(self[offset]) | UInt16(self[offset + 1]) << 8))
    }

    /// Stores the low 16 bits of `value` at `offset`, little-endian.
    fileprivate mutating func setWord(_ value: Int, at offset: Int) {
        self[offset] = UInt8(truncatingIfNeeded: value)
        self[offset + 1] = UInt8(truncatingIfNeeded: value >> 8)
    }
}
