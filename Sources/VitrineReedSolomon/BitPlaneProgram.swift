/// The product with a matrix in Swift alone, sixteen bytes to a vector, without table look-ups.
///
/// A row's sum of factors times sources is ordered by the factors' bits, most significant first, as in Horner's rule:
/// double the sum, add the sources whose factor has the next bit, and so on. Doubling is a shift of each byte and a
/// conditional addition of the polynomial (Anvin, "The mathematics of RAID-6", 2004–2011, who uses it for powers of 2).
/// A factor costs an addition for each of its bits and a row a doubling for each place, whatever the row's length.
struct BitPlaneProgram: Sendable {
    private typealias Vector = SIMD16<UInt8>

    private let matrix: FieldMatrix
    /// For each row the sources to add, by their numbers, and `doubling` where the sum is to be doubled.
    private let steps: [[Int]]

    private static let doubling = -1
    /// A piece of this length of each of a dozen sources stays in the first-level cache for all rows.
    static let pieceLength = 2_048
    /// Eight vectors, which leaves half of sixteen registers to work with.
    private static let blockLength = 128

    init(_ matrix: FieldMatrix) {
        self.matrix = matrix
        steps = (0..<matrix.rowCount).map { row in
            var steps: [Int] = []
            for bit in (0..<8).reversed() {
                if !steps.isEmpty { steps.append(Self.doubling) }
                for column in 0..<matrix.columnCount where matrix[row, column] >> UInt8(bit) & 1 == 1 {
                    steps.append(column)
                }
            }
            return steps
        }
    }

    /// See `MatrixProduct.apply`.
    @unsafe func run(
        over sources: [UnsafePointer<UInt8>?],
        writing outputs: [UnsafeMutablePointer<UInt8>?],
        range: Range<Int>
    ) {
        let width = MemoryLayout<Vector>.size
        guard range.count >= width else {
            unsafe runByteByByte(over: sources, writing: outputs, range: range)
            return
        }
        // Every offset below leaves room for what is read and written there: a block, or one vector.
        unsafe sources.withUnsafeBufferPointer { sources in
            for piece in stride(from: range.lowerBound, to: range.upperBound, by: Self.pieceLength) {
                let end = min(range.upperBound, piece + Self.pieceLength)
                for row in 0..<matrix.rowCount {
                    guard let output = unsafe outputs[row] else { continue }
                    let ofRow = steps[row]
                    let steps = ofRow.span
                    var offset = piece
                    while end - offset >= Self.blockLength {
                        unsafe Self.runBlock(steps, over: sources, at: offset, writing: output)
                        offset += Self.blockLength
                    }
                    while offset < end {
                        // The last vector may overlap what is there already: the same bytes are written again.
                        let start = min(offset, range.upperBound - width)
                        unsafe Self.runVector(steps, over: sources, at: start, writing: output)
                        offset += width
                    }
                }
            }
        }
    }

    @inline(__always)
    private static func doubled(_ vector: Vector) -> Vector {
        let isCarried = SIMD16<Int8>(truncatingIfNeeded: vector) .< SIMD16<Int8>()
        return (vector &+ vector) ^ Vector().replacing(with: 0x1D, where: isCarried)
    }

    private static func runVector(
        _ steps: Span<Int>,
        over sources: UnsafeBufferPointer<UnsafePointer<UInt8>?>,
        at offset: Int,
        writing output: UnsafeMutablePointer<UInt8>
    ) {
        var sum = Vector()
        for index in steps.indices {
            let step = steps[index]
            if step == doubling {
                sum = doubled(sum)
            } else if let source = unsafe sources[step] {
                sum ^= unsafe UnsafeRawPointer(source).loadUnaligned(fromByteOffset: offset, as: Vector.self)
            }
        }
        unsafe UnsafeMutableRawPointer(output).storeBytes(of: sum, toByteOffset: offset, as: Vector.self)
    }

    /// Eight vectors at once, named one by one so that they live in registers.
    private static func runBlock(
        _ steps: Span<Int>,
        over sources: UnsafeBufferPointer<UnsafePointer<UInt8>?>,
        at offset: Int,
        writing output: UnsafeMutablePointer<UInt8>
    ) {
        var (a, b, c, d) = (Vector(), Vector(), Vector(), Vector())
        var (e, f, g, h) = (Vector(), Vector(), Vector(), Vector())
        for index in steps.indices {
            let step = steps[index]
            if step == doubling {
                (a, b, c, d) = (doubled(a), doubled(b), doubled(c), doubled(d))
                (e, f, g, h) = (doubled(e), doubled(f), doubled(g), doubled(h))
            } else if let source = unsafe sources[step] {
                let bytes = unsafe UnsafeRawPointer(source + offset)
                a ^= unsafe bytes.loadUnaligned(as: Vector.self)
                b ^= unsafe bytes.loadUnaligned(fromByteOffset: 16, as: Vector.self)
                c ^= unsafe bytes.loadUnaligned(fromByteOffset: 32, as: Vector.self)
                d ^= unsafe bytes.loadUnaligned(fromByteOffset: 48, as: Vector.self)
                e ^= unsafe bytes.loadUnaligned(fromByteOffset: 64, as: Vector.self)
                f ^= unsafe bytes.loadUnaligned(fromByteOffset: 80, as: Vector.self)
                g ^= unsafe bytes.loadUnaligned(fromByteOffset: 96, as: Vector.self)
                h ^= unsafe bytes.loadUnaligned(fromByteOffset: 112, as: Vector.self)
            }
        }
        let bytes = unsafe UnsafeMutableRawPointer(output + offset)
        unsafe bytes.storeBytes(of: a, as: Vector.self)
        unsafe bytes.storeBytes(of: b, toByteOffset: 16, as: Vector.self)
        unsafe bytes.storeBytes(of: c, toByteOffset: 32, as: Vector.self)
        unsafe bytes.storeBytes(of: d, toByteOffset: 48, as: Vector.self)
        unsafe bytes.storeBytes(of: e, toByteOffset: 64, as: Vector.self)
        unsafe bytes.storeBytes(of: f, toByteOffset: 80, as: Vector.self)
        unsafe bytes.storeBytes(of: g, toByteOffset: 96, as: Vector.self)
        unsafe bytes.storeBytes(of: h, toByteOffset: 112, as: Vector.self)
    }

    /// What is shorter than a vector.
    private func runByteByByte(
        over sources: [UnsafePointer<UInt8>?],
        writing outputs: [UnsafeMutablePointer<UInt8>?],
        range: Range<Int>
    ) {
        for row in 0..<matrix.rowCount {
            guard let output = unsafe outputs[row] else { continue }
            for offset in range {
                var sum: UInt8 = 0
                for column in 0..<matrix.columnCount {
                    guard let source = unsafe sources[column] else { continue }
                    unsafe sum ^= GaloisField.product(matrix[row, column], source[offset])
                }
                unsafe output[offset] = sum
            }
        }
    }
}
