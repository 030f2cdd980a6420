// Two shards' latencies taken together, and a quantile of them.
import Telemetry

// snippet.show
let registry = MetricRegistry()
let shards = try ["east", "west"].map { try registry.histogram("read_seconds", labels: [("shard", $0)]) }
for microseconds in 1...1_000 {
    shards[microseconds % 2].record(.microseconds(microseconds))
}

var all = shards[0].snapshot()
try all.merge(shards[1].snapshot())
if let p99 = all.quantile(0.99) {
    print("99 of 100 reads took at most \(p99) s, give or take \(HistogramSnapshot.relativeErrorMax * 100) %")
}
// snippet.hide
