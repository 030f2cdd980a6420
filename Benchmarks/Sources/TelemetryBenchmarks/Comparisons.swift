import CPrometheus
import Harness
import Synchronization
import Telemetry

func label(_ measure: Comparison.Measure) -> String {
    if case .twoThreadsCPU = measure { ", 2 threads" } else { "" }
}

func counter(
    _ measure: Comparison.Measure,
    over rivals: [(Contender, ratioMin: Double)]
) throws -> Comparison {
    let counter = try MetricRegistry().counter("benchmark_total")
    let expected = Expected()
    return Comparison(
        "counter" + label(measure),
        measure: measure,
        operations: 2_000_000,
        ours: Contender(
            "Vitrine Counter",
            version: "this commit",
            check: { try expected.check(Double(counter.value)) },
            work: { operations, _ in
                for _ in 0..<operations { counter.increment() }
                expected.count.add(operations, ordering: .relaxed)
            }
        ),
        rivals: rivals.map { Comparison.Rival($0.0, ratioMin: $0.ratioMin) }
    )
}

func histogram(
    _ measure: Comparison.Measure,
    over rivals: [(Contender, ratioMin: Double)]
) throws -> Comparison {
    let histogram = try MetricRegistry().histogram("benchmark_seconds", unit: .nanoseconds)
    let expected = Expected()
    return Comparison(
        "histogram" + label(measure),
        measure: measure,
        operations: 1_000_000,
        ours: Contender(
            "Vitrine Histogram",
            version: "this commit",
            settings: ["buckets": "16 per octave"],
            check: { try expected.check(Double(histogram.snapshot().count)) },
            work: { operations, _ in
                sampleNanoseconds.withUnsafeBufferPointer { samples in
                    for index in 0..<operations { histogram.record(samples[index & 1_023]) }
                }
                expected.count.add(operations, ordering: .relaxed)
            }
        ),
        rivals: rivals.map { Comparison.Rival($0.0, ratioMin: $0.ratioMin) }
    )
}

private enum Method: String, LabelValue, CaseIterable {
    case get = "GET"
    case put = "PUT"
    case post = "POST"
    case delete = "DELETE"
}

/// Two labels whose values are drawn anew for each operation, looked up and counted.
func labels(_ measure: Comparison.Measure, nanosecondsMax: Double?) throws -> Comparison {
    let requests = try MetricRegistry().counters(
        "requests_total",
        by: LabelKey<Method>("method"),
        LabelKey<String>("route")
    )
    let methods = Method.allCases
    let routes = (0..<8).map { "/shop/item/\($0)" }
    let expected = Expected()
    let registry = UncheckedPointer(peer_registry_make())
    let family = UncheckedPointer(peer_counter_family_make(registry.pointer, "requests_total"))
    let peerExpected = Expected()
    return Comparison(
        "two labels looked up and counted" + label(measure),
        measure: measure,
        operations: 200_000,
        ours: Contender(
            "Vitrine CounterFamily",
            version: "this commit",
            settings: ["series": "32"],
            check: {
                var total: UInt64 = 0
                for method in methods { for route in routes { total += requests.series(method, route).value } }
                try expected.check(Double(total))
            },
            work: { operations, _ in
                for index in 0..<operations { requests.increment(methods[index & 3], routes[index >> 2 & 7]) }
                expected.count.add(operations, ordering: .relaxed)
            }
        ),
        rivals: [
            Comparison.Rival(
                Contender(
                    "prometheus-cpp",
                    version: prometheusVersion,
                    settings: ["series": "32"],
                    check: { try peerExpected.check(peer_counter_family_value(registry.pointer)) },
                    work: { operations, _ in
                        peer_counter_family_increment(family.pointer, operations)
                        peerExpected.count.add(operations, ordering: .relaxed)
                    }
                )
            )
        ],
        oursMax: nanosecondsMax
    )
}

func exposition(of count: Int, ratioMin: Double?) throws -> Comparison {
    let system = TelemetrySystem()
    let registry = UncheckedPointer(peer_registry_make())
    for index in 0..<count {
        try system.registry.counter("benchmark_\(index)_total", help: "a counter").increment(by: Int64(index))
        peer_counter_increment(peer_counter_make(registry.pointer, "benchmark_\(index)_total"), index)
    }
    let length = Lengths()
    return Comparison(
        "exposition of \(count) counters",
        measure: .threadCPU,
        operations: 20,
        ours: Contender(
            "Vitrine Prometheus text",
            version: "this commit",
            check: { try length.check(length.ours, atLeast: count * 20) },
            work: { operations, _ in
                for _ in 0..<operations { length.ours.store(system.exposition().count, ordering: .relaxed) }
            }
        ),
        rivals: [
            Comparison.Rival(
                Contender(
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
        ]
    )
}

/// How long the expositions were, so that nothing is left out by a compiler that sees no use for it.
final class Lengths: Sendable {
    let ours = Atomic<Int>(0)
    let peer = Atomic<Int>(0)

    func check(_ length: borrowing Atomic<Int>, atLeast: Int) throws {
        let found = length.load(ordering: .relaxed)
        guard found >= atLeast else { throw WrongResult("an exposition of \(found) bytes") }
    }
}
