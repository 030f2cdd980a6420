/// A sink that is attached to a ledger, see ``Ledger/attach(_:as:mode:after:)``.
///
/// It gets nothing until somebody runs ``run()``.
public final class ReplicationLink: Sendable {
    /// The name that it was attached under.
    public let name: String
    /// What the ledger waits for.
    public let mode: ReplicationMode
    let sink: any ReplicationSink
    private let hub: ReplicationHub

    init(name: String, mode: ReplicationMode, sink: any ReplicationSink, hub: ReplicationHub) {
        self.name = name
        self.mode = mode
        self.sink = sink
        self.hub = hub
    }

    /// Hands the sink its segments, until the task is cancelled, the ledger is closed or the link detached.
    ///
    /// Of what has gathered a batch is received one by one and, in mode `durable`, flushed at once.
    /// - Throws: what the sink threw; ``LedgerError`` with `lagExceeded`. The link is of no use then; the name is free.
    @concurrent
    public func run() async throws {
        do {
            while let batch = try await hub.next(self, limit: Self.batchMax) {
                for segment in batch {
                    try await sink.receive(segment)
                    if mode.kind != .durable { hub.acknowledge(self, segment.after.position.transaction) }
                }
                if mode.kind == .durable, let last = batch.last {
                    try await sink.flush()
                    hub.acknowledge(self, last.after.position.transaction)
                }
            }
        } catch {
            hub.end(self, error)
            throw error
        }
        hub.end(self, nil)
    }

    /// Why the sink gets nothing any more; `nil` while it does, and after `detach`.
    public var failure: (any Error)? { hub.failure(of: self) }

    /// Notes that the sink has got to `position`, from where its segments begin.
    func acknowledgeStart(_ position: LedgerPosition) {
        hub.acknowledge(self, position.transaction)
    }

    /// Ends the link as if its sink had thrown `error`.
    func fail(_ error: any Error) {
        hub.end(self, error)
    }

    /// Takes the sink away: it gets nothing more, and ``ReplicationQuorum/all`` does not wait for it.
    public func detach() {
        hub.end(self, nil, forget: true)
    }

    /// Segments that a sink gets before it is asked to flush: enough to share a flush, few enough to answer soon.
    private static let batchMax = 64
}
