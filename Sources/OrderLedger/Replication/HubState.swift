internal import VitrineSync

/// What a `ReplicationHub` keeps under its lock.
struct HubState {
    private var segments: [KeptSegment] = []
    /// Segments that were dropped from the front; the first kept one has this number.
    private var dropped = 0
    /// Bytes of all segments that there ever were.
    private var bytesEnd = 0
    var links: [String: LinkState] = [:]
    /// In the order of their transactions.
    var pending: [PendingGroup] = []
    /// The writer's thread, when it waits for room.
    var delayed: [Semaphore] = []
    var isClosed = false
    private var lastTicket: UInt64 = 0

    private struct KeptSegment {
        let segment: WALSegment
        /// Bytes of all segments up to and with this one.
        let end: Int
    }

    /// What a link is to do next.
    enum Turn {
        case segments([WALSegment])
        case wait(UInt64)
        case ended((any Error)?)
    }

    private var end: Int { dropped + segments.count }

    mutating func append(_ segment: WALSegment) {
        bytesEnd += segment.encoded.count
        segments.append(KeptSegment(segment: segment, end: bytesEnd))
    }

    /// The number of the first segment after `version`.
    func place(after version: LedgerVersion?, current: LedgerVersion) -> Int? {
        guard let version, version != current else { return end }
        // The newest are asked for most.
        guard let index = segments.lastIndex(where: { $0.segment.before == version }) else { return nil }
        return dropped + index
    }

    func backlog(after version: LedgerVersion, limit: Int) -> [WALSegment]? {
        if segments.last?.segment.after == version { return [] }
        guard let index = segments.lastIndex(where: { $0.segment.before == version }) else { return nil }
        return segments[index...].prefix(limit).map(\.segment)
    }

    /// Bytes of segments that a link has not acknowledged.
    func lag(of link: LinkState) -> Int {
        link.delivered >= end ? 0 : bytesEnd - bytes(before: link.delivered)
    }

    private func bytes(before number: Int) -> Int {
        let index = number - dropped
        guard index < segments.count else { return bytesEnd }
        guard index > 0 else { return segments.first.map { $0.end - $0.segment.encoded.count } ?? bytesEnd }
        return segments[index - 1].end
    }

    /// Lets go of links that are too far behind, and drops segments beyond what is kept for those that come back.
    mutating func trim(_ configuration: ReplicationConfiguration) {
        var oldest = end
        for (name, link) in links where link.ending == nil {
            if link.policy != .delayWrites, lag(of: link) > configuration.lagBytesMax {
                let message = "\(name) is \(lag(of: link)) bytes behind; have it catch up and attach it anew"
                links[name]?.ending = LinkEnding(failure: LedgerError(.lagExceeded, message))
            } else {
                oldest = min(oldest, link.place)
            }
        }
        var count = 0
        while dropped + count < oldest, count < segments.count,
            bytesEnd - segments[count].end >= configuration.backlogBytesMax
        {
            count += 1
        }
        // In steps, because taking from the front moves the rest.
        guard count > 64 || count == segments.count else { return }
        segments.removeFirst(count)
        dropped += count
    }

    /// Whether the writer must wait for a sink.
    func mustDelay(_ configuration: ReplicationConfiguration) -> Bool {
        links.values.contains { link in
            link.ending == nil && link.policy == .delayWrites && lag(of: link) > configuration.lagBytesMax
        }
    }

    /// The last transaction that the quorum has.
    func confirmed(_ quorum: ReplicationQuorum) -> UInt64 {
        let acknowledged = links.values.filter { $0.link.mode.isAcknowledged }.map(\.acknowledged).sorted(by: >)
        guard let count = quorum.count else { return acknowledged.last ?? .max }
        if count == 0 { return .max }
        return acknowledged.count < count ? 0 : acknowledged[count - 1]
    }

    mutating func next(_ link: ReplicationLink, limit: Int) -> Turn {
        guard let found = links[link.name], found.link === link else { return .ended(nil) }
        if let ending = found.ending { return .ended(ending.failure) }
        let start = found.place - dropped
        let batch = segments[start...].prefix(limit)
        if !batch.isEmpty {
            links[link.name]?.place += batch.count
            return .segments(batch.map(\.segment))
        }
        if isClosed { return .ended(nil) }
        lastTicket += 1
        links[link.name]?.ticket = lastTicket
        return .wait(lastTicket)
    }

    /// Has a link wait, unless there is something for it already: then `true`.
    mutating func wait(_ link: ReplicationLink, _ ticket: UInt64, _ continuation: CheckedContinuation<Void, Never>)
        -> Bool
    {
        guard !isClosed, let found = links[link.name], found.link === link, found.ticket == ticket,
            found.ending == nil, found.place == end
        else {
            return true
        }
        links[link.name]?.waiting = continuation
        return false
    }

    mutating func takeWaiting() -> [CheckedContinuation<Void, Never>] {
        var woken: [CheckedContinuation<Void, Never>] = []
        for name in links.keys {
            if let continuation = links[name]?.waiting {
                woken.append(continuation)
                links[name]?.waiting = nil
            }
        }
        return woken
    }

    mutating func acknowledge(_ link: ReplicationLink, _ transaction: UInt64) {
        guard let found = links[link.name], found.link === link else { return }
        links[link.name]?.acknowledged = max(found.acknowledged, transaction)
        links[link.name]?.delivered = found.place
    }

    mutating func end(_ link: ReplicationLink, _ failure: (any Error)?) -> CheckedContinuation<Void, Never>? {
        guard let found = links[link.name], found.link === link else { return nil }
        if found.ending == nil { links[link.name]?.ending = LinkEnding(failure: failure) }
        links[link.name]?.waiting = nil
        return found.waiting
    }
}

/// Where a link stands.
struct LinkState {
    let link: ReplicationLink
    /// The number of the next segment that it gets.
    var place: Int
    /// The number of the first segment that its sink has not acknowledged.
    var delivered: Int
    /// The last transaction that its sink has acknowledged.
    var acknowledged: UInt64
    var ending: LinkEnding?
    var ticket: UInt64 = 0
    var waiting: CheckedContinuation<Void, Never>?

    init(link: ReplicationLink, place: Int, acknowledged: UInt64) {
        self.link = link
        self.place = place
        delivered = place
        self.acknowledged = acknowledged
    }

    var policy: LagPolicy? {
        if case .async(let policy) = link.mode.kind { policy } else { nil }
    }
}

/// Why a link gets nothing any more.
struct LinkEnding {
    let failure: (any Error)?
}

/// A group that waits for its quorum.
struct PendingGroup {
    let transaction: UInt64
    let deadline: Duration
    let group: CommittedGroup
}
