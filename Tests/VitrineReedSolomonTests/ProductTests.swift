import Testing
import VitrineReedSolomon
import VitrineTestSupport

/// Every way to compute a product that this machine has, against long multiplication.
@Suite("Products with byte strings")
struct ProductTests {
    static let implementations = ReedSolomon.Implementation.all

    @Test("the implementations are those of the processor, with portable ones among them")
    func names() {
        let names = Self.implementations.map(\.description)
        let known = ["gfni-avx512", "gfni-avx2", "avx2", "ssse3", "neon", "swift", "portable"]
        #expect(names == known.filter(names.contains))
        #expect(names.contains("swift") && names.contains("portable"))
        #expect(ReedSolomon.Implementation.fastest == Self.implementations.first)
    }

    @Test("each element times each byte is right", arguments: implementations)
    func everyProduct(implementation: ReedSolomon.Implementation) throws {
        let source = [UInt8](0...255)
        for element in UInt8.min...UInt8.max {
            var matrix = FieldMatrix(rows: 1, columns: 1)
            matrix[0, 0] = element
            let product = try MatrixProduct(matrix, by: implementation)([source], rows: 1)
            if product != [source.map({ longProduct(element, $0) })] { Issue.record("products of \(element)") }
        }
    }

    /// One to nine rows, for a kernel has a case for each of up to four and takes more in several passes; with a first
    /// row of ones and without.
    @Test("every length from 0 to 300 is right, at changing alignments", arguments: implementations, 1...9)
    func everyLength(implementation: ReedSolomon.Implementation, rows: Int) throws {
        var generator = SeededGenerator(seed: TestEnvironment.seed(UInt64(40 + rows)))
        for isCauchy in [true, false] {
            let columns = Int.random(in: 1...9, using: &generator)
            let matrix =
                isCauchy
                ? try ReedSolomon(data: columns, parity: rows).matrix
                : randomMatrix(rows: rows, columns: columns, &generator)
            let product = MatrixProduct(matrix, by: implementation)
            let sources = (0..<columns).map { _ in generator.bytes(300) }
            let expected = longProduct(matrix, sources)
            let step = rows <= 4 ? 1 : 7
            for length in stride(from: 0, through: 300, by: step) {
                let result = try product(
                    sources.map { Array($0.prefix(length)) },
                    rows: rows,
                    misalignment: length % 67
                )
                let isRight = result == expected.map { Array($0.prefix(length)) }
                if !isRight { Issue.record("length \(length), seed \(generator.seed)") }
            }
        }
    }

    @Test("random matrices and lengths give what long multiplication gives")
    func random() throws {
        var generator = SeededGenerator(seed: TestEnvironment.seed(50))
        for _ in 0..<TestEnvironment.count(30, soak: 5_000, brief: 10) {
            let rows = Int.random(in: 1...12, using: &generator)
            let columns = Int.random(in: 1...20, using: &generator)
            let length = Int.random(in: 0...4_000, using: &generator)
            let matrix = randomMatrix(rows: rows, columns: columns, &generator)
            let sources = (0..<columns).map { _ in generator.bytes(length) }
            let expected = longProduct(matrix, sources)
            for implementation in Self.implementations {
                let result = try MatrixProduct(matrix, by: implementation)(
                    sources,
                    rows: rows,
                    misalignment: Int.random(in: 0...63, using: &generator)
                )
                #expect(result == expected, "\(implementation), \(rows) by \(columns), seed \(generator.seed)")
            }
        }
    }

    private func randomMatrix(rows: Int, columns: Int, _ generator: inout SeededGenerator) -> FieldMatrix {
        var matrix = FieldMatrix(rows: rows, columns: columns)
        for row in 0..<rows {
            for column in 0..<columns { matrix[row, column] = UInt8.random(in: 0...255, using: &generator) }
        }
        return matrix
    }
}

/// Intel's library, which the kernels are measured against too.
@Suite("Beside ISA-L", .enabled(if: ISAL.installed != nil, "libisal2 is not installed; scripts/test installs it"))
struct ISALTests {
    @Test(
        "parity is what ISA-L computes with the same matrix",
        arguments: ProductTests.implementations,
        [(8, 3), (4, 2), (1, 1), (12, 4), (10, 7), (20, 12)]
    )
    func parity(implementation: ReedSolomon.Implementation, counts: (data: Int, parity: Int)) throws {
        let library = try #require(ISAL.installed)
        let code = try ReedSolomon(data: counts.data, parity: counts.parity, implementation: implementation)
        var generator = SeededGenerator(seed: TestEnvironment.seed(60))
        for length in Array(stride(from: 0, through: 200, by: 13)) + [255, 256, 257, 1_000, 4_097] {
            let stripe = try Stripe(code, length: length, &generator)
            let parity = library.product(
                code.matrix.elements,
                rows: code.parityCount,
                columns: code.dataCount,
                sources: Array(stripe.bytes.prefix(code.dataCount * length)),
                length: length
            )
            let isSame = Array(stripe.bytes.suffix(code.parityCount * length)) == parity
            #expect(isSame, "length \(length), seed \(generator.seed)")
        }
    }

    @Test("what ISA-L rebuilds with its own inverse is what we rebuild", arguments: ProductTests.implementations)
    func inverse(implementation: ReedSolomon.Implementation) throws {
        let library = try #require(ISAL.installed)
        let code = try ReedSolomon(implementation: implementation)
        var generator = SeededGenerator(seed: TestEnvironment.seed(61))
        let length = 333
        for lost in combinations(3, below: 8) {
            let stripe = try Stripe(code, length: length, &generator)
            let sources = try code.reconstruction(lost: lost).sources
            // The rows of the generator matrix that are left, all inverted: the rows of the result that were lost.
            var square = [UInt8](repeating: 0, count: 64)
            for (row, shard) in sources.enumerated() {
                for column in 0..<8 {
                    square[row * 8 + column] = shard < 8 ? (shard == column ? 1 : 0) : code.matrix[shard - 8, column]
                }
            }
            let inverse = try #require(library.inverse(square, size: 8))
            let rebuilt = library.product(
                lost.flatMap { inverse[$0 * 8..<$0 * 8 + 8] },
                rows: 3,
                columns: 8,
                sources: sources.flatMap { stripe[$0] },
                length: length
            )
            #expect(rebuilt == lost.flatMap { stripe[$0] }, "lost \(lost), seed \(generator.seed)")
            #expect(try stripe.comesBack(after: lost), "lost \(lost), seed \(generator.seed)")
        }
    }
}
