internal import Glibc

/// The transfer function of sRGB (IEC 61966-2-1), by table.
enum SRGB {
    /// Linear light for each encoded byte.
    static let linear: [Float] = (0..<256).map { byte in
        let value = Double(byte) / 255
        return Float(value <= 0.04045 ? value / 12.92 : pow((value + 0.055) / 1.055, 2.4))
    }

    private static let steps = 4_095
    /// The byte for each of 4,096 steps of linear light: never more than one byte off, and that only in the darkest.
    private static let encoded: [UInt8] = (0...steps).map { step in
        let value = Double(step) / Double(steps)
        let encoded = value <= 0.0031308 ? value * 12.92 : 1.055 * pow(value, 1 / 2.4) - 0.055
        return UInt8((encoded * 255).rounded())
    }

    /// Encodes three numbers of linear light, each cut to 0...1.
    static func encode(_ color: SIMD3<Float>) -> SIMD3<UInt8> {
        let index = SIMD3<Int32>(
            (color.clamped(lowerBound: .zero, upperBound: .one) * Float(steps)).rounded(.toNearestOrEven)
        )
        return SIMD3(encoded[Int(index.x)], encoded[Int(index.y)], encoded[Int(index.z)])
    }
}
