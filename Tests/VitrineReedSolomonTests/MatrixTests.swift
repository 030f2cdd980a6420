import Testing
import VitrineCReedSolomon
import VitrineReedSolomon
import VitrineTestSupport

@Suite("The field and the matrix")
struct MatrixTests {
    @Test("the product by logarithms is that by long multiplication, for all pairs, and division undoes it")
    func field() {
        for left in UInt8.min...UInt8.max {
            for right in UInt8.min...UInt8.max {
                let product = GaloisField.product(left, right)
                if product != longProduct(left, right) { Issue.record("\(left) times \(right) is not \(product)") }
                if right != 0, GaloisField.quotient(product, right) != left {
                    Issue.record("\(product) over \(right) is not \(left)")
                }
            }
        }
    }

    /// The elements are part of what is stored; they were computed by a program of its own in another language.
    @Test("the elements are those that stored parity was made with")
    func format() throws {
        let code = try ReedSolomon()
        #expect(code.dataCount == 8 && code.parityCount == 3 && code.shardCount == 11)
        #expect(
            code.matrix.elements == [
                1, 1, 1, 1, 1, 1, 1, 1,
                1, 16, 4, 8, 9, 7, 21, 28,
                1, 8, 6, 20, 17, 5, 9, 10,
            ]
        )
        let large = try ReedSolomon(data: 12, parity: 5).matrix.elements
        #expect(Array(large[36...]) == Self.laterRows)
    }

    private static let laterRows: [UInt8] = [
        1, 160, 178, 100, 209, 236, 119, 143, 29, 255, 189, 134,
        1, 230, 124, 18, 205, 202, 168, 26, 128, 226, 110, 200,
    ]

    @Test("every square submatrix has an inverse", arguments: [(8, 3), (4, 2), (10, 4), (5, 5)])
    func everySquareSubmatrix(data: Int, parity: Int) throws {
        let matrix = try ReedSolomon(data: data, parity: parity).matrix
        for size in 1...parity {
            for rows in combinations(size, below: parity) {
                for columns in combinations(size, below: data) {
                    if submatrix(matrix, rows, columns).inverse() == nil {
                        Issue.record("rows \(rows) and columns \(columns) are singular")
                    }
                }
            }
        }
    }

    @Test("random square submatrices of large codes have inverses", arguments: [(1, 255), (200, 56), (128, 128)])
    func someSquareSubmatrices(data: Int, parity: Int) throws {
        var generator = SeededGenerator(seed: TestEnvironment.seed(31))
        let matrix = try ReedSolomon(data: data, parity: parity).matrix
        for _ in 0..<100 {
            let size = Int.random(in: 1...min(data, parity, 10), using: &generator)
            let rows = (0..<parity).shuffled(using: &generator).prefix(size)
            let columns = (0..<data).shuffled(using: &generator).prefix(size)
            let isRegular = submatrix(matrix, Array(rows), Array(columns)).inverse() != nil
            #expect(isRegular, "rows \(rows), columns \(columns), seed \(generator.seed)")
        }
    }

    @Test("a matrix times its inverse is one, and a singular one has none")
    func inverse() {
        var generator = SeededGenerator(seed: TestEnvironment.seed(32))
        var singular = 0
        for _ in 0..<300 {
            let size = Int.random(in: 1...6, using: &generator)
            var matrix = FieldMatrix(rows: size, columns: size)
            // Elements from 0 to 3, so that many are singular.
            for row in 0..<size {
                for column in 0..<size { matrix[row, column] = UInt8.random(in: 0...3, using: &generator) }
            }
            guard let inverse = matrix.inverse() else {
                singular += 1
                #expect(determinant(matrix) == 0, "\(matrix), seed \(generator.seed)")
                continue
            }
            let product = longProduct(matrix, (0..<size).map { row in (0..<size).map { inverse[row, $0] } })
            let one = (0..<size).map { row in (0..<size).map { UInt8($0 == row ? 1 : 0) } }
            #expect(product == one, "\(matrix), seed \(generator.seed)")
        }
        #expect(singular > 0)
    }

    /// GF2P8AFFINEQB, as Intel's manual defines it: bit i of the result is the parity of the source and byte 7 - i of
    /// the matrix.
    ///
    /// So the factors are held to be right also where no processor has the instruction.
    @Test("a factor's matrix of bits multiplies as the instruction is defined")
    func affine() {
        for element in UInt8.min...UInt8.max {
            var factor = vitrine_rs_factor()
            var elements = element
            unsafe vitrine_rs_make_factors(&elements, 1, &factor)
            for source in UInt8.min...UInt8.max {
                var result: UInt8 = 0
                for bit in 0..<8 {
                    let row = UInt8(truncatingIfNeeded: factor.affine >> UInt64(8 * (7 - bit)))
                    result |= UInt8((row & source).nonzeroBitCount & 1) << UInt8(bit)
                }
                if result != longProduct(element, source) { Issue.record("\(element) times \(source) is \(result)") }
            }
        }
    }

    private func submatrix(_ matrix: FieldMatrix, _ rows: [Int], _ columns: [Int]) -> FieldMatrix {
        var part = FieldMatrix(rows: rows.count, columns: columns.count)
        for (row, from) in rows.enumerated() {
            for (column, fromColumn) in columns.enumerated() { part[row, column] = matrix[from, fromColumn] }
        }
        return part
    }

    /// By expansion along the first row.
    private func determinant(_ matrix: FieldMatrix) -> UInt8 {
        if matrix.rowCount == 0 { return 1 }
        let columns = Array(0..<matrix.columnCount)
        return columns.reduce(0) { sum, column in
            if matrix[0, column] == 0 { return sum }
            let minor = submatrix(matrix, Array(1..<matrix.rowCount), columns.filter { $0 != column })
            return sum ^ longProduct(matrix[0, column], determinant(minor))
        }
    }
}
