/// Access to the numbers of an accessor whose data are known to hold all its elements.
extension AccessorFacts {
    /// The smallest and largest of each component's numbers, and the first element that has one that is not finite.
    struct Bounds {
        var min: [Float]
        var max: [Float]
        var firstNonFinite: Int?
    }

    /// The bounds of the data; `nil` without data.
    func bounds() -> Bounds? {
        switch component {
        case .int8: bounds(Int8.self)
        case .uint8: bounds(UInt8.self)
        case .int16: bounds(Int16.self)
        case .uint16: bounds(UInt16.self)
        case .uint32: bounds(UInt32.self)
        case .float: bounds(Float.self)
        }
    }

    private func bounds<Scalar: AccessorScalar>(_ type: Scalar.Type) -> Bounds? {
        data?.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { bytes in
                var bounds = Bounds(min: [], max: [])
                for offset in shape.offsets(of: component) {
                    var low = Float.infinity
                    var high = -Float.infinity
                    // Turns into NaN, and stays so, where a number is not finite.
                    var probe: Float = 0
                    var place = offset
                    for _ in 0..<count {
                        // Within the bytes: the layout check found the last element there.
                        let number = unsafe Scalar(loading: bytes, at: place).float(normalized: false)
                        low = number < low ? number : low
                        high = number > high ? number : high
                        probe += number * 0
                        place += stride
                    }
                    bounds.min.append(low)
                    bounds.max.append(high)
                    if probe != 0 {
                        let first = (0..<count).first { element in
                            !(unsafe Scalar(loading: bytes, at: offset + element * stride)).float(normalized: false)
                                .isFinite
                        }
                        bounds.firstNonFinite = Swift.min(bounds.firstNonFinite ?? .max, first ?? 0)
                    }
                }
                return bounds
            }
        }
    }

    /// Calls `body` with each element's number and its first four numbers; numbers that it lacks are 0.
    func withVectors(normalizes: Bool = true, _ body: (Int, SIMD4<Float>) -> Void) {
        switch component {
        case .int8: vectors(Int8.self, normalizes, body)
        case .uint8: vectors(UInt8.self, normalizes, body)
        case .int16: vectors(Int16.self, normalizes, body)
        case .uint16: vectors(UInt16.self, normalizes, body)
        case .uint32: vectors(UInt32.self, normalizes, body)
        case .float: vectors(Float.self, normalizes, body)
        }
    }

    private func vectors<Scalar: AccessorScalar>(
        _ type: Scalar.Type,
        _ normalizes: Bool,
        _ body: (Int, SIMD4<Float>) -> Void
    ) {
        let width = Swift.min(shape.componentCount, 4)
        data?.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { bytes in
                for element in 0..<count {
                    var vector = SIMD4<Float>.zero
                    for number in 0..<width {
                        let place = element * stride + number * component.size
                        // Within the bytes: the layout check found the last element there.
                        vector[number] = unsafe Scalar(loading: bytes, at: place)
                            .float(normalized: normalizes && component != .float)
                    }
                    body(element, vector)
                }
            }
        }
    }

    /// Calls `body` with the element, the component and the value of every number.
    func withNumbers(_ body: (Int, Int, Float) -> Void) {
        guard component == .float else { return }
        let offsets = shape.offsets(of: component)
        data?.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { bytes in
                for element in 0..<count {
                    for (number, offset) in offsets.enumerated() {
                        // Within the bytes: the layout check found the last element there.
                        body(element, number, unsafe Float(loading: bytes, at: element * stride + offset))
                    }
                }
            }
        }
    }

    /// The elements as whole numbers; `nil` without data or if they are no unsigned scalars.
    func unsignedScalars() -> [UInt32]? {
        guard shape == .scalar, let data else { return nil }
        switch component {
        case .uint8: return unsignedScalars(UInt8.self, data)
        case .uint16: return unsignedScalars(UInt16.self, data)
        case .uint32: return unsignedScalars(UInt32.self, data)
        default: return nil
        }
    }

    private func unsignedScalars<Scalar: AccessorScalar & UnsignedInteger>(
        _ type: Scalar.Type,
        _ data: ByteBlock
    ) -> [UInt32] {
        data.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { bytes in
                var numbers: [UInt32] = []
                numbers.reserveCapacity(count)
                for element in 0..<count {
                    // Within the bytes: the layout check found the last element there.
                    numbers.append(UInt32(truncatingIfNeeded: unsafe Scalar(loading: bytes, at: element * stride)))
                }
                return numbers
            }
        }
    }
}
