/// What `Vault.verify` found.
public struct VerifyReport: Sendable {
    /// Versions with bytes that were checked, those with problems included.
    public var objectCount = 0
    /// Bytes of the objects that are intact.
    public var byteCount: Int64 = 0
    /// The objects that are not as they were put, or cannot be read.
    public var problems: [VerifyProblem] = []
    /// Chunks of which a copy or a part is damaged while the rest still gives them back: `scrub` mends them.
    public var mendableChunkCount = 0

    /// Whether every object is as it was put, with all of its redundancy.
    public var isIntact: Bool { problems.isEmpty && mendableChunkCount == 0 }

    /// A report of nothing yet.
    public init() {}
}

/// An object whose bytes are not as they were put, or cannot be read.
public struct VerifyProblem: Sendable, CustomStringConvertible {
    /// The object's name.
    public var name: ObjectName
    /// Which version.
    public var number: VersionNumber
    /// SHA-256 of the object as it was put.
    public var id: ObjectID
    /// What is wrong and what can be done.
    public var error: VaultError

    /// The error, which names object, file and offset.
    public var description: String { "\(name) version \(number): \(error)" }
}

/// How far a verification or a scrub has got.
public struct VerifyProgress: Sendable {
    /// Packs that were read.
    public var packsDone: Int
    /// Packs that there were at the start.
    public var packsTotal: Int
    /// Bytes of packs that were read.
    public var bytesDone: Int64
}
