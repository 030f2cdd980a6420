/// Counters of one name, told apart by labels whose values have types, from one to four.
///
/// ```swift
/// let requests = try registry.counters("http_requests_total", by: LabelKey<Method>("method"), LabelKey<Int>("code"))
/// requests.increment(.get, 200)
/// ```
///
/// Looking a series up takes no lock, and threads that do so do not meet: two short labels and the increment take some
/// tens of nanoseconds. Values of more than 118 bytes of UTF-8 together, and values that no series has yet, go through the
/// registry's lock. Beyond ``TelemetryConfiguration/seriesPerFamilyMax`` they are folded into the overflow series.
///
/// `Values` is the type of the one label's values, or a tuple of several labels' types.
public struct CounterFamily<Values>: Sendable {
    @usableFromInline let family: LabelledFamily

    init(_ family: LabelledFamily) {
        self.family = family
    }
}

// A function for each number of labels: a loop over a parameter pack is not unrolled and costs as much again as all the
// rest, and the types of a pack's values are not found by a leading dot.
extension CounterFamily {
    /// The counter of these values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    public func series(_ a: Values) -> Counter where Values: LabelValue {
        family.counter([a.labelText])
    }

    /// The counter of these values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    public func series<A: LabelValue, B: LabelValue>(_ a: A, _ b: B) -> Counter where Values == (A, B) {
        family.counter([a.labelText, b.labelText])
    }

    /// The counter of these values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    public func series<A: LabelValue, B: LabelValue, C: LabelValue>(
        _ a: A,
        _ b: B,
        _ c: C
    ) -> Counter where Values == (A, B, C) {
        family.counter([a.labelText, b.labelText, c.labelText])
    }

    /// The counter of these values, made if it is new: to keep where the values stay the same.
    ///
    /// Takes the registry's lock.
    public func series<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(
        _ a: A,
        _ b: B,
        _ c: C,
        _ d: D
    ) -> Counter where Values == (A, B, C, D) {
        family.counter([a.labelText, b.labelText, c.labelText, d.labelText])
    }
}

extension CounterFamily {
    /// Adds `amount` to the series of these values; one that is not positive adds nothing.
    @inlinable
    public func increment(_ a: Values, by amount: Int64 = 1) where Values: LabelValue {
        var values = LabelValues()
        values.append(a)
        if !family.add(amount, to: &values) { series(a).increment(by: amount) }
    }

    /// Adds `amount` to the series of these values; one that is not positive adds nothing.
    @inlinable
    public func increment<A: LabelValue, B: LabelValue>(_ a: A, _ b: B, by amount: Int64 = 1) where Values == (A, B) {
        var values = LabelValues()
        values.append(a, b)
        if !family.add(amount, to: &values) { series(a, b).increment(by: amount) }
    }

    /// Adds `amount` to the series of these values; one that is not positive adds nothing.
    @inlinable
    public func increment<A: LabelValue, B: LabelValue, C: LabelValue>(
        _ a: A,
        _ b: B,
        _ c: C,
        by amount: Int64 = 1
    ) where Values == (A, B, C) {
        var values = LabelValues()
        values.append(a, b, c)
        if !family.add(amount, to: &values) { series(a, b, c).increment(by: amount) }
    }

    /// Adds `amount` to the series of these values; one that is not positive adds nothing.
    @inlinable
    public func increment<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(
        _ a: A,
        _ b: B,
        _ c: C,
        _ d: D,
        by amount: Int64 = 1
    ) where Values == (A, B, C, D) {
        var values = LabelValues()
        values.append(a, b, c, d)
        if !family.add(amount, to: &values) { series(a, b, c, d).increment(by: amount) }
    }
}

extension MetricRegistry {
    /// The counters of this name, told apart by one label.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func counters<A: LabelValue>(
        _ name: String,
        help: String = "",
        by a: LabelKey<A>
    ) throws -> CounterFamily<A> {
        CounterFamily(try LabelledFamily(self, name, kind: .counter, help: help, names: [a.name]))
    }

    /// The counters of this name, told apart by two labels.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func counters<A: LabelValue, B: LabelValue>(
        _ name: String,
        help: String = "",
        by a: LabelKey<A>,
        _ b: LabelKey<B>
    ) throws -> CounterFamily<(A, B)> {
        CounterFamily(try LabelledFamily(self, name, kind: .counter, help: help, names: [a.name, b.name]))
    }

    /// The counters of this name, told apart by three labels.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func counters<A: LabelValue, B: LabelValue, C: LabelValue>(
        _ name: String,
        help: String = "",
        by a: LabelKey<A>,
        _ b: LabelKey<B>,
        _ c: LabelKey<C>
    ) throws -> CounterFamily<(A, B, C)> {
        CounterFamily(try LabelledFamily(self, name, kind: .counter, help: help, names: [a.name, b.name, c.name]))
    }

    /// The counters of this name, told apart by four labels.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `tooManyFamilies`, or `typeConflict` when the name is of another kind or
    ///   has typed labels of other names.
    public func counters<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(
        _ name: String,
        help: String = "",
        by a: LabelKey<A>,
        _ b: LabelKey<B>,
        _ c: LabelKey<C>,
        _ d: LabelKey<D>
    ) throws -> CounterFamily<(A, B, C, D)> {
        CounterFamily(
            try LabelledFamily(self, name, kind: .counter, help: help, names: [a.name, b.name, c.name, d.name])
        )
    }
}
