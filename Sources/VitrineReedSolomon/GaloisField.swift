/// The field of 256 elements, as polynomials over GF(2) modulo x⁸ + x⁴ + x³ + x² + 1 (0x11D), of which x is primitive:
/// addition is exclusive or, and products are sums of logarithms to the base x (Plank, "A tutorial on Reed–Solomon
/// coding for fault-tolerance in RAID-like systems", Software: Practice and Experience 27(9), 1997).
package enum GaloisField {
    /// x to the powers from 0 to 509, so that a sum of two logarithms needs no reduction.
    private static let powers: [UInt8] = {
        var powers: [UInt8] = []
        var value: UInt8 = 1
        for _ in 0..<510 {
            powers.append(value)
            value = value << 1 ^ (value >= 0x80 ? 0x1D : 0)
        }
        return powers
    }()

    /// The logarithm of each element but 0.
    private static let logarithms: [Int] = {
        var logarithms = [Int](repeating: 0, count: 256)
        for exponent in 0..<255 { logarithms[Int(powers[exponent])] = exponent }
        return logarithms
    }()

    /// The product.
    package static func product(_ left: UInt8, _ right: UInt8) -> UInt8 {
        if left == 0 || right == 0 { return 0 }
        return powers[logarithms[Int(left)] + logarithms[Int(right)]]
    }

    /// The quotient; `divisor` is not 0.
    package static func quotient(_ dividend: UInt8, _ divisor: UInt8) -> UInt8 {
        precondition(divisor != 0, "division by zero in GF(256)")
        if dividend == 0 { return 0 }
        return powers[logarithms[Int(dividend)] + 255 - logarithms[Int(divisor)]]
    }
}
