/// A Reed–Solomon erasure code: `data` shards and `parity` shards of equal length, any `data` of which give all back.
///
/// Byte i of a parity shard is a sum over GF(256) of bytes i of the data shards times the elements of a Cauchy matrix
/// (`CauchyMatrix`). Data shards stay as they are (the code is systematic), and shards count from 0, data first. A
/// stripe is all its shards one after the other, in one buffer; the functions that take buffers let each shard lie
/// where it likes.
///
/// A code finds nothing out by itself about which shards are wrong: that is for digests and checksums. What is known to
/// be lost or wrong is an erasure, and as many of these as there are parity shards can be made good.
package struct ReedSolomon: Sendable {
    /// How many shards hold data.
    package let dataCount: Int
    /// How many shards hold parity, and thus may be lost.
    package let parityCount: Int
    /// What computes the products.
    package let implementation: Implementation
    /// The elements that make parity from data, a row for each parity shard: part of the format.
    package let matrix: FieldMatrix
    private let encoding: MatrixProduct

    /// How many shards there are.
    package var shardCount: Int { dataCount + parityCount }

    /// A code of so many data and parity shards.
    ///
    /// Takes time in proportion to their product.
    ///
    /// - Throws: `invalidShardCounts` unless there is at least one of each and there are at most 256 in all.
    package init(
        data: Int = 8,
        parity: Int = 3,
        implementation: Implementation = .fastest
    ) throws(ReedSolomonError) {
        // Each is bounded before they are added up.
        guard 1...255 ~= data, 1...255 ~= parity, data + parity <= 256 else {
            throw .invalidShardCounts(data: data, parity: parity)
        }
        dataCount = data
        parityCount = parity
        self.implementation = implementation
        matrix = CauchyMatrix.make(data: data, parity: parity)
        encoding = MatrixProduct(matrix, by: implementation)
    }

    // MARK: Encoding

    /// Computes the parity shards of the data shards, each set one after the other.
    ///
    /// - Throws: `unequalLengths` unless `data` divides into `dataCount` shards of a length at which `parity` has room
    ///   for just `parityCount`.
    package func encode(_ data: Span<UInt8>, into parity: inout MutableSpan<UInt8>) throws(ReedSolomonError) {
        let length = data.count / dataCount
        guard data.count == length * dataCount, parity.count == length * parityCount else { throw .unequalLengths }
        unsafe data.withUnsafeBufferPointer { data in
            unsafe parity.withUnsafeMutableBufferPointer { parity in
                // A shard lies wholly in its buffer, as just checked, and `inout` keeps the two from overlapping.
                unsafe encoding.apply(
                    to: (0..<dataCount).map { unsafe data.baseAddress?.advanced(by: $0 * length) },
                    writing: (0..<parityCount).map { unsafe parity.baseAddress?.advanced(by: $0 * length) },
                    range: 0..<length
                )
            }
        }
    }

    /// Computes the parity shards of data shards that each lie in a buffer of their own.
    ///
    /// No parity buffer may overlap another buffer; nothing needs to be aligned.
    ///
    /// - Throws: `invalidBufferCount` unless there is a buffer for each shard, `unequalLengths` unless all are of one
    ///   length.
    @unsafe package func encode(
        _ data: [UnsafeRawBufferPointer],
        into parity: [UnsafeMutableRawBufferPointer]
    ) throws(ReedSolomonError) {
        try unsafe encoding.apply(to: data, writing: parity)
    }

    // MARK: Checking

    /// Whether the parity shards of a stripe are those of its data shards.
    ///
    /// Reads each shard once and stops at the first piece of 16 KiB that differs; keeps as much for each parity shard.
    ///
    /// - Throws: `unequalLengths` unless the bytes divide into `shardCount` shards.
    package func verify(_ stripe: Span<UInt8>) throws(ReedSolomonError) -> Bool {
        let length = stripe.count / shardCount
        guard stripe.count == length * shardCount else { throw .unequalLengths }
        let pieceLength = min(length, 16_384)
        var computed = [UInt8](repeating: 0, count: pieceLength * parityCount)
        for piece in stride(from: 0, to: length, by: max(1, pieceLength)) {
            let count = min(pieceLength, length - piece)
            // The piece ends within each shard, and there is room for as much of each parity shard.
            let isEqual = unsafe stripe.withUnsafeBufferPointer { stripe in
                unsafe computed.withUnsafeMutableBufferPointer { computed in
                    unsafe encoding.apply(
                        to: (0..<dataCount).map { unsafe stripe.baseAddress?.advanced(by: $0 * length + piece) },
                        writing: (0..<parityCount).map { unsafe computed.baseAddress?.advanced(by: $0 * pieceLength) },
                        range: 0..<count
                    )
                    return (0..<parityCount).allSatisfy { row in
                        let start = (dataCount + row) * length + piece
                        return unsafe stripe[start..<start + count].elementsEqual(
                            computed[row * pieceLength..<row * pieceLength + count]
                        )
                    }
                }
            }
            if !isEqual { return false }
        }
        return true
    }

    // MARK: Reconstructing

    /// Writes the lost shards of a stripe anew from those that are not lost.
    ///
    /// Who reconstructs many stripes that lost the same shards makes a `reconstruction(lost:)` once.
    ///
    /// - Parameter lost: The numbers of all shards whose bytes are missing or wrong, in any order.
    /// - Throws: What `reconstruction(lost:)` throws, and `unequalLengths` unless the bytes divide into `shardCount`
    ///   shards.
    package func reconstruct(_ stripe: inout MutableSpan<UInt8>, lost: [Int]) throws(ReedSolomonError) {
        try reconstruction(lost: lost).apply(to: &stripe)
    }

    /// Prepares to rebuild lost shards.
    ///
    /// - Parameters:
    ///   - lost: The numbers of all shards whose bytes are missing or wrong, in any order.
    ///   - rebuilt: Those of them that are wanted; all when `nil`.
    /// - Throws: `tooManyLost` when more are lost than there are parity shards, `invalidShard` when there is no shard
    ///   of a number, `notLost` when one is wanted that is not lost.
    package func reconstruction(
        lost: [Int],
        rebuilding rebuilt: [Int]? = nil
    ) throws(ReedSolomonError) -> Reconstruction {
        try Reconstruction(of: self, lost: lost, rebuilding: rebuilt ?? lost)
    }
}
