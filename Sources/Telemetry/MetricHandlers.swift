internal import CoreMetrics
internal import Instrumentation

/// A handler that knows its series; `nil` when the series is not swift-metrics' own to reset or to take away.
protocol PlacedHandler: AnyObject, Sendable {
    var place: SeriesPlace? { get }
}

final class CountingHandler: CounterHandler, PlacedHandler {
    let place: SeriesPlace?
    private let counter: Counter

    init?(_ metric: Metric, place: SeriesPlace?) {
        guard case .counter(let counter) = metric else { return nil }
        self.counter = counter
        self.place = place
    }

    func increment(by amount: Int64) {
        counter.increment(by: amount)
    }

    /// Starts from zero, if the series is swift-metrics' own.
    func reset() {
        if place != nil { counter.reset() }
    }
}

final class FloatingPointCountingHandler: FloatingPointCounterHandler, PlacedHandler {
    let place: SeriesPlace?
    private let counter: FloatingPointCounter

    init?(_ metric: Metric, place: SeriesPlace?) {
        guard case .floatingPointCounter(let counter) = metric else { return nil }
        self.counter = counter
        self.place = place
    }

    func increment(by amount: Double) {
        counter.increment(by: amount)
    }

    /// Starts from zero, if the series is swift-metrics' own.
    ///
    /// Threads go on adding to their sums, from which the one at the reset is taken off: what is added afterwards is as
    /// exact as it would have been without the reset, to some 1e-16 of the greatest total.
    func reset() {
        if place != nil { counter.reset() }
    }
}

/// A meter, or a recorder that keeps only the last value.
final class GaugeHandler: MeterHandler, RecorderHandler, PlacedHandler {
    let place: SeriesPlace?
    private let gauge: Gauge

    init?(_ metric: Metric, place: SeriesPlace?) {
        guard case .gauge(let gauge) = metric else { return nil }
        self.gauge = gauge
        self.place = place
    }

    func set(_ value: Int64) {
        gauge.set(Double(value))
    }

    func set(_ value: Double) {
        gauge.set(value)
    }

    func increment(by amount: Double) {
        gauge.add(amount)
    }

    func decrement(by amount: Double) {
        gauge.add(-amount)
    }

    func record(_ value: Int64) {
        gauge.set(Double(value))
    }

    func record(_ value: Double) {
        gauge.set(value)
    }
}

final class RecordingHandler: RecorderHandler, PlacedHandler {
    let place: SeriesPlace?
    private let histogram: FloatingPointHistogram
    private let looksAtTask: Bool

    init?(_ metric: Metric, place: SeriesPlace?, looksAtTask: Bool) {
        guard case .floatingPointHistogram(let histogram) = metric else { return nil }
        self.histogram = histogram
        self.place = place
        self.looksAtTask = looksAtTask
    }

    func record(_ value: Int64) {
        record(Double(value))
    }

    func record(_ value: Double) {
        if looksAtTask { recordWithTrace(value) } else { histogram.record(value) }
    }

    /// Apart, so that the plain way need not save the registers that this one uses.
    @inline(never)
    private func recordWithTrace(_ value: Double) {
        histogram.record(value, in: ServiceContext.current)
    }
}

final class TimingHandler: TimerHandler, PlacedHandler {
    let place: SeriesPlace?
    private let histogram: Histogram
    private let looksAtTask: Bool

    init?(_ metric: Metric, place: SeriesPlace?, looksAtTask: Bool) {
        guard case .histogram(let histogram) = metric else { return nil }
        self.histogram = histogram
        self.place = place
        self.looksAtTask = looksAtTask
    }

    func recordNanoseconds(_ duration: Int64) {
        if looksAtTask { recordWithTrace(duration) } else { histogram.record(duration) }
    }

    /// Apart, so that the plain way need not save the registers that this one uses.
    @inline(never)
    private func recordWithTrace(_ duration: Int64) {
        histogram.record(duration, in: ServiceContext.current)
    }
}
