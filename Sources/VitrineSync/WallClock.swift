internal import Glibc

/// Time of day, for what must outlive a restart (expiry dates, order dates).
///
/// Stores take the clock as a closure that returns the time since 1970-01-01 00:00 UTC, so that tests can turn
/// hours in microseconds. Wall time can jump either way; whoever stores it says what a jump does.
package enum WallClock {
    /// The system's time since the Unix epoch.
    package static func sinceEpoch() -> Duration {
        var time = timespec()
        // CLOCK_REALTIME with a valid pointer cannot fail (clock_gettime(2)).
        unsafe clock_gettime(CLOCK_REALTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}

extension Duration {
    /// Whole milliseconds, rounded down; saturates at the range of `Int64`.
    package var wholeMilliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        if overflow { return seconds < 0 ? .min : .max }
        let fraction = attoseconds / 1_000_000_000_000_000 - (attoseconds % 1_000_000_000_000_000 < 0 ? 1 : 0)
        let (sum, sumOverflow) = scaled.addingReportingOverflow(fraction)
        return sumOverflow ? (seconds < 0 ? .min : .max) : sum
    }
}
