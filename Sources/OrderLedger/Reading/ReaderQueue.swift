internal import VitrineSync

/// A connection that somebody has.
final class ReaderLease: Sendable {
    let connection: Connection
    /// When it was lent, in nanoseconds of the monotonic clock.
    let start: Int64
    private let transaction = Locked<ReadTransaction.Shared?>(nil)

    init(connection: Connection, start: Int64) {
        self.connection = connection
        self.start = start
    }

    /// Names the transaction that must end when the lease is too old.
    func watch(_ transaction: ReadTransaction) {
        let shared = transaction.shared
        self.transaction.withLock { $0 = shared }
    }

    /// Ends the transaction, unless a statement of it runs.
    func expire() {
        transaction.withLock { $0 }?.expire()
    }
}

/// What somebody who wants a connection gets.
enum ReaderTurn: Sendable {
    /// This one.
    case ready(Connection)
    /// A place for one that must be opened.
    case open
    /// A place in the queue.
    case waiting(ReaderWaiter)
    /// Nothing: the pool is closed.
    case closed
    /// Nothing: the task was cancelled while it waited.
    case cancelled
}

/// Somebody who stands in the queue.
final class ReaderWaiter: Sendable {
    /// How to wake somebody.
    enum Kind: Sendable {
        case thread(Semaphore)
        case task(CheckedContinuation<ReaderTurn, Never>)
    }

    let kind: Kind
    let ticket: UInt64
    /// What a thread finds when it wakes.
    let turn = Locked<ReaderTurn?>(nil)

    init(_ kind: Kind, ticket: UInt64) {
        self.kind = kind
        self.ticket = ticket
    }

    func wake(_ next: ReaderTurn) {
        switch kind {
        case .thread(let semaphore):
            turn.withLock { $0 = next }
            semaphore.signal()
        case .task(let continuation):
            continuation.resume(returning: next)
        }
    }
}

/// Who has a connection and who waits for one, first come first served.
struct ReaderQueue {
    var free: [Connection] = []
    /// Connections that somebody has, or opens right now.
    var lent = 0
    var leases: [ReaderLease] = []
    /// Who waits, the first in line first.
    private var waiting: [ReaderWaiter] = []
    private var lastTicket: UInt64 = 0
    /// Cancelled before they could start to wait.
    var cancelled: Set<UInt64> = []
    var isClosed = false
    var whenAllBack: Semaphore?

    /// How many wait.
    var waitingCount: Int { waiting.count }

    mutating func nextTicket() -> UInt64 {
        lastTicket += 1
        return lastTicket
    }

    mutating func borrow(max: Int, makeWaiter: () -> ReaderWaiter) -> ReaderTurn {
        if isClosed { return .closed }
        if let connection = free.popLast() {
            lent += 1
            return .ready(connection)
        }
        if lent < max {
            lent += 1
            return .open
        }
        let waiter = makeWaiter()
        waiting.append(waiter)
        return .waiting(waiter)
    }

    /// Takes a connection, or an empty place, back; returns what wakes the next.
    mutating func giveBack(_ connection: Connection?) -> (@Sendable () -> Void)? {
        if !waiting.isEmpty {
            let first = waiting.removeFirst()
            let turn: ReaderTurn = connection.map { .ready($0) } ?? .open
            return { first.wake(turn) }
        }
        lent -= 1
        if isClosed {
            guard lent == 0, let whenAllBack else { return nil }
            return { whenAllBack.signal() }
        }
        if let connection { free.append(connection) }
        return nil
    }

    /// Takes a task out of the queue, or notes that it must not enter it.
    mutating func cancel(_ ticket: UInt64) -> CheckedContinuation<ReaderTurn, Never>? {
        guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else {
            cancelled.insert(ticket)
            return nil
        }
        guard case .task(let continuation) = waiting.remove(at: index).kind else { return nil }
        return continuation
    }
}
