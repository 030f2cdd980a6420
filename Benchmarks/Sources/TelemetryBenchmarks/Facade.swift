import CoreMetrics
import Harness
import Telemetry

/// A backend that does nothing: what swift-metrics itself costs.
private final class EmptyBackend: MetricsFactory, CounterHandler, TimerHandler, MeterHandler, RecorderHandler {
    func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler { self }
    func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler { self }
    func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler { self }
    func makeRecorder(label: String, dimensions: [(String, String)], aggregate: Bool) -> any RecorderHandler { self }
    func destroyCounter(_ handler: any CounterHandler) {}
    func destroyMeter(_ handler: any MeterHandler) {}
    func destroyRecorder(_ handler: any RecorderHandler) {}
    func destroyTimer(_ handler: any TimerHandler) {}
    func increment(by: Int64) {}
    func increment(by: Double) {}
    func decrement(by: Double) {}
    func reset() {}
    func set(_ value: Int64) {}
    func set(_ value: Double) {}
    func record(_ value: Int64) {}
    func record(_ value: Double) {}
    func recordNanoseconds(_ duration: Int64) {}
}

private let rounds = 20
private let operationsPerRound = 500_000

/// The median of what one recording through ours costs more than through the empty backend, in turns on one thread.
private func overhead(
    ours: @escaping @Sendable (_ operations: Int) -> Void,
    empty: @escaping @Sendable (_ operations: Int) -> Void
) throws -> Double {
    func time(_ work: @escaping @Sendable (Int) -> Void) throws -> Double {
        try Timing.cpu(threads: 1, operations: operationsPerRound) { operations, _ in work(operations) }
            / Double(operationsPerRound)
    }
    var differences: [Double] = []
    for _ in 0..<rounds { differences.append(try time(ours) - time(empty)) }
    return differences.sorted()[rounds / 2]
}

func facadeCounter(nanosecondsMax: Double) -> Comparison {
    let system = TelemetrySystem()
    return Comparison(
        "counter through swift-metrics, over an empty backend",
        measure: .figure(.nanoseconds),
        ours: Contender("Vitrine TelemetrySystem", version: "this commit") {
            let ours = CoreMetrics.Counter(label: "benchmark", factory: system)
            let empty = CoreMetrics.Counter(label: "benchmark", factory: EmptyBackend())
            let before = try count(system)
            let figure = try overhead(
                ours: { for _ in 0..<$0 { ours.increment() } },
                empty: { for _ in 0..<$0 { empty.increment() } }
            )
            guard try count(system) - before == Double(rounds * operationsPerRound) else {
                throw WrongResult("the counter shows \(try count(system))")
            }
            return figure
        },
        rivals: [],
        oursMax: nanosecondsMax
    )
}

func facadeTimer(nanosecondsMax: Double) -> Comparison {
    let system = TelemetrySystem()
    return Comparison(
        "timer through swift-metrics, over an empty backend",
        measure: .figure(.nanoseconds),
        ours: Contender("Vitrine TelemetrySystem", version: "this commit") {
            let ours = CoreMetrics.Timer(label: "benchmark", factory: system)
            let empty = CoreMetrics.Timer(label: "benchmark", factory: EmptyBackend())
            let before = try count(system)
            let figure = try overhead(
                ours: { for index in 0..<$0 { ours.recordNanoseconds(sampleNanoseconds[index & 1_023]) } },
                empty: { for index in 0..<$0 { empty.recordNanoseconds(sampleNanoseconds[index & 1_023]) } }
            )
            guard try count(system) - before == Double(rounds * operationsPerRound) else {
                throw WrongResult("the timer shows \(try count(system))")
            }
            return figure
        },
        rivals: [],
        oursMax: nanosecondsMax
    )
}

private func count(_ system: TelemetrySystem) throws -> Double {
    switch system.registry.snapshot().value(of: "benchmark") {
    case .counter(let total): Double(total)
    case .histogram(let snapshot): Double(snapshot.count)
    case nil: 0
    default: throw WrongResult("the series is of another kind")
    }
}
