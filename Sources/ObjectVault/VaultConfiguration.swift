public import Logging
public import Metrics
internal import VitrineIO
internal import VitrineSync

/// Every limit of a vault, its tiers, its keys, its clock and its chance.
public struct VaultConfiguration: Sendable {
    /// Where puts go.
    public var hot = TierConfiguration.hot
    /// For what is read now and then.
    public var warm = TierConfiguration.warm
    /// For what is hardly read.
    public var cold = TierConfiguration.cold
    /// Who wraps data keys; `nil` to encrypt nothing.
    ///
    /// A vault that has encrypted buckets needs the provider at every opening.
    public var keys: (any KeyProvider)?

    /// The largest object that a put takes, in bytes; 16 TiB by default.
    public var objectBytesMax: Int64 = 16 << 40
    /// The most bytes that one `read` returns, 1 GiB by default; `stream` has no such limit.
    public var readBytesMax = 1 << 30
    /// Objects up to so many bytes are one chunk, 256 KiB by default; at most `chunkSizes.max`.
    public var chunkThreshold: Int64 = 256 << 10
    /// How larger objects are cut; smaller chunks find more duplicates, larger ones need less metadata.
    public var chunkSizes = ChunkSizes()
    /// A pack of the hot tier is ended when it has so many bytes, 256 MiB by default; from 1 MiB to 1 TiB.
    public var packBytesMax: Int64 = 256 << 20
    /// How many puts of objects above `chunkThreshold` run at once, 32 by default; others wait their turn.
    ///
    /// Each holds some chunks in memory, 5 MiB at most.
    public var largePutsMax = 32
    /// Threads that make packs and work in the background, 2 by default.
    public var threadCount = 2
    /// Connections to the metadata for reading, 8 by default, from 1 to 64; a read beyond them waits its turn.
    public var readersMax = 8
    /// Bytes of metadata that each connection keeps in memory, 8 MiB by default.
    public var cacheBytesMax = 8 << 20
    /// How fast the figure of an object's accesses halves when none come, 30 days by default.
    public var accessHalfLife: Duration = .seconds(30 * 86_400)
    /// The time since 1970-01-01 00:00 UTC.
    ///
    /// Versions are ordered by their numbers alone: a clock that jumps makes a wrong date, and an object that moves
    /// between tiers too early or too late, and nothing worse.
    public var now: @Sendable () -> Duration = { WallClock.sinceEpoch() }
    /// So many random bytes, for keys and salts; by default the system's.
    public var random: @Sendable (Int) -> [UInt8] = { count in
        var generator = SystemRandomNumberGenerator()
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count + 8)
        // Eight at a time: each draw asks the system.
        while bytes.count < count { bytes.appendLittleEndian(generator.next()) }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
    /// Where to log openings, failed flushes and damage that was found; nowhere by default.
    public var logger: Logger?
    /// Who counts puts, reads and damage; by default whoever the process has made its metrics system.
    public var metrics: (any MetricsFactory)?

    /// The defaults.
    public init() {}

    /// What a tier is.
    public subscript(tier: Tier) -> TierConfiguration {
        get {
            switch tier {
            case .hot: hot
            case .warm: warm
            case .cold: cold
            }
        }
        set {
            switch tier {
            case .hot: hot = newValue
            case .warm: warm = newValue
            case .cold: cold = newValue
            }
        }
    }
}

extension VaultConfiguration {
    /// Refuses limits that cannot work.
    func check() throws(VaultError) {
        func require(_ holds: Bool, _ words: String) throws(VaultError) {
            if !holds { throw VaultError(.invalidArgument, "the vault's configuration is refused: \(words)") }
        }
        try require(
            (0...1 << 48).contains(objectBytesMax),
            "objectBytesMax is \(objectBytesMax), and must be from 0 to 2^48"
        )
        try require(readBytesMax >= 0, "readBytesMax is \(readBytesMax), and must not be negative")
        try require(chunkSizes.isValid, "chunkSizes is \(chunkSizes), see ChunkSizes for what can be")
        try require(
            (0...Int64(chunkSizes.max)).contains(chunkThreshold),
            "chunkThreshold is \(chunkThreshold), and must be from 0 to chunkSizes.max, \(chunkSizes.max)"
        )
        try require(
            (1 << 20...1 << 40).contains(packBytesMax),
            "packBytesMax is \(packBytesMax), and must be from 1 MiB to 1 TiB"
        )
        try require((1...65_536).contains(largePutsMax), "largePutsMax is \(largePutsMax), and must be 1 to 65536")
        try require((1...256).contains(threadCount), "threadCount is \(threadCount), and must be from 1 to 256")
        try require((1...64).contains(readersMax), "readersMax is \(readersMax), and must be from 1 to 64")
        try require(
            (1 << 16...1 << 32).contains(cacheBytesMax),
            "cacheBytesMax is \(cacheBytesMax), and must be from 64 KiB to 4 GiB"
        )
        try require(accessHalfLife > .zero, "accessHalfLife is \(accessHalfLife), and must be positive")
        for tier in Tier.allCases { try check(tier, require) }
    }

    private func check(
        _ tier: Tier,
        _ require: (Bool, String) throws(VaultError) -> Void
    ) throws(VaultError) {
        let wanted = self[tier]
        if let level = wanted.compression.level {
            let method = wanted.compression.method
            try require(
                method.levels.contains(level),
                "the \(tier) tier's level of \(method) is \(level), and must be from \(method.levels.lowerBound) to "
                    + "\(method.levels.upperBound)"
            )
        }
        switch wanted.redundancy {
        case .copies(let count): try require((1...4).contains(count), "\(count) copies, and 1 to 4 are possible")
        case .erasure(let data, let parity):
            try require(tier != .hot, "the hot tier is appended to, and cannot be erasure-coded")
            try require(
                data >= 2 && parity >= 1 && data + parity <= 255,
                "\(data) + \(parity) parts, and at least 2 + 1 and at most 255 together are possible"
            )
        }
        if wanted.store != nil {
            try require(tier != .hot, "the hot tier is appended to, which a TierStore cannot")
            try require(wanted.redundancy == .copies(1), "a TierStore keeps one copy, and sees to its own safety")
            return
        }
        try require(
            wanted.directories.count >= wanted.redundancy.shardCount
                && Set(wanted.directories).count == wanted.directories.count,
            "the \(tier) tier needs \(wanted.redundancy.shardCount) different directories, and has \(wanted.directories)"
        )
        try require(
            wanted.directories.allSatisfy { path in
                path.hasPrefix("/") || !path.isEmpty && !path.contains("/") && path != "." && path != ".."
            },
            "the \(tier) tier's directories are absolute paths or plain names, and not \(wanted.directories)"
        )
    }
}
