internal import VitrineSync

/// A wall clock that stands still until a test moves it.
package final class ManualClock: Sendable {
    private let time: Locked<Duration>

    /// Starts at `sinceEpoch`, by default some day in 2026.
    package init(sinceEpoch: Duration = .seconds(1_780_000_000)) {
        time = Locked(sinceEpoch)
    }

    /// The time since the Unix epoch; pass it where a store takes its clock.
    package var now: @Sendable () -> Duration {
        { [self] in time.withLock { $0 } }
    }

    /// Moves the time on, or back when `duration` is negative.
    package func advance(by duration: Duration) {
        time.withLock { $0 += duration }
    }
}
