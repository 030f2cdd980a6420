/// The changes of a catalog's tables in the order in which they were made, from some moment on, without an end.
///
/// A stream has nothing of its own but how far it has read: it reads the journal, one transaction each time it is asked
/// for the next, and suspends while there is none. So a slow reader holds up nobody and fills no buffer, any number of
/// streams may read at once, and one that stops for longer than `CatalogConfiguration.changeRetention` finds what it
/// needs gone. Each change is in a stream once. What a stream hands out is as safe as its writer asked: a change that was
/// written `.buffered` may be taken back by a loss of power, and its number be used again.
///
/// The changes of a table that was dropped are not shown any more.
public struct ChangeStream: AsyncSequence, Sendable {
    private let engine: Engine
    /// The number after which the stream begins.
    public let start: UInt64

    init(_ engine: Engine, after start: UInt64) {
        self.engine = engine
        self.start = start
    }

    /// A reader that begins at the stream's start.
    public func makeAsyncIterator() -> Iterator {
        Iterator(ChangeReader(engine, after: start))
    }

    /// Reads a stream, one transaction after the other.
    public struct Iterator: AsyncIteratorProtocol {
        private var reader: ChangeReader

        init(_ reader: ChangeReader) {
            self.reader = reader
        }

        /// The next transaction with a change to show; suspends until there is one.
        ///
        /// - Throws: `CancellationError` when the task is cancelled, and `CatalogError` with `changesTrimmed`,
        ///   `isClosed`, or `isCorrupt`. After `changesTrimmed` it throws the same again.
        public mutating func next() async throws -> ChangeSet? {
            while true {
                try Task.checkCancellation()
                switch try reader.step() {
                case .found(let set): return set
                // A long run of changes that are not shown: others get their turn.
                case .passed: await Task.yield()
                case .end: await reader.waitForMore()
                }
            }
        }
    }
}

extension Catalog {
    /// The changes behind the one with number `sequence`, or from now on.
    ///
    /// Pass `ChangeSet.lastSequence` of the last one that was dealt with to go on where one stopped, also in another
    /// process's life; 0 begins with the catalog's first change.
    ///
    /// - Throws: `CatalogError` with `isClosed`, with `invalidArgument` when there is no such number yet, or with
    ///   `changesTrimmed`, naming the oldest available, when some of the changes are gone.
    public func changes(after sequence: UInt64? = nil) throws -> ChangeStream {
        try engine.checkOpen()
        let newest = engine.index.visible
        let start = sequence ?? newest
        guard start <= newest else {
            throw CatalogError(
                .invalidArgument,
                "changes after \(start) were asked for, and the newest has number \(newest)"
            )
        }
        let oldest = try engine.oldestChange()
        guard start + 1 >= oldest else { throw CatalogError.changesTrimmed(after: start, oldest: oldest) }
        return ChangeStream(engine, after: start)
    }

    /// The number of the oldest change that a stream can still begin with.
    ///
    /// - Throws: `CatalogError` with `isClosed`.
    public func oldestChange() throws -> UInt64 {
        try engine.checkOpen()
        return try engine.oldestChange()
    }
}
