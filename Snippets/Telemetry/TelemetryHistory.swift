// Keep what a registry measures on disk, and ask about it.
import Telemetry

// snippet.show
func serve(_ telemetry: TelemetrySystem, at directory: String) async throws {
    let store = try await SeriesStore.open(at: directory)
    // Samples every second, flushes, rolls up and drops what is too old, until the task is cancelled.
    try await store.run(sampling: telemetry.registry)
    try await store.close()
}
// snippet.hide

// snippet.show
func slowRoutes(_ store: SeriesStore, until now: Duration) throws {
    let latency = Series("http_latency_seconds", where: .equal("method", "GET"))
    let query = latency.rate(over: .seconds(300)).sum(by: "route").histogramQuantile(0.99).top(3)
    let result = try store.evaluate(query, from: now - .seconds(86_400), through: now, step: .seconds(60))
    for series in result.series {
        print(series.title, series.value(at: result.count - 1).map { "\($0) s" } ?? "no value now")
    }
}
// snippet.hide

// snippet.show
func ask(_ store: SeriesStore, _ text: String, at now: Duration) {
    do {
        // sum by (route) (rate(http_requests_total{code=~"5.."}[5m]))
        let result = try store.evaluate(Query(text), at: now)
        for series in result.series { print(series.title, series.value(at: 0).map { "\($0)" } ?? "–") }
    } catch let error as QuerySyntaxError {
        print(text)
        print(String(repeating: " ", count: error.offset) + "^ " + error.message)
    } catch {
        print(error)
    }
}
// snippet.hide
