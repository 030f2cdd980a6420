import Testing
import VitrineSync

@Suite("Waiting without holding a thread")
struct BlockingPoolTests {
    private struct Refused: Error {}

    @Test("a job's value and its error come back to whoever asked")
    func returnsAndThrows() async throws {
        let pool = try BlockingPool(name: "test", threadCount: 2)
        #expect(try await pool.run { 6 * 7 } == 42)
        await #expect(throws: Refused.self) { try await pool.run { throw Refused() } }
        await pool.close()
        await #expect(throws: BlockingPoolClosed.self) { try await pool.run { 1 } }
        await pool.close()
    }

    @Test("many jobs each run once, and no more at a time than there are threads")
    func runsEachOnce() async throws {
        let pool = try BlockingPool(name: "test", threadCount: 3)
        let counts = Counts()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<500 { group.addTask { try await pool.run { counts.visit() } } }
            try await group.waitForAll()
        }
        #expect(counts.total == 500)
        #expect((1...3).contains(counts.most))
        await pool.close()
    }

    @Test("closing waits for the jobs that were taken")
    func closeWaits() async throws {
        let pool = try BlockingPool(name: "test", threadCount: 1)
        let started = Semaphore()
        let go = Semaphore()
        let counts = Counts()
        let first = Task {
            try await pool.run {
                started.signal()
                go.wait()
                counts.visit()
            }
        }
        try await BlockingPool(name: "waiter", threadCount: 1).run { started.wait() }
        async let closed: Void = pool.close()
        go.signal()
        await closed
        #expect(counts.total == 1)
        try await first.value
    }

    @Test("permits go to those who wait, in order, and a cancelled one leaves the queue")
    func handsOnPermits() async throws {
        let permits = AsyncPermits(count: 1)
        try await permits.acquire()
        let cancelled = Task { try await permits.acquire() }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        let waiting = Task { try await permits.acquire() }
        permits.release()
        try await waiting.value
        permits.release()
        try await permits.acquire()
        permits.release()
    }

    @Test("no more tasks hold a permit than there are")
    func limitsHolders() async throws {
        let permits = AsyncPermits(count: 4)
        let counts = Counts()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask {
                    try await permits.acquire()
                    counts.enter()
                    await Task.yield()
                    counts.leave()
                    permits.release()
                }
            }
            try await group.waitForAll()
        }
        #expect(counts.total == 200)
        #expect((1...4).contains(counts.most))
    }
}

private final class Counts: Sendable {
    private let state: Locked<(inside: Int, most: Int, total: Int)> = Locked((0, 0, 0))

    func enter() {
        state.withLock { state in
            state.inside += 1
            state.total += 1
            state.most = max(state.most, state.inside)
        }
    }

    func leave() {
        state.withLock { $0.inside -= 1 }
    }

    func visit() {
        enter()
        leave()
    }

    var total: Int { state.withLock { $0.total } }
    var most: Int { state.withLock { $0.most } }
}
