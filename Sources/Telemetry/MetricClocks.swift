internal import VitrineSync

/// The two clocks of metrics.
package struct MetricClocks: Sendable {
    /// The time since 1970-01-01 00:00 UTC, for what others read; somebody may set it.
    let sinceEpoch: @Sendable () -> Duration
    /// A time that only goes forward, for how long something has rested.
    let uptime: @Sendable () -> Duration

    /// The machine's clocks.
    static let system = MetricClocks(sinceEpoch: WallClock.sinceEpoch, uptime: Uptime.sinceBoot)

    /// Clocks that are handed in.
    package init(sinceEpoch: @escaping @Sendable () -> Duration, uptime: @escaping @Sendable () -> Duration) {
        self.sinceEpoch = sinceEpoch
        self.uptime = uptime
    }

    /// Now, by both.
    var moment: Moment {
        Moment(sinceEpoch: sinceEpoch().wholeNanoseconds, uptime: uptime().wholeNanoseconds)
    }
}

/// A moment by both clocks, in nanoseconds.
struct Moment: Sendable {
    let sinceEpoch: Int64
    let uptime: Int64
}
