/// What a mesh's numbers are stored as.
struct AttributeEncoding {
    /// The grid of positions; `nil` for floats.
    var positions: PositionGrid?
    /// The grids of texture coordinates, by set.
    var textures: [Int: TextureGrid] = [:]
    /// Bits of octahedral coordinates; `nil` for floats in all but positions and texture coordinates.
    var normalBits: Int?

    /// Floats throughout.
    static let floats = AttributeEncoding()
}

extension EncodedAccessor {
    /// Positions on a grid.
    init(positions: [SIMD3<Float>], _ grid: PositionGrid) {
        var low = SIMD3<UInt16>(repeating: .max)
        var high = SIMD3<UInt16>.zero
        let bytes = encoded(positions.count * 4) { put in
            for position in positions {
                let numbers = grid.numbers(position)
                low = pointwiseMin(low, numbers)
                high = pointwiseMax(high, numbers)
                for axis in 0..<3 { put(numbers[axis].littleEndian) }
                put(UInt16(0))
            }
        }
        self.init(.uint16, .vector3, count: positions.count, bytes: bytes, kind: .vertices(stride: 8))
        if !positions.isEmpty { setBounds((0..<3).map { Int(low[$0]) }, (0..<3).map { Int(high[$0]) }) }
    }

    /// Differences of positions on a grid.
    init(deltas: [SIMD3<Float>], _ grid: PositionGrid) {
        var low = SIMD3<Int16>(repeating: .max)
        var high = SIMD3<Int16>(repeating: .min)
        let bytes = encoded(deltas.count * 4) { put in
            for delta in deltas {
                let numbers = grid.numbers(delta: delta)
                low = pointwiseMin(low, numbers)
                high = pointwiseMax(high, numbers)
                for axis in 0..<3 { put(numbers[axis].littleEndian) }
                put(Int16(0))
            }
        }
        self.init(.int16, .vector3, count: deltas.count, bytes: bytes, kind: .vertices(stride: 8))
        if !deltas.isEmpty { setBounds((0..<3).map { Int(low[$0]) }, (0..<3).map { Int(high[$0]) }) }
    }

    private mutating func setBounds(_ low: [Int], _ high: [Int]) {
        json["min"] = .array(low.map { .int($0) })
        json["max"] = .array(high.map { .int($0) })
    }

    /// Unit vectors as normalized bytes, by way of octahedral coordinates.
    ///
    /// - Parameters:
    ///   - units: Unit vectors, with 1 or -1 as fourth number.
    ///   - shape: Three numbers for normals, four for tangents.
    ///   - bits: Bits of each octahedral coordinate.
    init(units: [SIMD4<Float>], _ shape: ElementShape, bits: Int) {
        self.init(
            .int8,
            shape,
            count: units.count,
            normalized: true,
            bytes: MeshoptEncoder.octahedral(units.span, bits: bits, byteStride: 4),
            kind: .vertices(stride: 4, filter: .octahedral)
        )
    }

    /// Differences of unit vectors as normalized bytes; `nil` where one is longer than those reach.
    init?(unitDeltas: [SIMD3<Float>]) {
        guard unitDeltas.allSatisfy({ $0.max() <= 1 && $0.min() >= -1 }) else { return nil }
        let bytes = encoded(unitDeltas.count * 4) { put in
            for delta in unitDeltas {
                let numbers = SIMD3<Int8>((delta * 127).rounded(.toNearestOrAwayFromZero))
                for axis in 0..<3 { put(numbers[axis]) }
                put(Int8(0))
            }
        }
        self.init(.int8, .vector3, count: unitDeltas.count, normalized: true, bytes: bytes, kind: .vertices(stride: 4))
    }

    /// Texture coordinates on a grid.
    init(coordinates: [SIMD2<Float>], _ grid: TextureGrid) {
        let bytes = encoded(coordinates.count * 2) { put in
            for coordinate in coordinates {
                let numbers = grid.numbers(coordinate)
                for axis in 0..<2 { put(numbers[axis].littleEndian) }
            }
        }
        self.init(.uint16, .vector2, count: coordinates.count, bytes: bytes, kind: .vertices(stride: 4))
    }

    /// Texture coordinates from 0 to 1 as fractions of 65535; `nil` where others are among them.
    init?(fractions coordinates: [SIMD2<Float>]) {
        guard coordinates.allSatisfy({ $0.min() >= 0 && $0.max() <= 1 }) else { return nil }
        let bytes = encoded(coordinates.count * 2) { put in
            for coordinate in coordinates {
                let numbers = SIMD2<UInt16>((coordinate * 65535).rounded(.toNearestOrAwayFromZero))
                for axis in 0..<2 { put(numbers[axis].littleEndian) }
            }
        }
        self.init(
            .uint16,
            .vector2,
            count: coordinates.count,
            normalized: true,
            bytes: bytes,
            kind: .vertices(stride: 4)
        )
    }

    /// Colours from 0 to 1 in 8 bits; `nil` where others are among them.
    init?(colorsInBytes colors: [SIMD4<Float>]) {
        guard colors.allSatisfy({ $0.min() >= 0 && $0.max() <= 1 }) else { return nil }
        let bytes = encoded(colors.count * 4) { put in
            for color in colors {
                let numbers = SIMD4<UInt8>((color * 255).rounded(.toNearestOrAwayFromZero))
                for index in 0..<4 { put(numbers[index]) }
            }
        }
        self.init(.uint8, .vector4, count: colors.count, normalized: true, bytes: bytes, kind: .vertices(stride: 4))
    }

    /// Weights in 8 bits, which sum to 255 where the floats of this set sum to 1.
    init(weightsInBytes weights: [SIMD4<Float>]) {
        let bytes = encoded(weights.count * 4) { put in
            for weight in weights {
                let clamped = pointwiseMin(pointwiseMax(weight, .zero), .one)
                var numbers = SIMD4<Int>((clamped * 255).rounded(.toNearestOrAwayFromZero))
                if abs(clamped.sum() - 1) < 1e-3 {
                    // The largest takes what rounding left over or took too much.
                    var largest = 0
                    for slot in 1..<4 where numbers[slot] > numbers[largest] { largest = slot }
                    numbers[largest] += 255 - numbers.wrappedSum()
                }
                for slot in 0..<4 { put(UInt8(clamping: numbers[slot])) }
            }
        }
        self.init(.uint8, .vector4, count: weights.count, normalized: true, bytes: bytes, kind: .vertices(stride: 4))
    }
}
