public import VitrineCTelemetry

/// A whole number that only grows: requests served, bytes written.
///
/// Safe from any number of threads at once: each adds to a cell of its own, without a locked instruction, in about a
/// nanosecond, and nothing is lost or counted twice. The total wraps at 2^64.
public final class Counter: Sendable {
    @usableFromInline let slot: UInt32

    init() {
        slot = vitrine_counter_make()
    }

    deinit {
        vitrine_counter_free(slot)
    }

    /// Adds `amount`; one that is not positive adds nothing, because a counter never falls.
    @inlinable
    public func increment(by amount: Int64 = 1) {
        guard amount > 0 else { return }
        vitrine_counter_add(slot, UInt64(truncatingIfNeeded: amount))
    }

    /// The total over all threads: every increment that happened before the call, and perhaps some during it.
    ///
    /// Costs a lock and a load per thread that ever recorded at the same time.
    public var value: UInt64 { vitrine_counter_read(slot) }

    /// Counts from zero again.
    func reset() {
        vitrine_counter_reset(slot)
    }
}

/// A real number that only grows: seconds of work, money.
///
/// As safe and as cheap as ``Counter``.
public final class FloatingPointCounter: Sendable {
    @usableFromInline let slot: UInt32
    @usableFromInline let rejected: Counter

    init(rejected: Counter) {
        slot = vitrine_real_make()
        self.rejected = rejected
    }

    deinit {
        vitrine_real_free(slot)
    }

    /// Adds `amount`; one that is not positive adds nothing.
    ///
    /// An amount that is infinite or not a number is left out and counted in `telemetry_samples_rejected_total`.
    @inlinable
    public func increment(by amount: Double) {
        guard amount.isFinite else { return rejected.increment() }
        guard amount > 0 else { return }
        vitrine_real_add(slot, amount)
    }

    /// The total over all threads.
    public var value: Double { vitrine_real_read(slot) }

    /// Counts from zero again.
    func reset() {
        vitrine_real_reset(slot)
    }
}
