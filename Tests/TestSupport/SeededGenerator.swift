/// A random generator whose whole course follows from its seed, so that a failed test can be run again.
///
/// SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014).
package struct SeededGenerator: RandomNumberGenerator, Sendable {
    /// What to print when a test fails.
    package let seed: UInt64
    private var state: UInt64

    /// Starts the course of `seed`.
    package init(seed: UInt64) {
        self.seed = seed
        state = seed
    }

    /// The next 64 bits.
    package mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// `count` random bytes.
    package mutating func bytes(_ count: Int) -> [UInt8] {
        let words = (0..<(count + 7) / 8).map { _ in next().littleEndian }
        // A copy of the words' bytes, made at once, for debug builds draw megabytes.
        return unsafe words.withUnsafeBytes { unsafe Array($0.prefix(count)) }
    }
}
