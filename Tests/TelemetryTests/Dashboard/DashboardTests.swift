import Foundation
import Telemetry
import Testing
import VitrineSync
import VitrineTestSupport

/// A shop's metrics over an hour, for dashboards to draw.
enum ShopHistory {
    static let seconds = 3_600

    static func store(on disk: SimulatedFileSystem, label: String = "/cart") async throws -> SeriesStore {
        let clock = ManualClock(sinceEpoch: moment(0))
        let store = try await SeriesStore.open(at: "/metrics", on: disk, clock: clock.now)
        var random = SeededGenerator(seed: 77)
        let routes = ["/", "/search", "/product", label]
        let requests = try routes.map {
            try store.series("http_requests_total", labels: [("route", $0)], kind: .counter)
        }
        let errors = try store.series("http_errors_total", kind: .counter)
        let memory = try store.series("process_resident_memory_bytes")
        let registry = MetricRegistry()
        let latency = try registry.histogram("http_latency_seconds")
        var totals = [Double](repeating: 0, count: 5)
        for second in stride(from: 0, through: seconds, by: 5) {
            clock.advance(by: .seconds(5))
            let wave = 1 + 0.5 * sin(Double(second) / 700) + Double.random(in: -0.1...0.1, using: &random)
            var batch = SampleBatch(at: moment(Double(second)))
            for (index, series) in requests.enumerated() {
                totals[index] += (5 * wave * [120, 45, 80, 18][index]).rounded()
                batch.add(totals[index], to: series)
            }
            totals[4] += second % 900 > 780 ? 12 : Double(Int.random(in: 0...1, using: &random))
            batch.add(totals[4], to: errors)
            batch.add((180 + 40 * sin(Double(second) / 300) + Double(second) / 90) * 1_048_576, to: memory)
            try await store.append(batch)
            for _ in 0..<60 {
                let base = Double.random(in: 0...1, using: &random) < 0.93 ? 0.012 : 0.16
                let spread = exp(
                    Double.random(in: -0.9...0.9, using: &random) + Double.random(in: -0.5...0.5, using: &random)
                )
                latency.record(Int64(base * wave * spread * 1e9))
            }
            try await store.record(registry.snapshot(), at: moment(Double(second)))
            if second % 300 == 0 { while try await store.maintain() {} }
        }
        return store
    }

    static let dashboard: Dashboard = {
        let requests = Series("http_requests_total").rate(over: .seconds(60))
        let latency = Series("http_latency_seconds").increase(over: .seconds(60))
        return Dashboard(
            "Shop",
            rows: [
                .row(
                    "Now",
                    [
                        .singleStat("Requests", requests.sum(), unit: .perSecond),
                        .singleStat(
                            "Errors",
                            Series("http_errors_total").rate(over: .seconds(60)) / requests.sum(),
                            unit: .share
                        ),
                        .singleStat("Latency, 99 %", latency.histogramQuantile(0.99), unit: .seconds),
                        .singleStat("Memory", Series("process_resident_memory_bytes").latest, unit: .bytes),
                    ]
                ),
                .row(
                    "Traffic",
                    [
                        .stackedAreas("Requests by route", requests.sum(by: "route"), unit: .perSecond),
                        .lines(
                            "Errors",
                            Series("http_errors_total").rate(over: .seconds(60)),
                            legend: "errors",
                            unit: .perSecond
                        ),
                    ]
                ),
                .row(
                    "Speed",
                    [
                        .heatMap("Latency", latency),
                        DashboardPanel(
                            "Latency by quantile",
                            .lines,
                            sources: [
                                .init(latency.histogramQuantile(0.5), legend: "half"),
                                .init(latency.histogramQuantile(0.9), legend: "90 %"),
                                .init(latency.histogramQuantile(0.99), legend: "99 %"),
                            ],
                            unit: .seconds
                        ),
                    ]
                ),
                .row(
                    "Process",
                    [
                        .lines(
                            "Memory",
                            Series("process_resident_memory_bytes").latest,
                            legend: "resident",
                            unit: .bytes
                        ),
                        .lines("Open carts", Series("carts_open").latest),
                    ]
                ),
            ]
        )
    }()
}

