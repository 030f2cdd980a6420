import Telemetry

/// The latencies that the report shows, each in a histogram of Telemetry's.
struct Figures: Sendable {
    let openSession: Histogram
    let resolveSession: Histogram
    let readCatalog: Histogram
    let readPreview: Histogram
    let readRange: Histogram
    let placeOrder: Histogram

    init(_ registry: MetricRegistry) throws {
        func histogram(_ name: String, _ help: String) throws -> Histogram {
            try registry.histogram("tour_\(name)_seconds", help: help, unit: .nanoseconds)
        }
        openSession = try histogram("open_session", "Opening a session, flushed to disk.")
        resolveSession = try histogram("resolve_session", "Finding the session of a token.")
        readCatalog = try histogram("read_catalog", "Reading one product from the catalog.")
        readPreview = try histogram("read_preview", "Reading a whole preview from the vault, verified.")
        readRange = try histogram("read_range", "Reading 64 kB of a fuller level from the vault, verified.")
        placeOrder = try histogram("place_order", "Placing an order, flushed to disk.")
    }

    /// The rows of the report, in its order.
    var latencies: [TourResult.Latencies] {
        [
            ("catalog read", readCatalog), ("session resolve", resolveSession), ("open session", openSession),
            ("preview bytes", readPreview), ("range of 64 kB", readRange), ("place order", placeOrder),
        ].map { name, histogram in
            let snapshot = histogram.snapshot()
            return TourResult.Latencies(
                name: name,
                count: Int(clamping: snapshot.count),
                seconds: PercentilePlot.percentiles.map { snapshot.quantile($0) ?? .nan }
            )
        }
    }
}

extension Histogram {
    /// Runs `body` and records how long it took.
    func timing<Result>(_ body: () throws -> Result) rethrows -> Result {
        let start = ContinuousClock.now
        defer { record(ContinuousClock.now - start) }
        return try body()
    }

    /// Runs `body` and records how long it took, waiting included.
    func timingWait<Result: Sendable>(_ body: () async throws -> Result) async rethrows -> Result {
        let start = ContinuousClock.now
        let result = try await body()
        record(ContinuousClock.now - start)
        return result
    }
}
