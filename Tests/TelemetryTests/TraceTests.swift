import CoreMetrics
import Instrumentation
import Telemetry
import Testing

/// A tracer that does nothing but propagate a header, as every tracer does.
private struct HeaderTracer: Instrument {
    static let isBootstrapped: Bool = {
        InstrumentationSystem.bootstrap(HeaderTracer())
        return true
    }()

    func extract<Carrier, Extract: Extractor>(
        _ carrier: Carrier,
        into context: inout ServiceContext,
        using extractor: Extract
    ) where Extract.Carrier == Carrier {
        context[HeaderKey.self] = extractor.extract(key: "traceparent", from: carrier)
    }

    func inject<Carrier, Inject: Injector>(
        _ context: ServiceContext,
        into carrier: inout Carrier,
        using injector: Inject
    )
    where Inject.Carrier == Carrier {
        if let header = context[HeaderKey.self] { injector.inject(header, forKey: "Traceparent", into: &carrier) }
    }
}

private enum HeaderKey: ServiceContextKey {
    typealias Value = String
}

@Suite("Exemplars")
struct TraceTests {
    private let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private let span = "00f067aa0ba902b7"

    private func context(flags: String = "01") -> ServiceContext {
        Self.context(traceparent: "00-\(trace)-\(span)-\(flags)")
    }

    /// A context in the trace that the header names.
    static func context(traceparent: String) -> ServiceContext {
        #expect(HeaderTracer.isBootstrapped)
        var context = ServiceContext.topLevel
        context[HeaderKey.self] = traceparent
        return context
    }

    @Test(
        "a header that names no trace is refused",
        arguments: [
            "", "00", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-extra",
        ]
    )
    func malformed(header: String) {
        #expect(TraceReference(traceparent: header) == nil)
    }

    @Test("a header is read, of a later version with more fields too")
    func header() {
        let reference = TraceReference(traceparent: "cc-\(trace)-\(span)-00-what-comes")
        #expect(reference?.traceID == trace && reference?.spanID == span)
    }

    @Test("a sample in a sampled trace is kept with it, one elsewhere is only counted")
    func sampled() throws {
        let time = ManualTime()
        let registry = MetricRegistry(configuration: TelemetryConfiguration(), now: { time.now })
        let histogram = try registry.histogram("h")
        histogram.record(.milliseconds(3), in: nil)
        histogram.record(.milliseconds(3), in: context(flags: "00"))
        histogram.record(.milliseconds(3), in: .topLevel)
        #expect(histogram.snapshot().exemplars.isEmpty)
        histogram.record(.milliseconds(3), in: context())
        let exemplar = try #require(histogram.snapshot().exemplars.first)
        #expect(exemplar.value == 0.003 && exemplar.time == time.now)
        #expect(exemplar.trace.traceID == trace && exemplar.trace.spanID == span)
        #expect(histogram.snapshot().count == 4)
    }

    @Test("each bucket keeps the newest, but not more than one a second")
    func interval() throws {
        let time = ManualTime()
        let registry = MetricRegistry(configuration: TelemetryConfiguration(), now: { time.now })
        let histogram = try registry.floatingPointHistogram("h")
        histogram.record(5, in: context())
        histogram.record(6, in: context())
        histogram.record(600, in: context())
        #expect(histogram.snapshot().exemplars.map(\.value) == [5, 600])
        time.advance(seconds: 1)
        histogram.record(7, in: context())
        #expect(histogram.snapshot().exemplars.map(\.value) == [7, 600])
    }

    @Test("a clock that was set back keeps no newer exemplar out")
    func setBack() throws {
        let (wall, uptime) = (ManualTime(), ManualTime(seconds: 5))
        let clocks = MetricClocks(sinceEpoch: { wall.now }, uptime: { uptime.now })
        let registry = MetricRegistry(configuration: TelemetryConfiguration(), clocks: clocks)
        let histogram = try registry.floatingPointHistogram("h")
        histogram.record(5, in: context())
        wall.advance(seconds: -100_000)
        uptime.advance(seconds: 1)
        histogram.record(6, in: context())
        let exemplar = try #require(histogram.snapshot().exemplars.first)
        #expect(exemplar.value == 6 && exemplar.time == wall.now)
    }

    @Test("a typed family takes durations, and samples with their trace")
    func families() throws {
        let registry = MetricRegistry()
        let (a, b, c, d) = (LabelKey<Int>("a"), LabelKey<Int>("b"), LabelKey<Int>("c"), LabelKey<Int>("d"))
        let one = try registry.histograms("one_seconds", by: a)
        let two = try registry.histograms("two_seconds", by: a, b)
        let three = try registry.histograms("three_seconds", by: a, b, c)
        let four = try registry.histograms("four_seconds", by: a, b, c, d)
        for context in [nil, context(flags: "00"), context()] {
            one.record(.milliseconds(3), 1, in: context)
            two.record(.milliseconds(3), 1, 2, in: context)
            three.record(.milliseconds(3), 1, 2, 3, in: context)
            four.record(3_000_000, 1, 2, 3, 4, in: context)
        }
        one.record(.milliseconds(3), 1)
        two.record(.milliseconds(3), 1, 2)
        three.record(.milliseconds(3), 1, 2, 3)
        four.record(.milliseconds(3), 1, 2, 3, 4)
        for histogram in [one.series(1), two.series(1, 2), three.series(1, 2, 3), four.series(1, 2, 3, 4)] {
            let snapshot = histogram.snapshot()
            #expect(snapshot.count == 4 && snapshot.min == 0.003 && snapshot.max == 0.003)
            #expect(snapshot.exemplars.map(\.value) == [0.003] && snapshot.exemplars.first?.trace.traceID == trace)
        }
    }

    @Test("timers and recorders take the task's trace where that is asked for")
    func facade() {
        for isAsked in [false, true] {
            let system = TelemetrySystem(configuration: TelemetryConfiguration(exemplarsFromTasks: isAsked))
            let timer = CoreMetrics.Timer(label: "t", factory: system)
            let recorder = CoreMetrics.Recorder(label: "r", factory: system)
            ServiceContext.withValue(context()) {
                timer.recordNanoseconds(5)
                recorder.record(2.5)
            }
            for name in ["t", "r"] {
                guard case .histogram(let snapshot)? = system.registry.snapshot().value(of: name) else {
                    Issue.record("\(name) is missing")
                    continue
                }
                #expect(snapshot.exemplars.count == (isAsked ? 1 : 0) && snapshot.count == 1)
            }
        }
    }

    @Test("OpenMetrics shows an exemplar beside the bucket that it belongs to")
    func openMetrics() throws {
        let time = ManualTime(seconds: 1_700_000_000)
        let registry = MetricRegistry(configuration: TelemetryConfiguration(), now: { time.now })
        try registry.histogram("h_seconds").record(.milliseconds(3), in: context())
        let lines = OpenMetricsText.text(of: registry.snapshot()).split(separator: "\n").filter { $0.contains(" # ") }
        #expect(
            lines == [
                "h_seconds_bucket{le=\"0.00390625\"} 1 # {trace_id=\"\(trace)\",span_id=\"\(span)\"} 0.003 1700000000.000"
            ]
        )
        #expect(!PrometheusText.text(of: registry.snapshot()).contains(trace))
    }
}
