/// Elements in the form that the extensions' filters are undone from (appendix B of their specifications).
///
/// What comes back is what a decoder makes of these bytes: compress them with `attributes(_:count:byteStride:version:)`
/// and name the filter beside the stream.
extension MeshoptEncoder {
    /// What the values of one element share in the exponential filter.
    public enum SharedExponent: Sendable {
        /// Nothing: each value has the precision asked for, relative to itself.
        case none
        /// The exponent of the element's largest value, which makes the smaller ones' bytes alike.
        case element
    }

    /// Unit vectors as octahedral coordinates, with a fourth number beside them as it is.
    ///
    /// Of the four ways of rounding the two coordinates, that is taken which comes back nearest to the vector
    /// (Cigolle et al., "A Survey of Efficient Representations for Independent Unit Vectors", JCGT 2014).
    ///
    /// - Parameters:
    ///   - vectors: Unit vectors in `x`, `y` and `z`; `w` from -1 to 1. One without direction becomes +z.
    ///   - bits: Bits of each coordinate, 2 to 8, or to 16 with a stride of 8.
    ///   - byteStride: 4 for vectors of signed bytes, 8 for signed 16-bit numbers.
    public static func octahedral(_ vectors: Span<SIMD4<Float>>, bits: Int, byteStride: Int) -> [UInt8] {
        precondition(byteStride == 4 || byteStride == 8, "a byteStride of \(byteStride)")
        precondition(bits >= 2 && bits <= byteStride * 2, "\(bits) bits in a byteStride of \(byteStride)")
        let one = Float(1 << (bits - 1)) - 1
        let most = Float(1 << (byteStride * 2 - 1)) - 1
        var bytes: [UInt8] = []
        bytes.reserveCapacity(vectors.count * byteStride)
        for index in vectors.indices {
            let vector = vectors[index]
            let (x, y) = octahedron(SIMD3(vector.x, vector.y, vector.z), one: one)
            let w = max(min(vector.w, 1), -1) * most
            for number in [x, y, Int(one), Int(w.rounded())] {
                bytes.appendLittleEndian(number, byteCount: byteStride / 4)
            }
        }
        return bytes
    }

    /// The octahedral coordinates in steps of `1 / one` that come back nearest to `vector`.
    private static func octahedron(_ vector: SIMD3<Float>, one: Float) -> (Int, Int) {
        let size = abs(vector.x) + abs(vector.y) + abs(vector.z)
        guard size > 0, size.isFinite else { return (0, 0) }
        let flat = vector / size
        var x = flat.x
        var y = flat.y
        if flat.z < 0 {
            x = (1 - abs(flat.y)) * (flat.x < 0 ? -1 : 1)
            y = (1 - abs(flat.x)) * (flat.y < 0 ? -1 : 1)
        }
        let low = SIMD2((x * one).rounded(.down), (y * one).rounded(.down))
        var best = (x: low.x, y: low.y, distance: Float.infinity)
        for step in [SIMD2<Float>(0, 0), SIMD2(1, 0), SIMD2(0, 1), SIMD2(1, 1)] {
            let point = pointwiseMin(low + step, SIMD2(repeating: one))
            let unit = MeshoptFilter.direction(point.x, point.y, one)
            let difference = unit - vector
            let distance = (difference * difference).sum()
            if distance < best.distance { best = (point.x, point.y, distance) }
        }
        return (Int(best.x), Int(best.y))
    }

    /// Unit quaternions as their three smaller components.
    ///
    /// - Parameters:
    ///   - quaternions: Unit quaternions `x`, `y`, `z`, `w`; one without length becomes the identity. They come back as
    ///     four normalized signed 16-bit numbers, perhaps with all signs turned.
    ///   - bits: Bits of each component, 4 to 16.
    public static func quaternions(_ quaternions: Span<SIMD4<Float>>, bits: Int) -> [UInt8] {
        precondition(bits >= 4 && bits <= 16, "\(bits) bits")
        let one = (1 << (bits - 1)) - 1
        var bytes: [UInt8] = []
        bytes.reserveCapacity(quaternions.count * 8)
        for index in quaternions.indices {
            var rotation = quaternions[index]
            let length = (rotation * rotation).sum().squareRoot()
            rotation = length > 0 && length.isFinite ? rotation / length : SIMD4(0, 0, 0, 1)
            var largest = 0
            for component in 1..<4 where abs(rotation[component]) > abs(rotation[largest]) { largest = component }
            // The largest is known to be positive: both signs of a quaternion are one rotation.
            let scale = Float(one) * Float(2).squareRoot() * (rotation[largest] < 0 ? -1 : 1)
            for step in 1..<4 {
                let number = Int((rotation[(largest + step) % 4] * scale).rounded())
                bytes.appendLittleEndian(min(max(number, -one), one), byteCount: 2)
            }
            bytes.appendLittleEndian((one & ~3) | largest, byteCount: 2)
        }
        return bytes
    }

