internal import VitrineSync

/// The segments that were made lately, who has got how far in them, and which groups still wait for whom.
final class ReplicationHub: Sendable {
    private let configuration: ReplicationConfiguration
    private let fence: Fence
    private let now: @Sendable () -> Duration
    private let state = Locked(HubState())

    init(configuration: ReplicationConfiguration, fence: Fence, now: @escaping @Sendable () -> Duration) {
        self.configuration = configuration
        self.now = now
        self.fence = fence
    }

    /// Opens a link that gets every segment after `version`; `nil` for those that are still to come.
    ///
    /// - Parameters:
    ///   - current: the version that the last segment led to.
    ///   - isHeld: whether the sink has `version`, and so all that groups up to it wait for. One that has yet to get there,
    ///     by a snapshot, or begins with what comes, confirms none of them before it acknowledges something.
    /// - Throws: `needsSnapshot` when the segments after `version` are not kept; `duplicateSink`.
    func attach(
        _ sink: any ReplicationSink,
        as name: String,
        mode: ReplicationMode,
        after version: LedgerVersion?,
        current: LedgerVersion,
        isHeld: Bool
    ) throws(LedgerError) -> ReplicationLink {
        let link = ReplicationLink(name: name, mode: mode, sink: sink, hub: self)
        try state.withLock { state throws(LedgerError) in
            guard let place = state.place(after: version, current: current) else {
                throw LedgerError(
                    .needsSnapshot,
                    "nothing that follows \(version?.description ?? "") is kept; \(name) needs a snapshot"
                )
            }
            if let old = state.links[name], old.ending == nil {
                throw LedgerError(.duplicateSink, "a sink is attached as \(name) already; detach it first")
            }
            let held = isHeld ? (version ?? current).position.transaction : 0
            state.links[name] = LinkState(link: link, place: place, acknowledged: held)
        }
        // Groups that wait may wait for just what it has: an acknowledgement was lost with its last connection.
        if isHeld { acknowledge(link, 0) }
        return link
    }

    /// Takes a segment, wakes the links, and drops what nobody may ask for any more.
    func append(_ segment: WALSegment) {
        let woken = state.withLock { state in
            state.append(segment)
            state.trim(configuration)
            return state.takeWaiting()
        }
        for continuation in woken { continuation.resume() }
    }

    /// Blocks the writer's thread while a sink that may delay writes is too far behind.
    func waitForRoom() {
        while true {
            let semaphore = state.withLock { state -> Semaphore? in
                guard !state.isClosed, state.mustDelay(configuration) else { return nil }
                let semaphore = Semaphore()
                state.delayed.append(semaphore)
                return semaphore
            }
            guard let semaphore else { return }
            semaphore.wait()
        }
    }

    /// Whether groups wait for anybody but the ledger's own disk.
    var isAcknowledging: Bool {
        configuration.quorum.count.map { $0 > 0 }
            ?? state.withLock { state in
                state.links.values.contains { $0.link.mode.isAcknowledged }
            }
    }

    /// Has `group` be told when the quorum has its transactions up to this one.
    func tell(_ transaction: UInt64, for group: CommittedGroup) {
        let deadline = now() + configuration.acknowledgementTimeout
        let isDone = state.withLock { state in
            if state.confirmed(configuration.quorum) >= transaction { return true }
            state.pending.append(PendingGroup(transaction: transaction, deadline: deadline, group: group))
            return false
        }
        if isDone { group.note(nil) }
    }

    /// Fails the groups that have waited for too long, and when the ledger is fenced all of them.
    func expire() {
        let refusal = fence.refusal
        let now = now()
        let late = state.withLock { state in
            let late = state.pending.filter { refusal != nil || $0.deadline <= now }
            state.pending.removeAll { refusal != nil || $0.deadline <= now }
            return late
        }
        for pending in late {
            let message = "transaction \(pending.transaction) is on this disk, and on too few copies in the time given"
            pending.group.note(refusal ?? LedgerError(.notReplicated, "\(message); repeat it with its key"))
        }
    }

