/// The sum of a value's 8-byte words: how every contender reads all of a value's bytes, and what its driver checks.
@inlinable
public func sumOfWords(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    // Eight at a time, so that it costs little beside the reading that is measured.
    var sums = SIMD8<UInt64>()
    var offset = 0
    while offset &+ 64 <= bytes.count {
        sums &+= bytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<UInt64>.self)
        offset &+= 64
    }
    var sum = sums.wrappedSum()
    while offset &+ 8 <= bytes.count {
        sum &+= bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        offset &+= 8
    }
    return sum
}

/// What a range of items gave.
public struct RangeSum: Sendable {
    /// How many items there were.
    public var count = 0
    /// The sum of all their values' words.
    public var sum: UInt64 = 0

    /// Nothing yet.
    public init() {}

    /// Adds an item.
    @inlinable
    public mutating func add(_ value: UnsafeRawBufferPointer) {
        count += 1
        sum &+= sumOfWords(value)
    }
}

/// What a peer said went wrong.
public struct PeerError: Error, CustomStringConvertible {
    /// The peer's words.
    public let description: String

    /// Takes the peer's words.
    public init(_ description: String) { self.description = description }
}
