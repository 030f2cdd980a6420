/// How lost shards follow from those that are left: made once for a set of lost shards, good for every stripe that lost
/// them.
package struct Reconstruction: Sendable {
    /// The shards that are read, ascending: as many as there are data shards, or none when nothing is rebuilt.
    package let sources: [Int]
    /// The shards that are written, ascending.
    package let targets: [Int]
    private let shardCount: Int
    private let product: MatrixProduct

    init(of code: ReedSolomon, lost: [Int], rebuilding rebuilt: [Int]) throws(ReedSolomonError) {
        let lost = Set(lost)
        let targets = Set(rebuilt).sorted()
        if let stranger = lost.union(targets).sorted().first(where: { !(0..<code.shardCount).contains($0) }) {
            throw .invalidShard(stranger, shardCount: code.shardCount)
        }
        guard lost.count <= code.parityCount else { throw .tooManyLost(lost.sorted(), parity: code.parityCount) }
        if let intact = targets.first(where: { !lost.contains($0) }) { throw .notLost(intact) }

        self.targets = targets
        shardCount = code.shardCount
        let survivors = Survivors(of: code, lost: lost)
        sources = targets.isEmpty ? [] : survivors.shards
        var matrix = FieldMatrix(rows: targets.count, columns: sources.count)
        for (row, target) in targets.enumerated() {
            for (column, factor) in survivors.factors(of: target).enumerated() { matrix[row, column] = factor }
        }
        product = MatrixProduct(matrix, by: code.implementation)
    }

    /// Rebuilds the targets of a stripe in their places.
    ///
    /// - Throws: `unequalLengths` unless the bytes divide into the code's shards.
    package func apply(to stripe: inout MutableSpan<UInt8>) throws(ReedSolomonError) {
        let length = stripe.count / shardCount
        guard stripe.count == length * shardCount else { throw .unequalLengths }
        unsafe stripe.withUnsafeMutableBufferPointer { stripe in
            // Sources and targets are different shards, each of which lies wholly in the stripe.
            unsafe product.apply(
                to: sources.map {
                    unsafe stripe.baseAddress.map { unsafe UnsafePointer($0) }?.advanced(by: $0 * length)
                },
                writing: targets.map { unsafe stripe.baseAddress?.advanced(by: $0 * length) },
                count: length
            )
        }
    }

    /// Rebuilds shards, or the same range of each, that each lie in a buffer of their own: those of `sources` and
    /// `targets`, in this order.
    ///
    /// No written buffer may overlap another buffer; nothing needs to be aligned.
    ///
    /// - Throws: `invalidBufferCount` unless there is a buffer for each, `unequalLengths` unless all are of one length.
    @unsafe package func apply(
        to surviving: [UnsafeRawBufferPointer],
        writing rebuilt: [UnsafeMutableRawBufferPointer]
    ) throws(ReedSolomonError) {
        try unsafe product.apply(to: surviving, writing: rebuilt)
    }
}

/// The shards that all others are computed from when some are lost: the data that is left, and for each data shard that
/// is not the first parity shards that are.
private struct Survivors {
    let shards: [Int]
    private let code: ReedSolomon
    private let lostData: [Int]
    /// The lost data in terms of `shards`, a row for each.
    private let solution: FieldMatrix

    /// At most as many are lost as there are parity shards.
    ///
    /// With d for the data that is left, e for that which is lost and p for the parity that stands in for it,
    /// p = A d + B e, therefore e = B⁻¹ p + B⁻¹ A d (signs do not matter). B is as large as the loss, where inverting
    /// the whole of what is left would take a matrix as large as the code.
    init(of code: ReedSolomon, lost: Set<Int>) {
        self.code = code
        let keptData = (0..<code.dataCount).filter { !lost.contains($0) }
        lostData = (0..<code.dataCount).filter { lost.contains($0) }
        let parity = (0..<code.parityCount).filter { !lost.contains(code.dataCount + $0) }.prefix(lostData.count)
        shards = keptData + parity.map { code.dataCount + $0 }

        var square = FieldMatrix(rows: lostData.count, columns: lostData.count)
        for (row, parityRow) in parity.enumerated() {
            for (column, shard) in lostData.enumerated() { square[row, column] = code.matrix[parityRow, shard] }
        }
        guard let inverse = square.inverse() else {
            preconditionFailure("a square submatrix of a Cauchy matrix has an inverse")
        }
        var solution = FieldMatrix(rows: lostData.count, columns: shards.count)
        for row in lostData.indices {
            for (index, parityRow) in parity.enumerated() {
                let factor = inverse[row, index]
                solution[row, keptData.count + index] = factor
                for (column, shard) in keptData.enumerated() {
                    solution[row, column] ^= GaloisField.product(factor, code.matrix[parityRow, shard])
                }
            }
        }
        self.solution = solution
    }

    /// What a lost shard is the sum of: a factor for each of `shards`.
    func factors(of target: Int) -> [UInt8] {
        if let row = lostData.firstIndex(of: target) { return shards.indices.map { solution[row, $0] } }
        // Lost parity: a sum of data, of which some is a sum itself.
        let parityRow = target - code.dataCount
        return shards.indices.map { column in
            var factor = shards[column] < code.dataCount ? code.matrix[parityRow, shards[column]] : 0
            for (row, shard) in lostData.enumerated() {
                factor ^= GaloisField.product(code.matrix[parityRow, shard], solution[row, column])
            }
            return factor
        }
    }
}
