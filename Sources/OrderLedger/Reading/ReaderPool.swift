internal import VitrineSync

/// Connections that only read: opened when first needed, at most so many, lent to whoever came first.
///
/// A read that finds none free blocks its thread until one is given back. Those who hold one are in the middle of a
/// statement and wait for nothing else, so the wait is short, and as long as there are at least as many connections as
/// the machine has cores, tasks of the cooperative pool never meet it.
package final class ReaderPool: Sendable {
    private let path: String
    private let vfs: String?
    private let configuration: LedgerConfiguration
    private let state = Locked(State())

    init(path: String, vfs: String?, configuration: LedgerConfiguration) {
        self.path = path
        self.vfs = vfs
        self.configuration = configuration
    }

    /// Lends a connection to `body`.
    ///
    /// - Throws: what `body` throws; `isClosed`; what opening a connection said.
    package func read<Result>(_ body: (Connection) throws(LedgerError) -> Result) throws(LedgerError) -> Result {
        let connection = try borrow()
        defer { giveBack(connection) }
        return try body(connection)
    }

    /// Lends a connection to `body`, whose statements all see the same state of the database.
    ///
    /// - Throws: as `read` does.
    package func readSnapshot<Result>(
        _ body: (Connection) throws(LedgerError) -> Result
    ) throws(LedgerError) -> Result {
        try read { connection throws(LedgerError) in
            try connection.run(.beginRead)
            let outcome: Swift.Result<Result, LedgerError>
            do throws(LedgerError) {
                outcome = .success(try body(connection))
            } catch {
                outcome = .failure(error)
            }
            // A damaged database can end the transaction by itself.
            if connection.isInTransaction { try connection.run(.rollback) }
            return try outcome.get()
        }
    }

    /// Refuses new reads, waits until those under way are done, and closes all connections.
    func close() {
        let last = Semaphore()
        let mustWait = state.withLock { state in
            state.isClosed = true
            state.free = []
            if state.lent == 0 { return false }
            state.whenAllBack = last
            return true
        }
        if mustWait { last.wait() }
    }

    private func borrow() throws(LedgerError) -> Connection {
        let next = state.withLock { $0.borrow(max: configuration.readersMax) }
        switch next {
        case .closed: throw LedgerError(.isClosed, "\(path): the ledger was closed; open it anew")
        case .ready(let connection): return connection
        case .open: return try open()
        case .wait(let waiter):
            waiter.semaphore.wait()
            if let connection = waiter.connection.withLock({ $0.take() }) { return connection }
            return try open()  // A place was handed over without a connection in it.
        }
    }

    /// Opens a connection in the place that was already counted.
    private func open() throws(LedgerError) -> Connection {
        do throws(LedgerError) {
            return try Connection(
                path: path,
                role: .reader,
                vfs: vfs,
                cacheBytesMax: configuration.cacheBytesMax
            )
        } catch {
            giveBack(nil)
            throw error
        }
    }

    private func giveBack(_ connection: Connection?) {
        let wake = state.withLock { $0.giveBack(connection) }
        wake?.signal()
    }
}

private final class Waiter: Sendable {
    let semaphore = Semaphore()
    let connection = Locked<Connection?>(nil)
}

private enum Turn: Sendable {
    case closed
    case ready(Connection)
    case open
    case wait(Waiter)
}

private struct State {
    var free: [Connection] = []
    /// Connections that somebody has, or opens right now.
    var lent = 0
    /// Who waits, the first in line first.
    var waiting: [Waiter] = []
    var isClosed = false
    var whenAllBack: Semaphore?

    mutating func borrow(max: Int) -> Turn {
        if isClosed { return .closed }
        if let connection = free.popLast() {
            lent += 1
            return .ready(connection)
        }
        if lent < max {
            lent += 1
            return .open
        }
        let waiter = Waiter()
        waiting.append(waiter)
        return .wait(waiter)
    }

    /// Takes a connection, or an empty place, back; returns whom to wake.
    mutating func giveBack(_ connection: Connection?) -> Semaphore? {
        if !waiting.isEmpty {
            let first = waiting.removeFirst()
            first.connection.withLock { $0 = connection }
            return first.semaphore
        }
        lent -= 1
        if isClosed { return lent == 0 ? whenAllBack : nil }
        if let connection { free.append(connection) }
        return nil
    }
}
