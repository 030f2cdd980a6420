/// One side of a comparison: what runs, under which settings, and how its result is checked.
public struct Contender: Sendable {
    /// What people call it: "Vitrine", "zlib".
    public let name: String
    /// Its version, as it states it itself where it can.
    public let version: String
    /// The settings it runs under, by name, so that a reader can judge whether they are fair.
    public let settings: [String: String]
    let work: Work
    let check: @Sendable () throws -> Void

    /// How the work is called.
    enum Work: Sendable {
        /// `operations` of it on the calling thread; `thread` is 0, or 0 and 1 where two run.
        case threads(@Sendable (_ operations: Int, _ thread: Int) throws -> Void)
        /// `operations` of it, by as many tasks as the work likes.
        case wall(@Sendable (_ operations: Int) async throws -> Void)
    }

    /// A contender that works on the thread it is called on.
    ///
    /// - Parameters:
    ///   - check: Throws unless what the work computed is right; called after the last round.
    ///   - work: Does `operations` operations.
    public init(
        _ name: String,
        version: String,
        settings: [String: String] = [:],
        check: @escaping @Sendable () throws -> Void,
        work: @escaping @Sendable (_ operations: Int, _ thread: Int) throws -> Void
    ) {
        self.name = name
        self.version = version
        self.settings = settings
        self.check = check
        self.work = .threads(work)
    }

    /// A contender whose work waits (for a disk, for other tasks) and is judged by the clock on the wall.
    public init(
        _ name: String,
        version: String,
        settings: [String: String] = [:],
        check: @escaping @Sendable () throws -> Void,
        wall work: @escaping @Sendable (_ operations: Int) async throws -> Void
    ) {
        self.name = name
        self.version = version
        self.settings = settings
        self.check = check
        self.work = .wall(work)
    }
}

/// What a contender computed is wrong: the figure beside it means nothing.
public struct WrongResult: Error, CustomStringConvertible {
    /// What was expected and what came.
    public let description: String

    /// Says what is wrong.
    public init(_ description: String) {
        self.description = description
    }
}
