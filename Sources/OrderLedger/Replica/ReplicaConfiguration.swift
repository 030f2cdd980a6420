/// The limits of a replica, and where it catches up from.
public struct ReplicaConfiguration: Sendable {
    /// Readers, caches, the log's size, the clock: as for the ledger that the replica may become.
    public var ledger = LedgerConfiguration()
    /// Where the replica gets what it is missing, the first that has it: an archive, the primary.
    public var sources: [any CatchUpSource] = []
    /// Whether a copy that has parted from its ledger's history, or stands too far back for any source, is given up for
    /// a snapshot by itself; else the replica throws `diverged` or `needsSnapshot`, and waits for you to look at it.
    public var replacesCopy = true

    /// The default limits.
    public init() {}
}

/// Where a copy can get what it is missing.
public protocol CatchUpSource: Sendable {
    /// Segments that follow `version`, in order and without a gap, as many as come conveniently at once; empty when
    /// there are no later ones, `nil` when that version is not in the source's history, or too far back in it.
    func segments(after version: LedgerVersion) async throws -> [WALSegment]?

    /// Writes a whole copy to a file that is not there yet, flushed; returns its version.
    func snapshot(to path: String) async throws -> LedgerVersion
}

extension Ledger: CatchUpSource {
    /// Segments of this opening that follow `version`, as far back as ``ReplicationConfiguration/backlogBytesMax``
    /// goes.
    public func segments(after version: LedgerVersion) async throws -> [WALSegment]? {
        if let kept = backlog(after: version, limit: 256) { return kept }
        return try await self.version() == version ? [] : nil
    }
}