@Suite("Dashboards")
struct DashboardTests {
    @Test("a page is well-formed, whole in itself, and draws every kind of panel")
    func page() async throws {
        let store = try await ShopHistory.store(on: SimulatedFileSystem())
        let html = ShopHistory.dashboard.html(of: store, from: moment(0), through: moment(3_600))
        let body = html.replacingOccurrences(of: "<!DOCTYPE html>", with: "")
            .replacingOccurrences(of: "<meta [^>]*>", with: "", options: .regularExpression)
        let parser = XMLWalk()
        #expect(parser.walk(body), "\(parser.problem)")
        #expect(parser.names["svg"] == 4 + 5, "a picture for each chart with data, a course for each number")
        #expect((parser.names["tspan"] ?? 0) > 300, "what lies under the pointer is told")
        #expect(html.contains("No data in this time"), "the panel without data says so")
        for word in ["http://", "https://", "<script", "url(", "@import", "<img", "<link"] {
            #expect(!html.contains(word), "the page needs nothing from elsewhere")
        }
        if let path = ProcessInfo.processInfo.environment["VITRINE_DASHBOARD"] {
            try html.write(toFile: path, atomically: true, encoding: .utf8)
            let text = ShopHistory.dashboard.terminalText(
                of: store,
                from: moment(0),
                through: moment(3_600),
                columns: 100
            )
            try text.write(toFile: path + ".txt", atomically: true, encoding: .utf8)
        }
        try await store.close()
    }

