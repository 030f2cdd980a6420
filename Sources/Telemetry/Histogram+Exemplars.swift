public import Instrumentation

extension Histogram {
    /// Records a sample in ticks of the unit, and keeps it as an exemplar with the trace that the context is in.
    ///
    /// A bucket of the exposition keeps one exemplar, the newest but not more than one a second, so most samples cost no
    /// more than a clock read beside the recording. Without a context, or one in a sampled trace, it is a plain
    /// recording.
    public func record(_ value: Int64, in context: ServiceContext?) {
        record(value)
        guard let context else { return }
        exemplars.offer(Double(max(0, value)) / unit.ticksPerUnit, unit: unit) { TraceReference(context) }
    }

    /// A duration in ticks.
    @usableFromInline
    static func ticks(of duration: Duration) -> Int64 { duration.wholeNanoseconds }

    /// Keeps a sample that was recorded already as an exemplar.
    @usableFromInline
    func keep(_ value: Int64, in trace: TraceReference) {
        exemplars.offer(Double(max(0, value)) / unit.ticksPerUnit, unit: unit) { trace }
    }

    /// Records a duration, and keeps it as an exemplar with the trace that the context is in.
    public func record(_ duration: Duration, in context: ServiceContext?) {
        record(duration.wholeNanoseconds, in: context)
    }
}

extension FloatingPointHistogram {
    /// Records a sample, and keeps it as an exemplar with the trace that the context is in.
    ///
    /// Costs what it costs for a ``Histogram``.
    public func record(_ value: Double, in context: ServiceContext?) {
        record(value)
        guard let context, value.isFinite else { return }
        exemplars.offer(value, unit: .real) { TraceReference(context) }
    }
}
