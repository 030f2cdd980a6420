/// The matrix that makes parity from data: a Cauchy matrix under a row of ones.
///
/// Row 0 is all ones. Row i > 0 has cᵢ / (xᵢ + yⱼ) in column j (Blömer, Kalfane, Karp, Karpinski, Luby and Zuckerman,
/// "An XOR-based erasure-resilient coding scheme", ICSI TR-95-048, 1995), with all xᵢ and yⱼ different and cᵢ such that
/// column 0 is all ones too. The row of ones is that of a point xᵢ at infinity, so that the determinant of a square
/// submatrix is still a product of differences of points, over sums xᵢ + yⱼ, times the scales: never zero (Roth and
/// Seroussi, "On generator matrices of MDS codes", IEEE Transactions on Information Theory 31(6), 1985). Therefore any
/// k of the k + m rows of the identity over this matrix can be solved for the data. A Vandermonde matrix under the
/// identity has no such guarantee (Plank and Ding, "Note: correction to the 1997 tutorial on Reed–Solomon coding",
/// Software: Practice and Experience 35(2), 2005).
///
/// The elements are part of the format of what is stored: the order of the points must never change.
enum CauchyMatrix {
    /// The matrix of `parity` rows and `data` columns; both at least 1, together at most 256.
    static func make(data: Int, parity: Int) -> FieldMatrix {
        var matrix = FieldMatrix(rows: parity, columns: data)
        for column in 0..<data {
            matrix[0, column] = 1
            for row in 1..<max(1, parity) {
                let x = points[256 - row]
                matrix[row, column] = GaloisField.quotient(x ^ points[0], x ^ points[column])
            }
        }
        return matrix
    }

    /// The field in the order in which its elements are taken: the yⱼ from the front, the xᵢ from the back.
    ///
    /// A sum of bit planes costs an addition for each bit of a factor and a doubling of the sum for each place, so that
    /// among the many choices some are cheaper (Plank and Xu, "Optimizing Cauchy Reed–Solomon codes for fault-tolerant
    /// network storage applications", NCA 2006). With x₁ = 0, x₂ = 1/14 and these eight yⱼ, the rows 1 and 2 of 8 + 3
    /// are 1 16 4 8 9 7 21 28 and 1 8 6 20 17 5 9 10: 29 bits in five places, the least that a search over all x₂ and
    /// all sets of yⱼ found. Other points follow in their order.
    private static let points: [UInt8] = {
        let front: [UInt8] = [1, 16, 4, 8, 9, 7, 21, 28].map { GaloisField.quotient(1, $0) }
        let back: [UInt8] = [GaloisField.quotient(1, 14), 0]
        return front + (0...255).filter { !front.contains($0) && !back.contains($0) } + back
    }()
}
