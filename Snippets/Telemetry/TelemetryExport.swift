// One snapshot in every format that it can leave in.
import Telemetry

// snippet.show
let telemetry = TelemetrySystem()
let snapshot = telemetry.registry.snapshot()
let now = Duration.seconds(1_780_000_000)  // Since 1970: your clock.

// Prometheus: whichever format the server likes best.
let (contentType, body) = telemetry.exposition(accept: "application/openmetrics-text; version=1.0.0")

// OpenTelemetry: POST to the collector's /v1/metrics.
let otlp = OTLPJSON.bytes(of: snapshot, at: now, resource: [("service.name", "storefront")])

// CloudWatch: lines for the log that its agent, or Lambda, reads. Keep the writer; it tells what has grown.
var cloudWatch = CloudWatchMetrics(namespace: "Shop/Storefront", dimensions: [("host", "web-1")])
let lines = cloudWatch.lines(of: snapshot, at: now)

// A spreadsheet.
let table = CSVText.text(of: snapshot, at: now)
// snippet.hide

print(contentType, body.count, otlp.count, lines.count, table.utf8.count)
