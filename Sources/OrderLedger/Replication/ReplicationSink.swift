/// Receives the segments of a ledger: a replica, an archive, a socket, a host's own.
public protocol ReplicationSink: Sendable {
    /// Takes the segment of one commit group; called once for each, in order, never twice at once.
    ///
    /// Returning means that the sink has it, in the sense of ``ReplicationMode/received``. A sink that throws gets no
    /// more segments until it is attached anew.
    /// - Throws: anything; ``LedgerError`` with `fenced` when the sink knows of a newer epoch, which ends the ledger.
    func receive(_ segment: WALSegment) async throws

    /// Makes what was received safe from a loss of power; called in mode ``ReplicationMode/durable``, for all segments
    /// received so far at once. The default does nothing: for sinks whose `receive` sees to it.
    func flush() async throws
}

extension ReplicationSink {
    /// Nothing: what was received is safe already.
    public func flush() async throws {}
}

/// What the ledger waits for before it acknowledges a write, beside its own disk.
public struct ReplicationMode: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case async(LagPolicy)
        case received
        case durable
    }

    let kind: Kind

    /// Nothing.
    ///
    /// The sink may be behind by at most ``ReplicationConfiguration/lagBytesMax``; `policy` says what happens then.
    /// What it has taken is counted by batches of up to 64 segments.
    public static func async(_ policy: LagPolicy = .detach) -> ReplicationMode { ReplicationMode(kind: .async(policy)) }
    /// That the sink has the segment in memory, where it survives the death of this process, not a loss of power there.
    public static let received = ReplicationMode(kind: .received)
    /// That the sink has the segment on disk.
    public static let durable = ReplicationMode(kind: .durable)

    /// Whether the ledger waits for the sink.
    var isAcknowledged: Bool {
        if case .async = kind { false } else { true }
    }
}

/// What happens when a sink in mode ``ReplicationMode/async(_:)`` is as far behind as it may be.
@nonexhaustive
public enum LagPolicy: Sendable, Hashable {
    /// It is let go, with `lagExceeded`, and has to catch up from elsewhere; writes go on.
    case detach
    /// The next group waits until the sink has caught up: back-pressure on every writer.
    case delayWrites
}

/// How many sinks must have acknowledged a commit before its callers go on; the ledger's own disk always must.
public struct ReplicationQuorum: Sendable, Hashable {
    let count: Int?

    /// Every sink that is attached in mode `received` or `durable`, also one that has failed: then no write is
    /// acknowledged until it is attached anew, or ``ReplicationLink/detach()`` was called.
    public static let all = ReplicationQuorum(count: nil)

    /// So many of them, whichever; with fewer attached nothing is acknowledged.
    ///
    /// With the ledger's own disk, `atLeast(1)` beside two sinks is two of three copies.
    public static func atLeast(_ count: Int) -> ReplicationQuorum { ReplicationQuorum(count: count) }
}

/// How a ledger hands its commits on.
public struct ReplicationConfiguration: Sendable {
    /// How many sinks must have a commit before it is acknowledged.
    public var quorum: ReplicationQuorum = .all
    /// How long a caller waits for that before its write fails with `notReplicated`, from one millisecond to one hour.
    ///
    /// The write stays in the ledger, and may reach the copies later.
    public var acknowledgementTimeout: Duration = .seconds(10)
    /// Bytes of segments that a sink may be behind, at least 64 KiB; one that the ledger waits for is let go when it is
    /// further behind, with `lagExceeded`.
    public var lagBytesMax = 64 << 20
    /// Bytes of segments that are kept for copies that come back after a while, at least 0.
    public var backlogBytesMax = 16 << 20

    /// The default limits.
    public init() {}
}
