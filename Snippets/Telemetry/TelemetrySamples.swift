// Store samples that come from elsewhere than a registry.
import Telemetry

// snippet.show
func keep(_ readings: [(sensor: String, celsius: Double)], in store: SeriesStore, at time: Duration) async throws {
    var batch = SampleBatch(at: time)
    for reading in readings {
        // Ask for a series once and keep the answer where readings come often.
        let series = try store.series("temperature_celsius", labels: [("sensor", reading.sensor)])
        batch.add(reading.celsius, to: series)
    }
    // Returns when the samples survive a loss of power; `appendBuffered` returns earlier.
    try await store.append(batch)
}
// snippet.hide
