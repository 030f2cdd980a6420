internal import Glibc

/// Time that only goes forward, for how long something took or has rested.
package enum Uptime {
    /// The time since the machine began, its sleep included; setting the clock does not change it.
    package static func sinceBoot() -> Duration {
        var time = timespec()
        // CLOCK_BOOTTIME with a valid pointer cannot fail (clock_gettime(2)).
        unsafe clock_gettime(CLOCK_BOOTTIME, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }
}
