/// An accessor's elements, found in bytes that are known to hold them all.
struct AccessorElements {
    private let block: ByteBlock
    private let stride: Int
    /// Elements.
    let count: Int
    /// What each number is.
    let component: ComponentType
    /// How many numbers make an element.
    let shape: ElementShape
    /// Whether whole numbers stand for fractions of their greatest value.
    let normalized: Bool
    /// The accessor's file and JSON pointer.
    let place: JSONPlace

    /// Looks for `count` elements, `stride` bytes apart from `offset` on; `nil` if `block` does not hold them.
    init?(
        _ block: ByteBlock,
        offset: Int,
        stride: Int,
        count: Int,
        component: ComponentType,
        shape: ElementShape,
        normalized: Bool,
        place: JSONPlace
    ) {
        let size = shape.size(of: component)
        guard count > 0, offset >= 0, stride >= size, offset <= block.count else { return nil }
        let (span, overflow) = (count - 1).multipliedReportingOverflow(by: stride)
        guard !overflow, span <= block.count - offset, size <= block.count - offset - span,
            let part = block.slice(offset..<offset + span + size)
        else { return nil }
        self.block = part
        self.stride = stride
        self.count = count
        self.component = component
        self.shape = shape
        self.normalized = normalized
        self.place = place
    }

    /// The elements as vectors, all of them or those of `rows`; numbers that an element lacks come from `filling`.
    ///
    /// - Throws: `LODError` with `invalidModel` when a number is not finite.
    func vectors<Vector: SIMD>(rows: [UInt32]?, filling: Vector) throws -> [Vector] where Vector.Scalar == Float {
        switch component {
        case .int8: try vectors(of: Int8.self, rows: rows, filling: filling)
        case .uint8: try vectors(of: UInt8.self, rows: rows, filling: filling)
        case .int16: try vectors(of: Int16.self, rows: rows, filling: filling)
        case .uint16: try vectors(of: UInt16.self, rows: rows, filling: filling)
        case .uint32: try vectors(of: UInt32.self, rows: rows, filling: filling)
        case .float: try vectors(of: Float.self, rows: rows, filling: filling)
        }
    }

