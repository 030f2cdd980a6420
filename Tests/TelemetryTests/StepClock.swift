import VitrineSync

/// A clock whose one sleeper sleeps until the test wakes it, or its task is cancelled.
final class StepClock: Clock {
    struct Instant: InstantProtocol {
        let offset: Duration

        func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        func duration(to other: Instant) -> Duration { other.offset - offset }
        static func < (left: Instant, right: Instant) -> Bool { left.offset < right.offset }
    }

    private struct State {
        var sleeper: CheckedContinuation<Void, any Error>?
        var waiter: CheckedContinuation<Void, Never>?
        var isCancelled = false
    }

    private let state = Locked(State())

    var now: Instant { Instant(offset: .zero) }
    var minimumResolution: Duration { .nanoseconds(1) }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (isCancelled, waiter) = state.withLock { state in
                    if state.isCancelled { return (true, nil as CheckedContinuation<Void, Never>?) }
                    state.sleeper = continuation
                    defer { state.waiter = nil }
                    return (false, state.waiter)
                }
                if isCancelled { continuation.resume(throwing: CancellationError()) }
                waiter?.resume()
            }
        } onCancel: {
            let sleeper = state.withLock { state in
                state.isCancelled = true
                defer { state.sleeper = nil }
                return state.sleeper
            }
            sleeper?.resume(throwing: CancellationError())
        }
    }

    /// Returns once somebody sleeps.
    func waitForSleeper() async {
        await withCheckedContinuation { continuation in
            let isAsleep = state.withLock { state in
                if state.sleeper != nil { return true }
                state.waiter = continuation
                return false
            }
            if isAsleep { continuation.resume() }
        }
    }

    /// Ends the sleep.
    func wake() {
        let sleeper = state.withLock { state in
            defer { state.sleeper = nil }
            return state.sleeper
        }
        sleeper?.resume()
    }
}
