internal import Synchronization

/// A value that goes up and down: a temperature, a queue's length.
///
/// One shared cell, because the last writer is the one that counts; safe from any thread. Setting is a plain store,
/// adding a compare-and-exchange.
public final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(Double(0).bitPattern)

    init() {}

    /// The value now.
    public var value: Double {
        // Relaxed: a gauge says nothing about other memory.
        Double(bitPattern: bits.load(ordering: .relaxed))
    }

    /// Replaces the value; any double is allowed, infinities and not-a-number too.
    public func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Adds `amount`, which may be negative; concurrent additions are all kept.
    public func add(_ amount: Double) {
        var old = bits.load(ordering: .relaxed)
        while true {
            let sum = (Double(bitPattern: old) + amount).bitPattern
            let (exchanged, original) = bits.weakCompareExchange(expected: old, desired: sum, ordering: .relaxed)
            if exchanged { return }
            old = original
        }
    }
}
