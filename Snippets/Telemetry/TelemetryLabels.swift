// Labels whose values have types, looked up where they are recorded.
import Telemetry

// snippet.show
enum Method: String, LabelValue {
    case get
    case put
}

let registry = MetricRegistry()
let requests = try registry.counters(
    "http_requests_total",
    help: "Requests answered.",
    by: LabelKey<Method>("method"),
    LabelKey<Int>("code")
)
let latency = try registry.histograms("http_request_seconds", help: "Time to answer.", by: LabelKey<Method>("method"))

requests.increment(.get, 200)
latency.record(1_250_000, .get)

// Where the values stay the same, keep the series.
let notFound = requests.series(.get, 404)
notFound.increment()
// snippet.hide
