/// An accessor's JSON and bytes, not yet placed in a buffer view; without bytes its elements are zeros.
struct EncodedAccessor {
    var json: JSONObject
    var bytes: [UInt8]?
    var kind: BufferViewBuilder.Kind

    init(json: JSONObject, bytes: [UInt8]?, kind: BufferViewBuilder.Kind) {
        self.json = json
        self.bytes = bytes
        self.kind = kind
    }

    /// Elements of one type and shape.
    init(
        _ component: ComponentType,
        _ shape: ElementShape,
        count: Int,
        normalized: Bool = false,
        bytes: [UInt8]?,
        kind: BufferViewBuilder.Kind
    ) {
        json = ["componentType": .int(component.rawValue)]
        if normalized { json["normalized"] = true }
        json["count"] = .int(count)
        json["type"] = .string(shape.rawValue)
        self.bytes = bytes
        self.kind = kind
    }

    /// Floats: the first `shape.componentCount` numbers of each vector.
    init<Vector: SIMD>(_ vectors: [Vector], _ shape: ElementShape) where Vector.Scalar == Float {
        let stride = shape.componentCount * 4
        let bytes = encoded(vectors.count * shape.componentCount) { put in
            for vector in vectors {
                for index in 0..<shape.componentCount { put(vector[index].bitPattern.littleEndian) }
            }
        }
        self.init(.float, shape, count: vectors.count, bytes: bytes, kind: .vertices(stride: stride))
    }

    /// Positions, with the bounds that glTF demands of them (3.7.2.1), to the last bit.
    init(positions: [SIMD3<Float>]) {
        self.init(positions, .vector3)
        setBounds(BoundingBox(positions))
    }

    /// As many zero vectors, which take no bytes.
    init(zeros count: Int) {
        self.init(.float, .vector3, count: count, bytes: nil, kind: .vertices(stride: 12))
        setBounds(BoundingBox(min: .zero, max: .zero))
    }

    private mutating func setBounds(_ box: BoundingBox?) {
        guard let box else { return }
        // A double's shortest text names the float exactly, for readers that compare as either.
        json["min"] = .array((0..<3).map { .double(Double(box.min[$0])) })
        json["max"] = .array((0..<3).map { .double(Double(box.max[$0])) })
    }

    /// Floats that are not vectors of this module.
    init(_ attribute: CustomAttribute, _ shape: ElementShape) {
        let bytes = encoded(attribute.values.count) { put in
            for value in attribute.values { put(value.bitPattern.littleEndian) }
        }
        let count = attribute.values.count / shape.componentCount
        self.init(.float, shape, count: count, bytes: bytes, kind: .vertices(stride: shape.componentCount * 4))
    }

    /// Colours: in 8 or 16 bits where those say the same as the floats, without alpha where it is 1 throughout.
    init(colors: [SIMD4<Float>]) {
        if let bytes = exactly(colors, as: UInt8.self) {
            self.init(.uint8, .vector4, count: colors.count, normalized: true, bytes: bytes, kind: .vertices(stride: 4))
        } else if let bytes = exactly(colors, as: UInt16.self) {
            self.init(
                .uint16,
                .vector4,
                count: colors.count,
                normalized: true,
                bytes: bytes,
                kind: .vertices(stride: 8)
            )
        } else {
            self.init(colors, colors.allSatisfy { $0.w == 1 } ? .vector3 : .vector4)
        }
    }

    /// Joints, in 8 bits if they fit.
    init(joints: [SIMD4<UInt16>]) {
        if joints.allSatisfy({ $0.max() <= 255 }) {
            let bytes = encoded(joints.count * 4) { put in
                for joints in joints { for slot in 0..<4 { put(UInt8(truncatingIfNeeded: joints[slot])) } }
            }
            self.init(.uint8, .vector4, count: joints.count, bytes: bytes, kind: .vertices(stride: 4))
        } else {
            let bytes = encoded(joints.count * 4) { put in
                for joints in joints { for slot in 0..<4 { put(joints[slot].littleEndian) } }
            }
            self.init(.uint16, .vector4, count: joints.count, bytes: bytes, kind: .vertices(stride: 8))
        }
    }

    /// Vertex indices, in 16 bits if they fit: 65535 would restart a strip.
    init(indices: [UInt32], vertexCount: Int) {
        if vertexCount <= 65535 {
            let bytes = encoded(indices.count) { put in
                for index in indices { put(UInt16(truncatingIfNeeded: index).littleEndian) }
            }
            self.init(.uint16, .scalar, count: indices.count, bytes: bytes, kind: .indices(size: 2, areTriangles: true))
        } else {
            let bytes = encoded(indices.count) { put in
                for index in indices { put(index.littleEndian) }
            }
            self.init(.uint32, .scalar, count: indices.count, bytes: bytes, kind: .indices(size: 4, areTriangles: true))
        }
    }
}

/// The bytes of `count` numbers that `body` puts one after the other.
func encoded<Number: FixedWidthInteger>(_ count: Int, _ body: ((Number) -> Void) -> Void) -> [UInt8] {
    let size = MemoryLayout<Number>.size
    return unsafe [UInt8](unsafeUninitializedCapacity: count * size) { buffer, filled in
        let raw = UnsafeMutableRawBufferPointer(buffer)
        var offset = 0
        body { number in
            // storeBytes checks that the number lies within the buffer.
            unsafe raw.storeBytes(of: number, toByteOffset: offset, as: Number.self)
            offset += size
        }
        filled = offset
    }
}

/// The colours as fractions of the greatest number, if every one of them is exactly such a fraction.
private func exactly<Number: FixedWidthInteger & UnsignedInteger & AccessorScalar>(
    _ colors: [SIMD4<Float>],
    as type: Number.Type
) -> [UInt8]? {
    let most = Float(Number.max)
    var numbers: [Number] = []
    for color in colors {
        for index in 0..<4 {
            guard let number = Number(exactly: (color[index] * most).rounded()),
                number.float(normalized: true) == color[index]
            else { return nil }
            numbers.append(number)
        }
    }
    return encoded(numbers.count) { put in
        for number in numbers { put(number.littleEndian) }
    }
}
