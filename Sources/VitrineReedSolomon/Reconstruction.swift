/// How lost shards follow from those that are left: made once for a set of lost shards, good for every stripe that lost
/// them.
package struct Reconstruction: Sendable {
    /// The shards that are read, ascending: as many as there are data shards, or none when nothing is rebuilt.
    package let sources: [Int]
    /// The shards that are written, ascending.
    package let targets: [Int]
    private let shardCount: Int
    private let product: MatrixProduct
    /// The last of two or more data shards as a sum of shards, once the others are there.
    ///
    /// Possible where the first parity shard is a source: a third of the multiplications less for three lost shards.
    private let sum: Sum?

    private struct Sum {
        let product: MatrixProduct
        /// Which sources, and which targets, are added; and the target that it is.
        let sources: [Int]
        let targets: [Int]
        let target: Int
    }

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
        let sum = Self.sum(of: code, lost: lost, sources: sources, targets: targets)
        self.sum = sum
        let multiplied = targets.indices.filter { $0 != sum?.target }
        var matrix = FieldMatrix(rows: multiplied.count, columns: sources.count)
        for (row, index) in multiplied.enumerated() {
            for (column, factor) in survivors.factors(of: targets[index]).enumerated() { matrix[row, column] = factor }
        }
        product = MatrixProduct(matrix, by: code.implementation)
    }

    /// The first parity shard is the sum of all data shards, for its row of the matrix is all ones.
    private static func sum(of code: ReedSolomon, lost: Set<Int>, sources: [Int], targets: [Int]) -> Sum? {
        let data = targets.indices.filter { targets[$0] < code.dataCount }
        let lostDataCount = lost.count { $0 < code.dataCount }
        guard data.count > 1, data.count == lostDataCount, sources.contains(code.dataCount), let last = data.last else {
            return nil
        }
        var ones = FieldMatrix(rows: 1, columns: code.dataCount)
        for column in 0..<code.dataCount { ones[0, column] = 1 }
        return Sum(
            product: MatrixProduct(ones, by: code.implementation),
            sources: sources.indices.filter { sources[$0] <= code.dataCount },
            targets: data.dropLast(),
            target: last
        )
    }

    /// Rebuilds the targets of a stripe in their places.
    ///
    /// - Throws: `unequalLengths` unless the bytes divide into the code's shards.
    package func apply(to stripe: inout MutableSpan<UInt8>) throws(ReedSolomonError) {
        let length = stripe.count / shardCount
        guard stripe.count == length * shardCount else { throw .unequalLengths }
        unsafe stripe.withUnsafeMutableBufferPointer { stripe in
            // Sources and targets are different shards, each of which lies wholly in the stripe.
            unsafe apply(
                to: sources.map { unsafe UnsafePointer(stripe.baseAddress?.advanced(by: $0 * length)) },
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
        let count = try unsafe commonLength(surviving, sources.count, rebuilt, targets.count)
        unsafe apply(
            to: surviving.map { unsafe $0.baseAddress?.assumingMemoryBound(to: UInt8.self) },
            writing: rebuilt.map { unsafe $0.baseAddress?.assumingMemoryBound(to: UInt8.self) },
            count: count
        )
    }

    @unsafe private func apply(
        to surviving: [UnsafePointer<UInt8>?],
        writing rebuilt: [UnsafeMutablePointer<UInt8>?],
        count: Int
    ) {
        guard let sum else {
            unsafe product.apply(to: surviving, writing: rebuilt, range: 0..<count)
            return
        }
        var multiplied = unsafe rebuilt
        let last = unsafe multiplied.remove(at: sum.target)
        let added =
            unsafe sum.sources.map { unsafe surviving[$0] } + sum.targets.map { unsafe UnsafePointer(rebuilt[$0]) }
        // In pieces, so that what is added is still in the first-level cache.
        for start in stride(from: 0, to: count, by: BitPlaneProgram.pieceLength) {
            let range = start..<min(count, start + BitPlaneProgram.pieceLength)
            unsafe product.apply(to: surviving, writing: multiplied, range: range)
            unsafe sum.product.apply(to: added, writing: [last], range: range)
        }
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
