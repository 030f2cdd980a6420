import CPrometheus
import Harness
import Synchronization
import Telemetry

let prometheusVersion = "1.0.1"

func label(_ measure: Comparison.Measure) -> String {
    if case .twoThreadsCPU = measure { ", 2 threads" } else { "" }
}

/// How often a contender's work has been asked for in all: what its metric must show in the end.
final class Expected: Sendable {
    let count = Atomic<Int>(0)

    func check(_ found: Double) throws {
        let expected = Double(count.load(ordering: .relaxed))
        guard found == expected else { throw WrongResult("recorded \(expected) times, found \(found)") }
    }
}

func counter(
    _ measure: Comparison.Measure,
    against peer: Contender,
    ratioMin: Double
) throws -> Comparison {
    let counter = try MetricRegistry().counter("benchmark_total")
    let expected = Expected()
    let ours = Contender(
        "Vitrine Counter",
        version: "this commit",
        check: { try expected.check(Double(counter.value)) },
        work: { operations, _ in
            for _ in 0..<operations { counter.increment() }
            expected.count.add(operations, ordering: .relaxed)
        }
    )
    return Comparison(
        "counter" + label(measure) + " against \(peer.name)",
        measure: measure,
        operations: 2_000_000,
        ours: ours,
        peer: peer,
        ratioMin: ratioMin
    )
}

func prometheusCounter() -> Contender {
    let registry = UncheckedPointer(peer_registry_make())
    let counter = UncheckedPointer(peer_counter_make(registry.pointer, "benchmark_total"))
    let expected = Expected()
    return Contender(
        "prometheus-cpp",
        version: prometheusVersion,
        check: { try expected.check(peer_counter_value(counter.pointer)) },
        work: { operations, _ in
            peer_counter_increment(counter.pointer, operations)
            expected.count.add(operations, ordering: .relaxed)
        }
    )
}

func sharedAtomic() -> Contender {
    final class Shared: Sendable { let value = Atomic<Int>(0) }
    let shared = Shared()
    let expected = Expected()
    return Contender(
        "one relaxed atomic",
        version: "Swift 6",
        check: { try expected.check(Double(shared.value.load(ordering: .relaxed))) },
        work: { operations, _ in
            for _ in 0..<operations { shared.value.add(1, ordering: .relaxed) }
            expected.count.add(operations, ordering: .relaxed)
        }
    )
}

func histogram(_ measure: Comparison.Measure, ratioMin: Double) throws -> Comparison {
    // Durations from 1 us to 1 s, spread evenly over the decades.
    let nanoseconds = (0..<1_024).map { Int64(1_000 * pow10(Double(($0 * 367) % 1_024) / 1_024 * 6)) }
    let histogram = try MetricRegistry().histogram("benchmark_seconds", unit: .nanoseconds)
    let oursExpected = Expected()
    let ours = Contender(
        "Vitrine Histogram",
        version: "this commit",
        settings: ["buckets": "16 per octave"],
        check: { try oursExpected.check(Double(histogram.snapshot().count)) },
        work: { operations, _ in
            nanoseconds.withUnsafeBufferPointer { nanoseconds in
                for index in 0..<operations { histogram.record(nanoseconds[index & 1_023]) }
            }
            oursExpected.count.add(operations, ordering: .relaxed)
        }
    )
    let seconds = nanoseconds.map { Double($0) / 1e9 }
    // The client's default buckets: 11 of them, to be fair to its linear search.
    let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    let registry = UncheckedPointer(peer_registry_make())
    let peerHistogram = UncheckedPointer(
        peer_histogram_make(registry.pointer, "benchmark_seconds", bounds, bounds.count)
    )
    let peerExpected = Expected()
    let peer = Contender(
        "prometheus-cpp",
        version: prometheusVersion,
        settings: ["buckets": "11, the usual defaults"],
        check: { try peerExpected.check(peer_histogram_count(peerHistogram.pointer)) },
        work: { operations, _ in
            peer_histogram_observe(peerHistogram.pointer, seconds, operations)
            peerExpected.count.add(operations, ordering: .relaxed)
        }
    )
    return Comparison(
        "histogram" + label(measure),
        measure: measure,
        operations: 1_000_000,
        ours: ours,
        peer: peer,
        ratioMin: ratioMin
    )
}

func exposition(of count: Int, ratioMin: Double?) throws -> Comparison {
    let system = TelemetrySystem()
    let registry = UncheckedPointer(peer_registry_make())
    for index in 0..<count {
        try system.registry.counter("benchmark_\(index)_total", help: "a counter").increment(by: Int64(index))
        peer_counter_increment(peer_counter_make(registry.pointer, "benchmark_\(index)_total"), index % 7)
    }
    let length = Atomics()
    return Comparison(
        "exposition of \(count) counters",
        operations: 5,
        ours: Contender(
            "Vitrine Prometheus text",
            version: "this commit",
            check: { try length.check(length.ours, atLeast: count * 20) },
            work: { operations, _ in
                for _ in 0..<operations { length.ours.store(system.prometheusText().utf8.count, ordering: .relaxed) }
            }
        ),
        peer: Contender(
            "prometheus-cpp",
            version: prometheusVersion,
            check: { try length.check(length.peer, atLeast: count * 20) },
            work: { operations, _ in
                for _ in 0..<operations {
                    length.peer.store(peer_registry_expose(registry.pointer), ordering: .relaxed)
                }
            }
        ),
        ratioMin: ratioMin
    )
}

final class Atomics: Sendable {
    let ours = Atomic<Int>(0)
    let peer = Atomic<Int>(0)

    func check(_ length: borrowing Atomic<Int>, atLeast: Int) throws {
        let found = length.load(ordering: .relaxed)
        guard found >= atLeast else { throw WrongResult("an exposition of \(found) bytes") }
    }
}

func pow10(_ exponent: Double) -> Double {
    var result = 1.0
    var rest = exponent
    while rest >= 1 {
        result *= 10
        rest -= 1
    }
    // Enough for a spread of sample values: linear within the decade.
    return result * (1 + 9 * rest)
}

/// A handle of the peer's, which may be used from any thread.
struct UncheckedPointer: @unchecked Sendable {
    let pointer: OpaquePointer?

    init(_ pointer: OpaquePointer?) { self.pointer = pointer }
}