    /// Ends all links; what still waits for them fails.
    func close() {
        let ended = state.withLock { state in
            state.isClosed = true
            let ended = (state.takeWaiting(), state.pending, state.delayed)
            state.pending = []
            state.delayed = []
            return ended
        }
        for continuation in ended.0 { continuation.resume() }
        for pending in ended.1 {
            pending.group.note(
                LedgerError(
                    .notReplicated,
                    "the ledger was closed before its copies had everything; repeat the request"
                )
            )
        }
        for semaphore in ended.2 { semaphore.signal() }
    }

    /// Segments after `version`, at most so many; `nil` when they are not kept.
    func backlog(after version: LedgerVersion, limit: Int) -> [WALSegment]? {
        state.withLock { $0.backlog(after: version, limit: limit) }
    }

    /// How far each sink is behind.
    var figures: [ReplicationLag] {
        state.withLock { state in
            state.links.values.map { link in
                ReplicationLag(
                    name: link.link.name,
                    mode: link.link.mode,
                    acknowledged: link.acknowledged,
                    bytes: state.lag(of: link),
                    isAttached: link.ending == nil
                )
            }.sorted { $0.name < $1.name }
        }
    }
}

// What links call
extension ReplicationHub {
    /// The next segments for a link, at most so many; suspends until there are some.
    ///
    /// `nil` when it has come to its end without a failure.
    func next(_ link: ReplicationLink, limit: Int) async throws -> [WALSegment]? {
        while true {
            let turn = state.withLock { $0.next(link, limit: limit) }
            switch turn {
            case .segments(let segments):
                return segments
            case .ended(let failure):
                if let failure { throw failure }
                return nil
            case .wait(let ticket):
                await suspend(link, ticket)
            }
        }
    }

    private func suspend(_ link: ReplicationLink, _ ticket: UInt64) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let goesOn = state.withLock { $0.wait(link, ticket, continuation) }
                if goesOn { continuation.resume() }
            }
        } onCancel: {
            let continuation = state.withLock { $0.end(link, nil) }
            continuation?.resume()
        }
    }

    /// Notes how far a link's sink has acknowledged.
    func acknowledge(_ link: ReplicationLink, _ transaction: UInt64) {
        let (done, delayed) = state.withLock { state in
            state.acknowledge(link, transaction)
            let confirmed = state.confirmed(configuration.quorum)
            let done = state.pending.prefix { $0.transaction <= confirmed }
            state.pending.removeFirst(done.count)
            let delayed = state.delayed
            state.delayed = []
            return (Array(done), delayed)
        }
        for pending in done { pending.group.note(nil) }
        for semaphore in delayed { semaphore.signal() }
    }

    /// Ends a link: with what its sink threw, or because it is not wanted any more.
    func end(_ link: ReplicationLink, _ failure: (any Error)?, forget: Bool = false) {
        if let error = failure as? LedgerError, error.code == .fenced { fence.raise(error) }
        let (continuation, delayed) = state.withLock { state in
            let continuation = state.end(link, failure)
            if forget, state.links[link.name]?.link === link { state.links[link.name] = nil }
            let delayed = state.delayed
            state.delayed = []
            return (continuation, delayed)
        }
        continuation?.resume()
        for semaphore in delayed { semaphore.signal() }
        if fence.refusal != nil { expire() }
        // Those who waited for this one alone need not any more.
        if forget { acknowledge(link, 0) }
    }

    func failure(of link: ReplicationLink) -> (any Error)? {
        state.withLock { state in
            guard let found = state.links[link.name], found.link === link else { return nil }
            return found.ending?.failure
        }
    }
}

/// How far a sink is behind the ledger that it is attached to.
public struct ReplicationLag: Sendable, Hashable {
    /// The name that the sink was attached under.
    public let name: String
    /// What the ledger waits for from it.
    public let mode: ReplicationMode
    /// The last transaction that the sink has acknowledged in that mode.
    public let acknowledged: UInt64
    /// Bytes of segments that it has not acknowledged.
    public let bytes: Int
    /// Whether it gets segments.
    public let isAttached: Bool
}
