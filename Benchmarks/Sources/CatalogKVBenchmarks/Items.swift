import Harness
import Peers

/// A key of 24 bytes: a partition key of 16 (scattered, so that neighbours in number are no neighbours in the stores)
/// and a sort key of 8.
///
/// Item `n` is number `n % 200` of partition `n / 200`. Sort keys are even; an odd one is missing.
struct ItemKey: Sendable, BitwiseCopyable {
    static let length = 24
    static let partitionLength = 16
    /// How many items stand under one partition key.
    static let partitionItemCount = 200

    private let scatter: UInt64
    private let partition: UInt64
    private let sort: UInt64

    init(item: Int, isMissing: Bool = false) {
        let number = UInt64(item / Self.partitionItemCount)
        scatter = SplitMix.mix(number &+ 0x9E37_79B9_7F4A_7C15).bigEndian
        partition = number.bigEndian
        sort = (UInt64(item % Self.partitionItemCount) * 2 + (isMissing ? 1 : 0)).bigEndian
    }

    private init(scatter: UInt64, partition: UInt64, sort: UInt64) {
        self.scatter = scatter
        self.partition = partition
        self.sort = sort
    }

    /// Above all keys of the partition.
    var partitionEnd: ItemKey { ItemKey(scatter: scatter, partition: partition, sort: .max) }

    var partitionBytes: [UInt8] { withUnsafeBytes(of: self) { Array($0[..<Self.partitionLength]) } }
    var sortBytes: [UInt8] { withUnsafeBytes(of: self) { Array($0[Self.partitionLength...]) } }
}

/// Makes values that are checked by their sum: the words of item `n` always sum up to `Values.sum(n)`, whatever its
/// generation.
struct Values {
    /// `count` values, one after the other.
    private(set) var bytes: [UInt8]
    private let length: Int
    /// The sum of the words that never change.
    private let rest: UInt64

    /// Room for `count` values of `length` bytes, a multiple of eight.
    init(count: Int = 1, length: Int) {
        self.length = length
        bytes = [UInt8](repeating: 0, count: count * length)
        var generator = SplitMix(seed: 7)
        let words = (0..<length / 8).map { _ in generator.next() }
        rest = words[2..<words.count - 1].reduce(0, &+)
        bytes.withUnsafeMutableBytes { bytes in
            for value in 0..<count {
                for (index, word) in words.enumerated() {
                    bytes.storeBytes(of: word, toByteOffset: value * length + index * 8, as: UInt64.self)
                }
            }
        }
    }

    /// Makes the `index`-th of the values one of `item`.
    mutating func fill(_ index: Int = 0, item: Int, generation: UInt64) {
        let balance = Self.sum(item) &- UInt64(item) &- generation &- rest
        let (start, end) = (index * length, (index + 1) * length)
        bytes.withUnsafeMutableBytes { bytes in
            bytes.storeBytes(of: UInt64(item), toByteOffset: start, as: UInt64.self)
            bytes.storeBytes(of: generation, toByteOffset: start + 8, as: UInt64.self)
            bytes.storeBytes(of: balance, toByteOffset: end - 8, as: UInt64.self)
        }
    }

    /// What the words of any value of `item` sum up to.
    static func sum(_ item: Int) -> UInt64 { (UInt64(item) &+ 1) &* 0xD134_2543_DE82_EF95 }
}
