/// One side of a comparison: what runs, under which settings, and how its result is checked.
public struct Contender: Sendable {
    /// What people call it: "Vitrine", "zlib".
    public let name: String
    /// Its version, as it states it itself where it can.
    public let version: String
    /// The settings it runs under, by name, so that a reader can judge whether they are fair.
    public let settings: [String: String]
    /// CPU time in nanoseconds that was spent for the contender elsewhere, in a server's process for one: sampled
    /// before and after each turn and counted with the time of the working threads.
    public var cpuElsewhere: (@Sendable () throws -> Double)?
    /// The part of a round's operations that this contender does in a turn, where it is slow and all would take long.
    public var turnShare = 1.0
    let work: Work
    let check: @Sendable () throws -> Void

    /// How the work is called.
    enum Work: Sendable {
        /// `operations` of it on the calling thread; `thread` is 0, or 0 and 1 where two run.
        case threads(@Sendable (_ operations: Int, _ thread: Int) throws -> Void)
        /// The same for work that may wait: every part of it runs on the thread that is timed.
        case tasks(@Sendable (_ operations: Int, _ thread: Int) async throws -> Void)
        /// `operations` of it, by as many tasks as the work likes.
        case wall(@Sendable (_ operations: Int) async throws -> Void)
        /// Something else than time per operation: the figure itself, smaller being better.
        case figure(@Sendable () async throws -> Double)
    }

    private init(
        _ name: String,
        _ version: String,
        _ settings: [String: String],
        _ check: @escaping @Sendable () throws -> Void,
        _ work: Work
    ) {
        self.name = name
        self.version = version
        self.settings = settings
        self.check = check
        self.work = work
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
        self.init(name, version, settings, check, .threads(work))
    }

    /// A contender whose asynchronous work runs on the thread that is timed, on which a task of its own resumes too.
    public init(
        _ name: String,
        version: String,
        settings: [String: String] = [:],
        check: @escaping @Sendable () throws -> Void,
        task work: @escaping @Sendable (_ operations: Int, _ thread: Int) async throws -> Void
    ) {
        self.init(name, version, settings, check, .tasks(work))
    }

    /// A contender whose work waits (for a disk, for other tasks) and is judged by the clock on the wall.
    public init(
        _ name: String,
        version: String,
        settings: [String: String] = [:],
        check: @escaping @Sendable () throws -> Void,
        wall work: @escaping @Sendable (_ operations: Int) async throws -> Void
    ) {
        self.init(name, version, settings, check, .wall(work))
    }

    /// A contender that is judged by a figure which it takes itself, and checks while it does: bytes, a percentile.
    public init(
        _ name: String,
        version: String,
        settings: [String: String] = [:],
        figure: @escaping @Sendable () async throws -> Double
    ) {
        self.init(name, version, settings, {}, .figure(figure))
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

extension Contender {
    /// The same work, timed by itself on `threads` threads and by the clock on the wall, which sees them wait for each
    /// other: for a comparison of one thread with two.
    public func figure(_ name: String, threads: Int, _ operations: Int) -> Contender {
        Contender(
            name,
            version,
            settings,
            check,
            .figure {
                let nanoseconds =
                    switch work {
                    case .threads(let work):
                        try Timing.each(threads, operations, by: Timing.onTheWall, work: work)
                    case .tasks(let work):
                        try Timing.each(threads, operations, by: Timing.onTheWall) { share, index in
                            try ThreadExecutor.run { try await work(share, index) }
                        }
                    case .wall, .figure: throw WrongResult("\(name) has no work for threads")
                    }
                return nanoseconds / Double(operations)
            }
        )
    }
}
