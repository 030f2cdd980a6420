/// Why a stripe cannot be encoded, checked or reconstructed.
package enum ReedSolomonError: Error, Equatable, CustomStringConvertible {
    /// There must be at least one data and one parity shard, and no more than 256 in all.
    case invalidShardCounts(data: Int, parity: Int)
    /// No shard has that number.
    case invalidShard(Int, shardCount: Int)
    /// A shard is to be rebuilt that is not among the lost.
    case notLost(Int)
    /// More shards are lost than there are parity shards.
    case tooManyLost([Int], parity: Int)
    /// So many buffers were handed in where so many are needed.
    case invalidBufferCount(Int, needed: Int)
    /// The bytes do not divide into shards of one length.
    case unequalLengths

    /// What is wrong and what would be right.
    package var description: String {
        switch self {
        case .invalidShardCounts(let data, let parity):
            "\(data) data and \(parity) parity shards: at least one of each is needed, and at most 256 in all"
        case .invalidShard(let shard, let count): "shard \(shard) is none of the \(count), which count from 0"
        case .notLost(let shard): "shard \(shard) is to be rebuilt and is not named as lost"
        case .tooManyLost(let lost, let parity):
            "\(lost.count) shards are lost (\(lost.map(String.init).joined(separator: ", "))), and \(parity) parity "
                + "shards make up for as many at the most"
        case .invalidBufferCount(let count, let needed): "\(count) buffers were given and \(needed) are needed"
        case .unequalLengths: "all shards of a stripe must have one length"
        }
    }
}