    /// Floats as whole numbers times powers of two.
    ///
    /// - Parameters:
    ///   - values: Finite numbers, `componentCount` for each element. Below 2⁻¹⁰⁰ they lose precision.
    ///   - componentCount: Numbers of an element, 1 to 64.
    ///   - bits: Bits of the whole number with its sign, 2 to 24: its values are off by at most half of 2 to the power
    ///     2 − `bits` of themselves, or of the largest of the element.
    ///   - sharing: What shares an exponent.
    public static func exponential(
        _ values: Span<Float>,
        componentCount: Int,
        bits: Int,
        sharing: SharedExponent = .none
    ) -> [UInt8] {
        precondition(bits >= 2 && bits <= 24, "\(bits) bits")
        precondition(componentCount >= 1 && values.count % componentCount == 0, "\(values.count) / \(componentCount)")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(values.count * 4)
        for first in stride(from: 0, to: values.count, by: componentCount) {
            let shared = (first..<first + componentCount).reduce(0) { max($0, abs(values[$1])) }
            for index in first..<first + componentCount {
                let value = values[index]
                let exponent = exponent(of: sharing == .element ? shared : abs(value), bits: bits)
                // A power of two between 2⁻¹⁰⁰ and 2¹⁰⁰ is exact, as is the quotient by it where nothing underflows.
                let power = Float(sign: .plus, exponent: exponent, significand: 1)
                let limit = Float(1 << (bits - 1)) - 1
                let mantissa = Int(max(min((value / power).rounded(), limit), -limit))
                bytes.appendLittleEndian(mantissa & 0xff_ffff | exponent << 24, byteCount: 4)
            }
        }
        return bytes
    }

    /// The least exponent with which a magnitude up to `magnitude` is held in `bits` bits with its sign.
    private static func exponent(of magnitude: Float, bits: Int) -> Int {
        guard magnitude > 0, magnitude.isFinite else { return 0 }
        let limit = Float(1 << (bits - 1)) - 1
        var exponent = max(Int(magnitude.exponent) + 2 - bits, -100)
        if (magnitude / Float(sign: .plus, exponent: exponent, significand: 1)).rounded() > limit { exponent += 1 }
        return min(exponent, 100)
    }

    /// Colours as luma and two differences; KHR_meshopt_compression alone knows them.
    ///
    /// - Parameters:
    ///   - colors: Red, green, blue and alpha from 0 to 1.
    ///   - bits: Bits of each component, 2 to 8, or to 16 with a stride of 8; alpha has one less.
    ///   - byteStride: 4 for colours of bytes, 8 for 16-bit numbers.
    public static func colors(_ colors: Span<SIMD4<Float>>, bits: Int, byteStride: Int) -> [UInt8] {
        precondition(byteStride == 4 || byteStride == 8, "a byteStride of \(byteStride)")
        precondition(bits >= 2 && bits <= byteStride * 2, "\(bits) bits in a byteStride of \(byteStride)")
        var bytes: [UInt8] = []
        bytes.reserveCapacity(colors.count * byteStride)
        let most = Float(1 << bits) - 1
        for index in colors.indices {
            let color = pointwiseMax(pointwiseMin(colors[index], .one), .zero)
            let rounded = (color * most).rounded(.toNearestOrAwayFromZero)
            // Luma is (R + 2G + B) / 4 and the differences are halves, so that the decoder's sums are in range again:
            // lifted from exact YCoCg-R by dropping the bits that K bits do not hold.
            let co = (Int(rounded.x) - Int(rounded.z)) / 2
            let middle = Int(rounded.z) + co
            let cg = (Int(rounded.y) - middle) / 2
            let luma = middle + cg
            let alpha = Int((color.w * (Float(1 << (bits - 1)) - 1)).rounded())
            for number in [luma, co, cg, alpha | 1 << (bits - 1)] {
                bytes.appendLittleEndian(number, byteCount: byteStride / 4)
            }
        }
        return bytes
    }
}

extension [UInt8] {
    /// Appends the low `byteCount` bytes of `number`, lowest first.
    fileprivate mutating func appendLittleEndian(_ number: Int, byteCount: Int) {
        for byte in 0..<byteCount { append(UInt8(truncatingIfNeeded: number >> (byte * 8))) }
    }
}
