internal import VitrineSync

/// Receives the segments of a ledger: a replica, an archive, a socket of the host's.
public protocol WALSink: Sendable {
    /// Takes the segment of one commit; called once for each, in order, never twice at once.
    ///
    /// It is called on the ledger's writer thread, after the commit is durable and before the callers whose orders are
    /// in it go on: a slow sink makes every order slow. Queue the segment where that matters. A sink that throws gets
    /// no more segments, for one with a gap is of no use; the ledger goes on without it.
    func receive(_ segment: WALSegment) throws
}

/// A sink that was subscribed.
public final class WALSubscription: Sendable {
    /// The first segment that the sink gets has this number plus one.
    public let after: UInt64
    let sink: any WALSink
    private let ending = Locked<Ending?>(nil)

    private enum Ending: Sendable {
        case cancelled
        case failed(any Error)
    }

    init(sink: any WALSink, after: UInt64) {
        self.sink = sink
        self.after = after
    }

    /// What the sink threw; since then it gets nothing.
    public var failure: (any Error)? {
        ending.withLock { if case .failed(let error) = $0 { error } else { nil } }
    }

    /// Sends the sink no further segment; one that is under way still arrives.
    public func cancel() {
        ending.withLock { $0 = $0 ?? .cancelled }
    }

    var isActive: Bool { ending.withLock { $0 == nil } }

    func deliver(_ segment: WALSegment) {
        guard isActive else { return }
        do {
            try sink.receive(segment)
        } catch {
            ending.withLock { $0 = .failed(error) }
        }
    }
}

/// A closure as a sink.
struct ClosureSink: WALSink {
    let body: @Sendable (WALSegment) throws -> Void

    func receive(_ segment: WALSegment) throws {
        try body(segment)
    }
}
