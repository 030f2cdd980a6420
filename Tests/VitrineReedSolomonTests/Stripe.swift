import VitrineReedSolomon
import VitrineTestSupport

/// The product in GF(256) modulo 0x11D, by long multiplication: shares nothing with what is tested.
func longProduct(_ left: UInt8, _ right: UInt8) -> UInt8 {
    var product = 0
    for bit in 0..<8 where right >> UInt8(bit) & 1 == 1 { product ^= Int(left) << bit }
    for bit in (8..<15).reversed() where product >> bit & 1 == 1 { product ^= 0x11D << (bit - 8) }
    return UInt8(product)
}

/// The sum over the columns of elements times sources, by table of long products.
func longProduct(_ matrix: FieldMatrix, _ sources: [[UInt8]]) -> [[UInt8]] {
    (0..<matrix.rowCount).map { row in
        var sum = [UInt8](repeating: 0, count: sources.first?.count ?? 0)
        for (column, source) in sources.enumerated() {
            let products = (0...255).map { longProduct(matrix[row, column], $0) }
            for (index, byte) in source.enumerated() { sum[index] ^= products[Int(byte)] }
        }
        return sum
    }
}

extension MatrixProduct {
    /// The product with sources and outputs that each start `misalignment` bytes after the one before it ended; throws
    /// when a byte beside an output was written.
    func callAsFunction(_ sources: [[UInt8]], rows: Int, misalignment: Int = 0) throws -> [[UInt8]] {
        let length = sources.first?.count ?? 0
        let gap = [UInt8](repeating: 0xA5, count: misalignment)
        let places = (0..<max(rows, sources.count)).map { misalignment + $0 * (length + misalignment) }
        let input = sources.reduce(gap) { $0 + $1 + gap }
        let blank = gap + [UInt8](repeating: 0xA5, count: rows * (length + misalignment)) + [0xA5]
        var output = blank
        try unsafe input.withUnsafeBytes { input in
            try unsafe output.withUnsafeMutableBytes { output in
                try unsafe apply(
                    to: sources.indices.map {
                        unsafe UnsafeRawBufferPointer(rebasing: input[places[$0]..<places[$0] + length])
                    },
                    writing: (0..<rows).map {
                        unsafe UnsafeMutableRawBufferPointer(rebasing: output[places[$0]..<places[$0] + length])
                    }
                )
            }
        }
        let results = places.prefix(rows).map { Array(output[$0..<$0 + length]) }
        for place in places.prefix(rows) {
            output.replaceSubrange(place..<place + length, with: blank[place..<place + length])
        }
        if output != blank { throw OverrunError() }
        return results
    }
}

/// Bytes beside an output were written.
struct OverrunError: Error {}

/// A stripe of random data and its parity, for one code.
struct Stripe {
    let code: ReedSolomon
    let length: Int
    var bytes: [UInt8]

    init(_ code: ReedSolomon, length: Int, _ generator: inout SeededGenerator) throws {
        self.code = code
        self.length = length
        let data = generator.bytes(code.dataCount * length)
        var parity = [UInt8](repeating: 0xEE, count: code.parityCount * length)
        var span = parity.mutableSpan
        try code.encode(data.span, into: &span)
        bytes = data + parity
    }

    subscript(shard: Int) -> [UInt8] { Array(bytes[shard * length..<(shard + 1) * length]) }

    /// Whether the parity is that of the data.
    var isConsistent: Bool { get throws { try code.verify(bytes.span) } }

    /// The stripe with other bytes in these shards.
    func losing(_ lost: [Int]) -> [UInt8] {
        var damaged = bytes
        for shard in lost {
            for index in shard * length..<(shard + 1) * length {
                damaged[index] ^= UInt8(truncatingIfNeeded: index) | 1
            }
        }
        return damaged
    }

    /// Whether the stripe is whole again after these shards were lost.
    func comesBack(after lost: [Int]) throws -> Bool {
        var damaged = losing(lost)
        var span = damaged.mutableSpan
        try code.reconstruct(&span, lost: lost)
        return damaged == bytes
    }
}

/// All ways to choose `count` of the numbers below `bound`, each ascending.
func combinations(_ count: Int, below bound: Int) -> [[Int]] {
    if count == 0 { return [[]] }
    if count > bound { return [] }
    return combinations(count, below: bound - 1)
        + combinations(count - 1, below: bound - 1).map { $0 + [bound - 1] }
}
