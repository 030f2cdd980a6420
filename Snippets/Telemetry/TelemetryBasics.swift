// A server's metrics through swift-metrics and through the registry, read as Prometheus text.
import Metrics
import Telemetry

// snippet.show
let telemetry = TelemetrySystem()
MetricsSystem.bootstrap(telemetry)

// Any library that counts through swift-metrics counts here from now on.
Metrics.Counter(label: "cart.opened").increment()

// Your own hot paths keep the metric and record into it: no lock, no lookup.
let latency = try telemetry.registry.histogram("checkout_seconds", help: "Time to place an order.")
latency.record(.milliseconds(12))

print(telemetry.prometheusText())
// snippet.hide
