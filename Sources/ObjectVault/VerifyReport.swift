/// What `Vault.verify` found.
public struct VerifyReport: Sendable {
    /// Objects that were checked, those with problems included.
    public var objectCount = 0
    /// Bytes of the objects that are intact.
    public var byteCount: Int64 = 0
    /// The objects that are not as they were put, or cannot be read.
    public var problems: [VerifyProblem] = []

    /// Whether every object is as it was put.
    public var isIntact: Bool { problems.isEmpty }

    /// A report of nothing yet.
    public init() {}
}

/// An object whose file is not as it was written, or cannot be read.
public struct VerifyProblem: Sendable, CustomStringConvertible {
    /// The object.
    public var id: ObjectID
    /// Its file.
    public var path: String
    /// Where in the file the damage was noticed: the start of the frame or part that fails its check; `nil` when the
    /// disk refused to read.
    public var offset: Int64?
    /// What is wrong and what can be done.
    public var error: VaultError

    /// Describes a problem.
    public init(id: ObjectID, path: String, offset: Int64?, error: VaultError) {
        self.id = id
        self.path = path
        self.offset = offset
        self.error = error
    }

    /// The error, which names object, file and offset.
    public var description: String { error.description }
}

/// How far `Vault.verify` has got.
public struct VerifyProgress: Sendable {
    /// Objects that were read.
    public var objectsDone: Int
    /// Objects that there were at the start.
    public var objectsTotal: Int
    /// Bytes of intact objects that were read.
    public var bytesDone: Int64

    /// Describes progress.
    public init(objectsDone: Int, objectsTotal: Int, bytesDone: Int64) {
        self.objectsDone = objectsDone
        self.objectsTotal = objectsTotal
        self.bytesDone = bytesDone
    }
}
