public import Instrumentation

/// Durations, and samples with the trace that they were taken in.
///
/// Without a context, or one in a sampled trace, it is a plain recording, which takes no lock; a sample in a sampled trace
/// takes the registry's lock for a moment, to find where the series keeps its exemplars.
extension HistogramFamily {
    /// Records a duration as nanoseconds into the series of these label values.
    @inlinable
    public func record(_ duration: Duration, _ a: Values) where Values: LabelValue {
        record(Histogram.ticks(of: duration), a)
    }

    /// Records a sample into the series of these label values, and keeps it as an exemplar with the trace of the context.
    @inlinable
    public func record(_ sample: Int64, _ a: Values, in context: ServiceContext?) where Values: LabelValue {
        record(sample, a)
        if let trace = TraceReference.sampled(in: context) { series(a).keep(sample, in: trace) }
    }

    /// Records a duration into the series of these label values, and keeps it as an exemplar with the trace of the context.
    @inlinable
    public func record(_ duration: Duration, _ a: Values, in context: ServiceContext?) where Values: LabelValue {
        record(Histogram.ticks(of: duration), a, in: context)
    }

    /// Records a duration as nanoseconds into the series of these label values.
    @inlinable
    public func record<A: LabelValue, B: LabelValue>(_ duration: Duration, _ a: A, _ b: B) where Values == (A, B) {
        record(Histogram.ticks(of: duration), a, b)
    }

    /// Records a sample into the series of these label values, and keeps it as an exemplar with the trace of the context.
    @inlinable
    public func record<A: LabelValue, B: LabelValue>(_ sample: Int64, _ a: A, _ b: B, in context: ServiceContext?)
    where Values == (A, B) {
        record(sample, a, b)
        if let trace = TraceReference.sampled(in: context) { series(a, b).keep(sample, in: trace) }
    }

    /// Records a duration into the series of these label values, and keeps it as an exemplar with the trace of the context.
    @inlinable
    public func record<A: LabelValue, B: LabelValue>(_ duration: Duration, _ a: A, _ b: B, in context: ServiceContext?)
    where Values == (A, B) {
        record(Histogram.ticks(of: duration), a, b, in: context)
    }

    /// Records a duration as nanoseconds into the series of these label values.
    @inlinable
    public func record<A: LabelValue, B: LabelValue, C: LabelValue>(_ duration: Duration, _ a: A, _ b: B, _ c: C)
    where Values == (A, B, C) {
        record(Histogram.ticks(of: duration), a, b, c)
    }

    /// Records a sample into the series of these label values, and keeps it as an exemplar with the trace of the context.
    @inlinable
    public func record<A: LabelValue, B: LabelValue, C: LabelValue>(
        _ sample: Int64,
        _ a: A,
        _ b: B,
        _ c: C,
        in context: ServiceContext?
    ) where Values == (A, B, C) {
        record(sample, a, b, c)
        if let trace = TraceReference.sampled(in: context) { series(a, b, c).keep(sample, in: trace) }
    }

    /// Records a duration into the series of these label values, and keeps it as an exemplar with the trace of the context.
    @inlinable
    public func record<A: LabelValue, B: LabelValue, C: LabelValue>(
        _ duration: Duration,
        _ a: A,
        _ b: B,
        _ c: C,
        in context: ServiceContext?
    ) where Values == (A, B, C) {
        record(Histogram.ticks(of: duration), a, b, c, in: context)
    }

    /// Records a duration as nanoseconds into the series of these label values.
    @inlinable
    public func record<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(
        _ duration: Duration,
        _ a: A,
        _ b: B,
        _ c: C,
        _ d: D
    ) where Values == (A, B, C, D) {
        record(Histogram.ticks(of: duration), a, b, c, d)
    }

    /// Records a sample into the series of these label values, and keeps it as an exemplar with the trace of the context.
    @inlinable
    public func record<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(
        _ sample: Int64,
        _ a: A,
        _ b: B,
        _ c: C,
        _ d: D,
        in context: ServiceContext?
    ) where Values == (A, B, C, D) {
        record(sample, a, b, c, d)
        if let trace = TraceReference.sampled(in: context) { series(a, b, c, d).keep(sample, in: trace) }
    }

    /// Records a duration into the series of these label values, and keeps it as an exemplar with the trace of the context.
    @inlinable
    public func record<A: LabelValue, B: LabelValue, C: LabelValue, D: LabelValue>(
        _ duration: Duration,
        _ a: A,
        _ b: B,
        _ c: C,
        _ d: D,
        in context: ServiceContext?
    ) where Values == (A, B, C, D) {
        record(Histogram.ticks(of: duration), a, b, c, d, in: context)
    }
}
