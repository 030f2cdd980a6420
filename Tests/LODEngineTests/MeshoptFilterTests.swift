internal import LODEngine
internal import Testing
internal import VitrineTestSupport

@Suite("The meshopt filters")
struct MeshoptFilterTests {
    private func decoded(_ bytes: [UInt8], _ filter: MeshoptFilter, _ byteStride: Int) throws -> [UInt8] {
        let count = bytes.count / byteStride
        let stream = MeshoptEncoder.attributes(bytes.span, count: count, byteStride: byteStride, version: .one)
        return try MeshoptDecoder.decode(
            stream.span,
            mode: .attributes,
            filter: filter,
            count: count,
            byteStride: byteStride
        )
    }

    @Test("unit vectors come back within the angle of their bits", arguments: [6, 8, 10, 12, 16])
    func octahedral(_ bits: Int) throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(31))
        var vectors: [SIMD4<Float>] = [SIMD4(0, 0, -1, -1), SIMD4(-1, 0, 0, 1)]
        for _ in 0..<500 { vectors.append(random.unitVector(w: 1)) }
        let byteStride = bits > 8 ? 8 : 4
        let bytes = try decoded(
            MeshoptEncoder.octahedral(vectors.span, bits: bits, byteStride: byteStride),
            .octahedral,
            byteStride
        )
        for (index, vector) in vectors.enumerated() {
            let numbers = components(bytes, at: index * byteStride, size: byteStride / 4)
            let back = SIMD4<Float>(numbers) / (byteStride == 4 ? 127 : 32767)
            let difference = back - vector
            let distance = (difference * difference).sum().squareRoot()
            // Half a step of the diamond, stretched by at most 2, and the rounding of what comes back.
            let bound: Float = 2.0 / Float(1 << (bits - 1)) + (byteStride == 4 ? 0.006 : 0.000_03)
            #expect(distance < bound, "\(vector) \(back)")
            #expect(back.w == vector.w)
        }
    }

    @Test("rotations come back within their bits, with either sign", arguments: [8, 12, 16])
    func quaternions(_ bits: Int) throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(31))
        var rotations: [SIMD4<Float>] = [SIMD4(0, 0, 0, 1), SIMD4(0.5, 0.5, 0.5, 0.5), SIMD4(0, -1, 0, 0)]
        for _ in 0..<500 {
            let w = Float.random(in: -1...1, using: &random)
            rotations.append(random.unitVector(w: w).normalized)
        }
        let bytes = try decoded(MeshoptEncoder.quaternions(rotations.span, bits: bits), .quaternion, 8)
        for (index, rotation) in rotations.enumerated() {
            let back = SIMD4<Float>(components(bytes, at: index * 8, size: 2)) / 32767
            let cosine = abs((back * rotation).sum())
            let least: Float = 1 - 8 / Float(1 << bits)
            #expect(cosine > least, "\(rotation) \(back)")
        }
    }

    @Test("floats come back within their bits, exactly with 24 where they have no more", arguments: [8, 12, 16, 24])
    func exponential(_ bits: Int) throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(31))
        var values: [Float] = [0, 1, -1, 0.999_999_9, 3, -1e-30, 1e20, 65535, 2]
        let scales: [Float] = [1e-6, 1, 1e6]
        for index in 0..<999 { values.append(Float.random(in: -1...1, using: &random) * scales[index % 7 % 3]) }
        for sharing in [MeshoptEncoder.SharedExponent.none, .element] {
            let bytes = try decoded(
                MeshoptEncoder.exponential(values.span, componentCount: 3, bits: bits, sharing: sharing),
                .exponential,
                12
            )
            for (index, value) in values.enumerated() {
                var pattern: UInt32 = 0
                for byte in 0..<4 { pattern |= UInt32(bytes[index * 4 + byte]) << UInt32(byte * 8) }
                let first = index / 3 * 3
                let largest = values[first..<first + 3].reduce(0) { max($0, abs($1)) }
                let scale = sharing == .none ? abs(value) : largest
                // The least exponent is -100.
                let bound: Float = scale * 2 / Float(1 << (bits - 1)) + 0x1p-101
                let difference = abs(Float(bitPattern: pattern) - value)
                #expect(difference <= bound, "\(value)")
            }
        }
    }

    @Test("colours come back within their bits and never out of range", arguments: [(6, 4), (8, 4), (12, 8), (16, 8)])
    func colors(_ bits: Int, _ byteStride: Int) throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(31))
        var colors: [SIMD4<Float>] = []
        for corner in 0..<16 {
            colors.append(SIMD4((0..<4).map { corner >> $0 & 1 == 1 ? Float(1) : 0 }))
        }
        for _ in 0..<500 {
            colors.append(SIMD4((0..<4).map { _ in Float.random(in: 0...1, using: &random) }))
        }
        let bytes = try decoded(
            MeshoptEncoder.colors(colors.span, bits: bits, byteStride: byteStride),
            .color,
            byteStride
        )
        let most: Float = byteStride == 4 ? 255 : 65535
        for (index, color) in colors.enumerated() {
            let numbers = components(bytes, at: index * byteStride, size: byteStride / 4)
                .map { (number: Float) -> Float in Float(Int(number) & Int(most)) }
            let difference = SIMD4<Float>(numbers) / most - color
            let worst = max(difference.max(), -difference.min())
            let bound: Float = 2.6 / Float(1 << bits) + 1 / most
            #expect(worst <= bound, "\(color)")
        }
    }
}

extension SeededGenerator {
    fileprivate mutating func unitVector(w: Float) -> SIMD4<Float> {
        var vector = SIMD3<Float>.zero
        var square: Float = 0
        while square < 0.01 || square > 1 {
            vector = SIMD3(
                .random(in: -1...1, using: &self),
                .random(in: -1...1, using: &self),
                .random(in: -1...1, using: &self)
            )
            square = (vector * vector).sum()
        }
        return SIMD4(vector / square.squareRoot(), w)
    }
}

extension SIMD4<Float> {
    fileprivate var normalized: SIMD4<Float> { self / (self * self).sum().squareRoot() }
}

/// Four signed numbers of `size` bytes.
private func components(_ bytes: [UInt8], at offset: Int, size: Int) -> [Float] {
    (0..<4).map { component in
        let place = offset + component * size
        guard size == 2 else { return Float(Int8(bitPattern: bytes[place])) }
        let word = UInt16(bytes[place]) | UInt16(bytes[place + 1]) << 8
        return Float(Int16(bitPattern: word))
    }
}