    @Test("nothing that comes from a label, a title or a legend can leave its place")
    func escaping() async throws {
        let evil = "\"><script>alert('&')</script>\u{1B}[31m\u{0}<b x='"
        let store = try await ShopHistory.store(on: SimulatedFileSystem(), label: evil)
        let query = Series("http_requests_total").rate(over: .seconds(60))
        let dashboard = Dashboard(
            evil,
            rows: [
                .row(
                    evil,
                    [
                        .lines(evil, query), .stackedAreas(evil, query, legend: evil + "{route}"),
                        .heatMap(evil, query),
                        .singleStat(evil, query, unit: .named(evil)),
                        .lines(evil, query + Series(nil, where: .equal("a", evil)).latest),
                    ]
                )
            ]
        )
        let html = dashboard.html(of: store, from: moment(0), through: moment(3_600))
        #expect(!html.contains("<script") && !html.contains("\u{1B}") && !html.contains("\u{0}"))
        let parser = XMLWalk()
        #expect(
            parser.walk(html.replacingOccurrences(of: "<meta [^>]*>", with: "", options: .regularExpression)),
            "\(parser.problem)"
        )
        #expect(parser.names["b"] ?? 0 > 0 && parser.names["script"] == nil)
        let text = dashboard.terminalText(of: store, from: moment(0), through: moment(3_600), usesColor: false)
        #expect(!text.unicodeScalars.contains { $0.value == 27 || $0.value == 0 })
        try await store.close()
    }

    @Test("no chart's coordinates leave its picture")
    func coordinates() async throws {
        let store = try await ShopHistory.store(on: SimulatedFileSystem())
        let html = ShopHistory.dashboard.html(of: store, from: moment(-4_000), through: moment(7_000))
        let pattern = try Regex("[ML]([-0-9.]+) ([-0-9.]+)")
        var count = 0
        for match in html.matches(of: pattern) {
            let x = try #require(match.output[1].substring.flatMap { Double($0) })
            let y = try #require(match.output[2].substring.flatMap { Double($0) })
            #expect(x >= 0 && x <= 440 && y >= 0 && y <= 210)
            count += 1
        }
        #expect(count > 500)
        try await store.close()
    }

    @Test("a terminal's lines fit its width, and its dots follow the values", arguments: [40, 80, 133])
    func terminal(columns: Int) async throws {
        let store = try await ShopHistory.store(on: SimulatedFileSystem())
        let text = ShopHistory.dashboard.terminalText(
            of: store,
            from: moment(0),
            through: moment(3_600),
            columns: columns,
            usesColor: false
        )
        for line in text.split(separator: "\n") { #expect(line.count <= columns, "\(line)") }
        #expect(text.unicodeScalars.contains { (0x2801...0x28FF).contains($0.value) })
        #expect(text.contains("█") && text.contains("▁"))
        try await store.close()
    }

    @Test("titles of any length stay within a terminal's width", arguments: [40, 80])
    func terminalTitles(columns: Int) async throws {
        let clock = ManualClock(sinceEpoch: moment(100))
        let store = try await SeriesStore.open(at: "/m", on: SimulatedFileSystem(), clock: clock.now)
        try await store.add(1_234.5, to: store.series("m"), at: moment(90))
        try await store.add(3, to: store.series("ended"), at: moment(0))
        let long = String(repeating: "word ", count: 100)
        let latest = Series("m").latest
        let dashboard = Dashboard(
            long,
            rows: [
                .row(
                    long,
                    [
                        .singleStat(long, latest, unit: .bytes), .lines(long, latest, legend: long),
                        .singleStat("ended", Series("ended").rate(over: .seconds(30))), .heatMap(long, latest),
                    ]
                )
            ]
        )
        let text = dashboard.terminalText(
            of: store,
            from: moment(0),
            through: moment(100),
            columns: columns,
            usesColor: false
        )
        let lines = text.split(separator: "\n")
        for line in lines { #expect(line.count <= columns, "\(line)") }
        let stat = try #require(lines.first { $0.contains("word") && $0.hasPrefix("  ") })
        #expect(stat.last.map { "▁▂▃▄▅▆▇█".contains($0) } == true && stat.contains("…"), "\(stat)")
        try await store.close()
    }

    @Test("a single number is the one of now: of a series that ended there is none")
    func endedStat() async throws {
        let clock = ManualClock(sinceEpoch: moment(4_000))
        var configuration = StoreConfiguration()
        configuration.outOfOrderWindow = .seconds(5_000)
        let store = try await SeriesStore.open(
            at: "/m",
            on: SimulatedFileSystem(),
            configuration: configuration,
            clock: clock.now
        )
        try await store.add(4_711, to: store.series("ended"), at: moment(100))
        let dashboard = Dashboard("x", rows: [.row("Now", [.singleStat("ended", Series("ended").latest)])])
        func drawn(through end: Double) -> (html: String, text: String) {
            (
                dashboard.html(of: store, from: moment(0), through: moment(end), step: .seconds(10)),
                dashboard.terminalText(of: store, from: moment(0), through: moment(end))
            )
        }
        let (during, after) = (drawn(through: 300), drawn(through: 3_600))
        #expect(during.html.contains("class=\"big\">4") && during.text.contains("4.7"), "\(during.text)")
        #expect(after.html.contains("class=\"big\">–") && after.text.contains("ended  –"), "\(after.text)")
        try await store.close()
    }

    @Test("more series than colours are told, not drawn over each other")
    func manySeries() async throws {
        let clock = ManualClock(sinceEpoch: moment(100))
        let store = try await SeriesStore.open(at: "/m", on: SimulatedFileSystem(), clock: clock.now)
        for index in 0..<30 {
            try await store.add(Double(index), to: store.series("m", labels: [("i", "i\(index)")]), at: moment(0))
        }
        let dashboard = Dashboard(
            "x",
            rows: [.row("r", [.lines("l", Series("m").latest), .stackedAreas("s", Series("m").latest)])]
        )
        let html = dashboard.html(of: store, from: moment(0), through: moment(100), step: .seconds(10))
        #expect(html.contains("and 23 smaller") && html.contains("23 others"))
        #expect(html.contains("i29") && !html.contains(">i3<"))
        try await store.close()
    }
}

/// Walks XML and counts its elements.
private final class XMLWalk {
    private(set) var names: [String: Int] = [:]
    private(set) var problem = ""

    /// Whether every element is closed, in order, and every attribute quoted.
    func walk(_ text: String) -> Bool {
        var open: [String] = []
        var rest = text[...]
        while let start = rest.firstIndex(of: "<") {
            guard let end = rest[start...].firstIndex(of: ">") else { return fail("an open bracket") }
            let tag = rest[rest.index(after: start)..<end]
            rest = rest[rest.index(after: end)...]
            if tag.hasPrefix("!") { continue }
            if tag.hasPrefix("/") {
                guard open.popLast() == String(tag.dropFirst()) else { return fail("\(tag) closes another") }
                continue
            }
            let name = String(tag.prefix { $0.isLetter || $0.isNumber })
            guard !name.isEmpty, tag.count(where: { $0 == "\"" }).isMultiple(of: 2) else { return fail("<\(tag)>") }
            names[name, default: 0] += 1
            if !tag.hasSuffix("/") { open.append(name) }
        }
        return open.isEmpty ? true : fail("\(open) are not closed")
    }

    private func fail(_ what: String) -> Bool {
        problem = what
        return false
    }
}
