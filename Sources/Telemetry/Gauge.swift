public import VitrineCTelemetry

/// A value that goes up and down: a temperature, a queue's length.
///
/// One shared cell, because the last writer is the one that counts; safe from any thread. Setting is a plain store,
/// adding a compare-and-exchange.
@safe public final class Gauge: @unchecked Sendable {
    // Made and given back with the gauge, and read and written by atomics only.
    @usableFromInline let cell: UnsafeMutablePointer<vitrine_gauge>

    init() {
        unsafe cell = vitrine_gauge_make()
    }

    deinit {
        unsafe vitrine_gauge_free(cell)
    }

    /// The value now.
    public var value: Double { unsafe vitrine_gauge_read(cell) }

    /// Replaces the value; any double is allowed, infinities and not-a-number too.
    @inlinable
    public func set(_ value: Double) {
        unsafe vitrine_gauge_set(cell, value)
    }

    /// Adds `amount`, which may be negative; concurrent additions are all kept.
    @inlinable
    public func add(_ amount: Double) {
        unsafe vitrine_gauge_add(cell, amount)
    }
}
