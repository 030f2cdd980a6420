import CoreMetrics
import Telemetry
import Testing

@Suite("What a scrape is answered with")
struct NegotiationTests {
    /// What Debian's Prometheus 2.42 sends, without and with native histograms.
    private static let prometheus =
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    private static let prometheusNative =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
        + "application/openmetrics-text;version=1.0.0;q=0.8,application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"

    @Test(
        "the format that the Accept header likes best",
        arguments: [
            (nil, .prometheusText), ("", .prometheusText), ("*/*", .prometheusText), ("text/html", .prometheusText),
            ("text/plain", .prometheusText), ("text/*", .prometheusText),
            ("text/html,application/xhtml+xml,*/*;q=0.8", .prometheusText),
            (prometheus, .openMetrics), (prometheusNative, .prometheusProtobuf),
            ("application/openmetrics-text", .openMetrics),
            ("APPLICATION/OpenMetrics-Text; charset=utf-8", .openMetrics),
            ("application/openmetrics-text; version=\"1.0.0\"; escaping=underscores", .openMetrics),
            ("application/openmetrics-text;version=9.0.0", .prometheusText),
            ("application/openmetrics-text;q=0.1, text/plain;q=0.2", .prometheusText),
            ("application/openmetrics-text;q=0, */*", .prometheusText),
            ("text/plain;q=0, */*;q=0.1", .openMetrics), ("text/*;q=0, */*", .openMetrics),
            ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", .prometheusText),
            ("application/vnd.google.protobuf", .prometheusProtobuf), (";;,,q=1", .prometheusText),
        ] as [(String?, ExpositionFormat)]
    )
    func accept(header: String?, format: ExpositionFormat) {
        #expect(ExpositionFormat.negotiated(accept: header) == format)
    }

    @Test("body and content type belong together")
    func bodies() throws {
        let system = TelemetrySystem()
        try system.registry.counter("a_total").increment()
        let (textType, text) = system.exposition(accept: nil)
        #expect(textType == PrometheusText.contentType)
        #expect(String(decoding: text, as: UTF8.self) == system.prometheusText())
        let (openType, open) = system.exposition(accept: Self.prometheus)
        #expect(openType == OpenMetricsText.contentType)
        #expect(String(decoding: open, as: UTF8.self).hasSuffix("# EOF\n"))
        let (protobufType, protobuf) = system.exposition(accept: Self.prometheusNative)
        #expect(protobufType == PrometheusProtobuf.contentType)
        #expect(protobuf == PrometheusProtobuf.bytes(of: system.registry.snapshot()))
    }

    @Test("OpenMetrics names counters without _total, unless that is another family, and ends with EOF")
    func openMetrics() throws {
        let registry = MetricRegistry()
        try registry.counter("a_total", help: "Say \"a\"\\\n.", labels: [("x", "1\"2")]).increment(by: 3)
        try registry.counter("b").increment()
        try registry.counter("c_total").increment()
        try registry.gauge("c").set(0.5)
        _ = try registry.histogram("d_seconds", labels: [("x", "y")])
        let lines = OpenMetricsText.text(of: registry.snapshot()).split(separator: "\n")
        #expect(
            lines.prefix(10) == [
                "# TYPE a counter", #"# HELP a Say \"a\"\\\n."#, #"a_total{x="1\"2"} 3"#, "# TYPE b unknown", "b 1",
                "# TYPE c gauge", "c 0.5", "# TYPE c_total unknown", "c_total 1", "# TYPE d_seconds histogram",
            ]
        )
        #expect(lines.contains("# UNIT d_seconds seconds"))
        #expect(lines.contains(#"d_seconds_bucket{x="y",le="+Inf"} 0"#) && lines.contains(#"d_seconds_count{x="y"} 0"#))
        #expect(lines.last == "# EOF")
    }

    @Test("no two families of OpenMetrics clash, whatever their samples are called")
    func openMetricsClashes() throws {
        let registry = MetricRegistry()
        try registry.histogram("foo", unit: .count).record(1)
        try registry.counter("foo_count_total").increment()
        try registry.counter("foo_created_total").increment()
        try registry.counter("bar_total").increment()
        try registry.gauge("bar_created").set(1)
        try registry.counter("baz_total").increment()
        let error = #expect(throws: TelemetryError.self) { try registry.gauge("foo_created") }
        #expect(error?.code == .typeConflict)
        let text = OpenMetricsText.text(of: registry.snapshot())
        for line in [
            "# TYPE foo_count_total unknown", "# TYPE foo_created_total unknown", "# TYPE bar_total unknown",
            "# TYPE baz counter",
        ] { #expect(text.contains(line + "\n")) }
        let system = TelemetrySystem()
        try system.registry.counter("bar_total").increment()
        #expect(String(decoding: system.exposition(.openMetrics), as: UTF8.self).contains("# TYPE bar counter"))
        try system.registry.gauge("bar_created").set(1)
        #expect(String(decoding: system.exposition(.openMetrics), as: UTF8.self).contains("# TYPE bar_total unknown"))
    }

    @Test("OpenMetrics is told neither sum nor count of samples that may be negative")
    func negativeSamples() throws {
        let registry = MetricRegistry()
        try registry.floatingPointHistogram("degrees").record(-3)
        let text = OpenMetricsText.text(of: registry.snapshot())
        #expect(text.contains("degrees_bucket{le=\"+Inf\"} 1\n"))
        #expect(!text.contains("degrees_sum") && !text.contains("degrees_count"))
        #expect(PrometheusText.text(of: registry.snapshot()).contains("degrees_sum -3"))
    }

    @Test("a live exposition equals that of a snapshot, while series come and go", arguments: [1, 2, 3] as [UInt64])
    func liveEqualsSnapshot(seed: UInt64) throws {
        let system = TelemetrySystem()
        func check() {
            let snapshot = system.registry.snapshot()
            #expect(system.prometheusText() == PrometheusText.text(of: snapshot), "seed \(seed)")
            let open = String(decoding: system.exposition(.openMetrics), as: UTF8.self)
            #expect(open == OpenMetricsText.text(of: snapshot), "seed \(seed)")
        }
        check()
        // More than a chunk's worth in one family, and a family in between.
        for index in 0..<150 {
            try system.registry.counter("many_total", labels: [("i", "\(index * Int(seed))")]).increment(by: 2)
            if index % 40 == 0 { check() }
        }
        try system.registry.floatingPointCounter("money_total").increment(by: 0.1)
        try system.registry.floatingPointHistogram("reals").record(-2.5)
        check()
        try system.registry.gauge("many").set(.infinity)
        check()
        let counter = system.makeCounter(label: "zulu", dimensions: [("a", "b")])
        counter.increment(by: .max)
        check()
        system.destroyCounter(counter)
        check()
    }
}
