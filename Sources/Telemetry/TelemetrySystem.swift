public import CoreMetrics
internal import Logging
internal import VitrineSync

/// A swift-metrics backend: what the process counts, ready to be read.
///
/// ```swift
/// let telemetry = TelemetrySystem()
/// MetricsSystem.bootstrap(telemetry)
/// // … and where Prometheus asks:
/// let (contentType, body) = telemetry.exposition(accept: request.headers["Accept"])
/// ```
///
/// Counters and timers made through swift-metrics and those made through ``registry`` are recorded alike and read
/// together. All of it is safe under any concurrency.
public final class TelemetrySystem: MetricsFactory, Sendable {
    /// Every metric: for a direct API that costs less than the facade, and for reading.
    public let registry: MetricRegistry
    let configuration: TelemetryConfiguration
    let now: @Sendable () -> Duration
    /// What ``JSONLogHandler`` counts in.
    let logMessages: CounterFamily<(Logger.Level, String)>
    private let handlers = Locked<[SeriesPlace: CountedHandler]>([:])

    /// A system that has recorded nothing yet.
    public convenience init(configuration: TelemetryConfiguration = TelemetryConfiguration()) {
        self.init(configuration: configuration, clocks: .system)
    }

    /// A system both of whose clocks are `now`.
    package convenience init(configuration: TelemetryConfiguration, now: @escaping @Sendable () -> Duration) {
        self.init(configuration: configuration, clocks: MetricClocks(sinceEpoch: now, uptime: now))
    }

    /// A system whose time is told by `clocks`.
    package init(configuration: TelemetryConfiguration, clocks: MetricClocks) {
        self.configuration = configuration
        now = clocks.sinceEpoch
        registry = MetricRegistry(configuration: configuration, clocks: clocks)
        logMessages = registry.logMessages()
    }

    /// Makes or finds the counter of this label and dimensions.
    ///
    /// What was made twice must be destroyed twice before its series goes.
    public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
        handler(label, dimensions, kind: .counter) { CountingHandler($0, place: $1) }
    }

    /// Makes or finds the counter of reals of this label and dimensions.
    public func makeFloatingPointCounter(
        label: String,
        dimensions: [(String, String)]
    ) -> any FloatingPointCounterHandler {
        handler(label, dimensions, kind: .floatingPointCounter) { FloatingPointCountingHandler($0, place: $1) }
    }

    /// Makes or finds the meter of this label and dimensions: a gauge.
    public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
        handler(label, dimensions, kind: .gauge) { GaugeHandler($0, place: $1) }
    }

    /// Makes or finds the recorder of this label and dimensions: a histogram of reals, or a gauge if not aggregated.
    public func makeRecorder(
        label: String,
        dimensions: [(String, String)],
        aggregate: Bool
    ) -> any RecorderHandler {
        if aggregate {
            handler(label, dimensions, kind: .floatingPointHistogram) {
                RecordingHandler($0, place: $1, looksAtTask: self.configuration.exemplarsFromTasks)
            }
        } else {
            handler(label, dimensions, kind: .gauge) { GaugeHandler($0, place: $1) }
        }
    }

    /// Makes or finds the timer of this label and dimensions: a histogram of nanoseconds, exposed in seconds.
    public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
        handler(label, dimensions, kind: .histogram(.nanoseconds)) {
            TimingHandler($0, place: $1, looksAtTask: self.configuration.exemplarsFromTasks)
        }
    }

    /// Gives a counter back; its series goes when every maker did.
    public func destroyCounter(_ handler: any CounterHandler) {
        destroy(handler)
    }

    /// Gives a counter of reals back; its series goes when every maker did.
    public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {
        destroy(handler)
    }

    /// Gives a meter back; its series goes when every maker did.
    public func destroyMeter(_ handler: any MeterHandler) {
        destroy(handler)
    }

    /// Gives a recorder back; its series goes when every maker did.
    public func destroyRecorder(_ handler: any RecorderHandler) {
        destroy(handler)
    }

    /// Gives a timer back; its series goes when every maker did.
    public func destroyTimer(_ handler: any TimerHandler) {
        destroy(handler)
    }

    private func handler<Handler: PlacedHandler>(
        _ label: String,
        _ dimensions: [(String, String)],
        kind: FamilyKind,
        make: (Metric, SeriesPlace?) -> Handler?
    ) -> Handler {
        let found: Handler? = handlers.withLock { handlers in
            let series = registry.bridged(label: label, dimensions: dimensions, kind: kind)
            // What went to an overflow series is not kept, or the bound on series would bound nothing.
            guard let place = series.place else { return make(series.metric, nil) }
            if let counted = handlers[place], let handler = counted.handler as? Handler {
                handlers[place]?.useCount += 1
                return handler
            }
            // Made through the registry before: its maker holds it, so it is not taken away here.
            guard series.isNew else { return make(series.metric, nil) }
            guard let handler = make(series.metric, place) else { return nil }
            handlers[place] = CountedHandler(handler: handler, useCount: 1)
            return handler
        }
        guard let found else { preconditionFailure("the registry gave \(label) a metric of another kind") }
        return found
    }

    /// Takes series out that were not recorded into for ``TelemetryConfiguration/idleLifetime``, those made through
    /// swift-metrics too, and shows those again that were since.
    ///
    /// ``run()`` does this by itself. What swift-metrics made, and nobody holds or ever destroyed, is given back: many
    /// frameworks make a counter for each request and forget it.
    public func expireIdle() {
        let hidden = registry.hideIdle()
        guard !hidden.isEmpty else { return }
        handlers.withLock { handlers in
            for place in hidden { Self.letGo(place, from: &handlers) }
            // Under the lock, so that no handler is made meanwhile of what is about to go.
            registry.retire(hidden)
        }
    }

    /// Takes the handler of a series out unless somebody beside the dictionary holds it.
    private static func letGo(_ place: SeriesPlace, from handlers: inout [SeriesPlace: CountedHandler]) {
        guard let useCount = handlers[place]?.useCount else { return }
        weak let handler: (any PlacedHandler)? = handlers[place]?.handler
        handlers[place] = nil
        // Still there: it is held, and whoever does so finds it again.
        if let handler { handlers[place] = CountedHandler(handler: handler, useCount: useCount) }
    }

    private func destroy(_ handler: AnyObject) {
        guard let place = (handler as? any PlacedHandler)?.place else { return }
        handlers.withLock { handlers in
            // A handler of an earlier life of the series has nothing left to give back.
            guard let counted = handlers[place], counted.handler === handler else { return }
            guard counted.useCount == 1 else {
                handlers[place]?.useCount -= 1
                return
            }
            handlers[place] = nil
            registry.remove(place.labels, of: place.family)
        }
    }
}

private struct CountedHandler: Sendable {
    let handler: any PlacedHandler
    var useCount: Int
}