    private func vectors<Scalar: AccessorScalar, Vector: SIMD>(
        of type: Scalar.Type,
        rows: [UInt32]?,
        filling: Vector
    ) throws -> [Vector] where Vector.Scalar == Float {
        let componentCount = min(shape.componentCount, Vector.scalarCount)
        var vectors: [Vector] = []
        let rowCount = rows?.count ?? count
        vectors.reserveCapacity(rowCount)
        var isFinite = true
        block.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { bytes in
                for place in 0..<rowCount {
                    let row = rows.map { Int($0[place]) } ?? place
                    precondition(row < count, "row \(row) of \(count)")
                    var vector = filling
                    for index in 0..<componentCount {
                        // Within the bytes: the initializer found the last row there.
                        let offset = row * stride + index * MemoryLayout<Scalar>.size
                        let number = unsafe Scalar(loading: bytes, at: offset).float(normalized: normalized)
                        isFinite = isFinite && number.isFinite
                        vector[index] = number
                    }
                    vectors.append(vector)
                }
            }
        }
        guard isFinite else { throw notFinite() }
        return vectors
    }

    /// The elements' numbers one after the other, all of them or those of `rows`.
    ///
    /// - Throws: `LODError` with `invalidModel` when a number is not finite.
    func floats(rows: [UInt32]?) throws -> [Float] {
        switch component {
        case .int8: try floats(of: Int8.self, rows: rows)
        case .uint8: try floats(of: UInt8.self, rows: rows)
        case .int16: try floats(of: Int16.self, rows: rows)
        case .uint16: try floats(of: UInt16.self, rows: rows)
        case .uint32: try floats(of: UInt32.self, rows: rows)
        case .float: try floats(of: Float.self, rows: rows)
        }
    }

    private func floats<Scalar: AccessorScalar>(of type: Scalar.Type, rows: [UInt32]?) throws -> [Float] {
        let offsets = shape.offsets(of: component)
        var floats: [Float] = []
        let rowCount = rows?.count ?? count
        floats.reserveCapacity(rowCount * offsets.count)
        block.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { bytes in
                for place in 0..<rowCount {
                    let row = rows.map { Int($0[place]) } ?? place
                    precondition(row < count, "row \(row) of \(count)")
                    for offset in offsets {
                        // Within the bytes: the initializer found the last row there.
                        let number = unsafe Scalar(loading: bytes, at: row * stride + offset)
                        floats.append(number.float(normalized: normalized))
                    }
                }
            }
        }
        guard floats.allSatisfy(\.isFinite) else { throw notFinite() }
        return floats
    }

    private func notFinite() -> LODError {
        place.invalid("finite numbers, found NaN or infinity among the \(count) elements")
    }

    /// The elements as whole numbers, all of them or those of `rows`: as many times the shape's numbers.
    ///
    /// - Throws: `LODError` with `invalidModel` when they are floats or signed.
    func unsigned(rows: [UInt32]? = nil) throws -> [UInt32] {
        switch component {
        case .uint8: unsigned(of: UInt8.self, rows: rows)
        case .uint16: unsigned(of: UInt16.self, rows: rows)
        case .uint32: unsigned(of: UInt32.self, rows: rows)
        default: throw place.invalid("unsigned whole numbers, found componentType \(component.rawValue)")
        }
    }

    private func unsigned<Scalar: AccessorScalar & UnsignedInteger>(of type: Scalar.Type, rows: [UInt32]?) -> [UInt32] {
        let componentCount = shape.componentCount
        var numbers: [UInt32] = []
        let rowCount = rows?.count ?? count
        numbers.reserveCapacity(rowCount * componentCount)
        block.withBytes { bytes in
            unsafe bytes.withUnsafeBytes { bytes in
                for place in 0..<rowCount {
                    let row = rows.map { Int($0[place]) } ?? place
                    precondition(row < count, "row \(row) of \(count)")
                    for index in 0..<componentCount {
                        // Within the bytes: the initializer found the last row there.
                        let offset = row * stride + index * MemoryLayout<Scalar>.size
                        numbers.append(UInt32(truncatingIfNeeded: unsafe Scalar(loading: bytes, at: offset)))
                    }
                }
            }
        }
        return numbers
    }

    /// The elements' bytes, `newStride` apart, zeros between them.
    func packed(stride newStride: Int) -> [UInt8] {
        let size = shape.size(of: component)
        precondition(newStride >= size, "a stride of \(newStride) for elements of \(size)")
        return block.withBytes { bytes in
            var packed: [UInt8] = []
            packed.reserveCapacity(count * newStride)
            unsafe bytes.withUnsafeBufferPointer { bytes in
                for row in 0..<count {
                    unsafe packed.append(contentsOf: bytes[row * stride..<row * stride + size])
                    packed.append(contentsOf: repeatElement(0, count: newStride - size))
                }
            }
            return packed
        }
    }
}

/// A number as it lies in an accessor's bytes: lowest byte first, at any address.
protocol AccessorScalar {
    /// Reads the number at `offset`, which the caller knows to lie within `bytes`.
    @unsafe init(loading bytes: UnsafeRawBufferPointer, at offset: Int)
    /// Its value; if `normalized`, as a fraction of the greatest, by the formulas of glTF 2.0, section 3.6.2.
    func float(normalized: Bool) -> Float
}

extension AccessorScalar where Self: FixedWidthInteger {
    @unsafe init(loading bytes: UnsafeRawBufferPointer, at offset: Int) {
        self = Self(littleEndian: unsafe bytes.loadUnaligned(fromByteOffset: offset, as: Self.self))
    }

    func float(normalized: Bool) -> Float {
        normalized ? Swift.max(Float(self) / Float(Self.max), -1) : Float(self)
    }
}

extension Int8: AccessorScalar {}
extension UInt8: AccessorScalar {}
extension Int16: AccessorScalar {}
extension UInt16: AccessorScalar {}
extension UInt32: AccessorScalar {}

extension Float: AccessorScalar {
    @unsafe init(loading bytes: UnsafeRawBufferPointer, at offset: Int) {
        self = Float(bitPattern: unsafe UInt32(loading: bytes, at: offset))
    }

    func float(normalized: Bool) -> Float { self }
}
