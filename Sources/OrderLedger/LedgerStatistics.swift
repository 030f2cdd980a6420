/// What a ledger has done since it was opened, and where it stands.
public struct LedgerStatistics: Sendable, Hashable {
    /// Commits, each with one flush; fewer than `writes` when callers shared them.
    public internal(set) var commits = 0
    /// Writes that were committed: orders, moves, products, deliveries.
    public internal(set) var writes = 0
    /// Orders that were placed, not counting repeated requests.
    public internal(set) var ordersPlaced = 0
    /// Times that SQLite told of a commit; equal to `commits`, or the ledger stops.
    public internal(set) var hookCalls = 0
    /// Frames of the write-ahead log that were committed.
    public internal(set) var frames = 0
    /// Times that the write-ahead log was copied into the database file.
    public internal(set) var checkpoints = 0
    /// Bytes of the write-ahead log that are in use.
    public internal(set) var walBytes = 0
    /// Bytes of the log's file as of the last checkpoint, in use or not.
    public internal(set) var walFileBytes = 0
    /// Reads that are under way.
    public internal(set) var readers = 0
    /// How long the oldest of them has kept its snapshot.
    public internal(set) var oldestReaderAge: Duration = .zero
    /// How far the ledger has come in its history; hand it on for reading your writes from a replica.
    public internal(set) var position = LedgerPosition(epoch: 0, transaction: 0)
    /// Sinks that are attached, and how far each is behind.
    public internal(set) var sinks: [ReplicationLag] = []
}
