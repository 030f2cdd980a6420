// A server's metrics through swift-metrics, its log, and the answer to a scrape.
import Logging
import Metrics
import Telemetry

/// What your HTTP server hands to a route.
struct Request {
    var accept: String?
}

// snippet.show
let telemetry = TelemetrySystem()
MetricsSystem.bootstrap(telemetry)
LoggingSystem.bootstrap { telemetry.logHandler(label: $0) }
let upkeep = Task { try await telemetry.run() }
@Sendable func metrics(_ request: Request) -> (String, [UInt8]) { telemetry.exposition(accept: request.accept) }
// snippet.hide

// snippet.show
// Any library that counts through swift-metrics counts here from now on.
Metrics.Counter(label: "cart.opened").increment()

// Your own hot paths keep the metric and record into it: no lock, no lookup.
let latency = try telemetry.registry.histogram("checkout_seconds", help: "Time to place an order.")
latency.record(.milliseconds(12))
// snippet.hide

print(String(decoding: metrics(Request(accept: nil)).1, as: UTF8.self))
upkeep.cancel()
