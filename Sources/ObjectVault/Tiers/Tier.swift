/// How near at hand an object is kept.
public enum Tier: Int, Sendable, Hashable, CaseIterable, Comparable, CustomStringConvertible {
    /// As it is, for what is read often.
    case hot = 0
    /// Compressed, for what is read now and then.
    case warm = 1
    /// Compressed and erasure-coded over several directories, for what is hardly read.
    case cold = 2

    /// The tier's name.
    public var description: String {
        switch self {
        case .hot: "hot"
        case .warm: "warm"
        case .cold: "cold"
        }
    }

    /// Whether `left` is the hotter one.
    public static func < (left: Tier, right: Tier) -> Bool { left.rawValue < right.rawValue }
}

/// How a tier survives the loss of directories.
public enum Redundancy: Sendable, Hashable {
    /// Every pack in so many directories, 1 to 4.
    case copies(Int)
    /// Packs cut into `data` parts, with `parity` parts more (Reed-Solomon): any `data` of them give everything back.
    case erasure(data: Int, parity: Int)

    var dataShards: Int { if case .erasure(let data, _) = self { data } else { 1 } }
    var parityShards: Int {
        switch self {
        case .copies(let count): count - 1
        case .erasure(_, let parity): parity
        }
    }
    /// Directories that a pack is spread over.
    var shardCount: Int { dataShards + parityShards }
}

/// What a tier is.
public struct TierConfiguration: Sendable {
    /// Directories, which stand for disks: absolute paths, or paths within the vault's directory.
    ///
    /// At least as many as the redundancy spreads a pack over. Those that packs are in must stay; others may be added.
    public var directories: [String]
    /// How chunks are compressed when they come into the tier.
    public var compression: Compression
    /// How packs survive the loss of directories.
    public var redundancy: Redundancy
    /// A store of the host's that keeps the tier's packs in the place of directories; not for the hot tier.
    public var store: (any TierStore)?

    /// A tier of directories.
    public init(
        directories: [String],
        compression: Compression,
        redundancy: Redundancy,
        store: (any TierStore)? = nil
    ) {
        self.directories = directories
        self.compression = compression
        self.redundancy = redundancy
        self.store = store
    }

    /// Raw, in one directory.
    public static let hot = TierConfiguration(directories: ["hot"], compression: .none, redundancy: .copies(1))
    /// Compressed, in one directory.
    public static let warm = TierConfiguration(directories: ["warm"], compression: .fast, redundancy: .copies(1))
    /// Filtered, compressed and coded 8 + 3 over eleven directories.
    public static let cold = TierConfiguration(
        directories: (0..<11).map { "cold-\($0)" },
        compression: .small,
        redundancy: .erasure(data: 8, parity: 3)
    )
}

/// Where a host keeps the packs of a tier, such as a bucket of its own: whole files, written once, read by range.
///
/// Calls block, and may come from several threads at once, also from one that reads an object.
public protocol TierStore: Sendable {
    /// Keeps `bytes` under `name`, replacing what is there; safe from a crash when it returns.
    func write(_ bytes: [UInt8], name: String) throws
    /// At most `count` bytes of a file from `offset` on; fewer only at its end.
    func read(_ count: Int, at offset: Int64, name: String) throws -> [UInt8]
    /// Bytes of a file; `nil` when there is none.
    func size(name: String) throws -> Int64?
    /// Removes a file; one that is not there is no error.
    func remove(name: String) throws
    /// The names of all files.
    func list() throws -> [String]
}
