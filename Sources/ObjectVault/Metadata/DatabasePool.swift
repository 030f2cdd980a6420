internal import VitrineSQLite
internal import VitrineSync

/// Connections that read, opened when they are needed, at most so many; whoever finds none free waits.
final class DatabasePool: Sendable {
    /// A connection; whoever took it out of the pool is the only one to use it.
    private struct Lease: @unchecked Sendable {
        let database: Database
    }

    private struct State {
        var free: [Lease] = []
        var openCount = 0
        var waiting = 0
        var isClosed = false
    }

    private let countMax: Int
    private let open: @Sendable () throws(DatabaseError) -> Database
    private let state: Locked<State> = Locked(State())
    private let returned = Semaphore()

    init(countMax: Int, open: @escaping @Sendable () throws(DatabaseError) -> Database) {
        self.countMax = countMax
        self.open = open
    }

    /// Runs `body` with a connection.
    func use<Result>(_ body: (Database) throws -> Result) throws -> Result {
        let lease = try take()
        defer { giveBack(lease) }
        return try body(lease.database)
    }

    /// Closes the connections that are free, and the others when they come back.
    func close() {
        let free = state.withLock { state in
            state.isClosed = true
            defer { state.free = [] }
            return state.free
        }
        for lease in free { lease.database.close() }
    }

    private func take() throws(DatabaseError) -> Lease {
        while true {
            let (lease, mustOpen) = state.withLock { state -> (Lease?, Bool) in
                if let lease = state.free.popLast() { return (lease, false) }
                if state.openCount < countMax {
                    state.openCount += 1
                    return (nil, true)
                }
                state.waiting += 1
                return (nil, false)
            }
            if let lease { return lease }
            if mustOpen {
                do throws(DatabaseError) {
                    return Lease(database: try open())
                } catch {
                    signal { $0.openCount -= 1 }
                    throw error
                }
            }
            returned.wait()
        }
    }

    private func giveBack(_ lease: Lease) {
        let isClosed = state.withLock { $0.isClosed }
        if isClosed { lease.database.close() }
        signal { state in
            if isClosed { state.openCount -= 1 } else { state.free.append(lease) }
        }
    }

    private func signal(_ change: (inout State) -> Void) {
        let mustWake = state.withLock { state in
            change(&state)
            guard state.waiting > 0 else { return false }
            state.waiting -= 1
            return true
        }
        if mustWake { returned.signal() }
    }
}
