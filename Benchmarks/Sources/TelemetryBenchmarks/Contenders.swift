import CPrometheus
import Harness
import Synchronization
import Telemetry

let prometheusVersion = "1.0.1"

/// How often a contender's work has been asked for in all: what its metric must show in the end.
final class Expected: Sendable {
    let count = Atomic<Int>(0)

    func check(_ found: Double) throws {
        let expected = Double(count.load(ordering: .relaxed))
        guard found == expected else { throw WrongResult("recorded \(expected) times, found \(found)") }
    }
}

/// A handle of the peer's, which may be used from any thread.
struct UncheckedPointer: @unchecked Sendable {
    let pointer: OpaquePointer?

    init(_ pointer: OpaquePointer?) { self.pointer = pointer }
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

/// Durations from 1 us to 1 s in nanoseconds, spread evenly over the decades.
let sampleNanoseconds = (0..<1_024).map { Int64(1_000 * pow10(Double(($0 * 367) % 1_024) / 1_024 * 6)) }

func prometheusHistogram() -> Contender {
    let seconds = sampleNanoseconds.map { Double($0) / 1e9 }
    // The client's default buckets: 11 of them, to be fair to its linear search.
    let bounds = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
    let registry = UncheckedPointer(peer_registry_make())
    let histogram = UncheckedPointer(peer_histogram_make(registry.pointer, "benchmark_seconds", bounds, bounds.count))
    let expected = Expected()
    return Contender(
        "prometheus-cpp",
        version: prometheusVersion,
        settings: ["buckets": "11, the usual defaults"],
        check: { try expected.check(peer_histogram_count(histogram.pointer)) },
        work: { operations, _ in
            peer_histogram_observe(histogram.pointer, seconds, operations)
            expected.count.add(operations, ordering: .relaxed)
        }
    )
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
