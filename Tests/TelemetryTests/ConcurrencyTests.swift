import CoreMetrics
import Synchronization
import Telemetry
import Testing
import VitrineCTelemetry

@Suite("Recording from many threads", .serialized)
struct ConcurrencyTests {
    private let registry = MetricRegistry()

    @Test("eight threads of 100,000 recordings each lose nothing and count nothing twice")
    func nothingIsLost() throws {
        let counter = try registry.counter("events_total")
        let amounts = try registry.floatingPointCounter("amount_total")
        let gauge = try registry.gauge("level")
        let histogram = try registry.histogram("sizes", unit: .count)
        let reals = try registry.floatingPointHistogram("reals")
        onThreads(8) { thread in
            for step in 0..<100_000 {
                counter.increment()
                amounts.increment(by: 0.5)
                histogram.record(Int64(step))
                if step % 10 == 0 {
                    gauge.add(thread.isMultiple(of: 2) ? 1 : -1)
                    reals.record(Double(step))
                }
            }
        }
        #expect(counter.value == 800_000)
        #expect(amounts.value == 400_000)
        #expect(gauge.value == 0)
        #expect(histogram.snapshot().count == 800_000)
        #expect(histogram.snapshot().sum == 8 * 99_999 * 50_000)
        #expect(reals.snapshot().count == 80_000)
    }

    @Test("blocks of threads that ended go to new threads: memory is bounded and counts go on")
    func endedThreadsHandOver() throws {
        let counter = try registry.counter("events_total")
        let histogram = try registry.histogram("sizes", unit: .count)
        onThreads(4) { _ in counter.increment() }
        let before = vitrine_block_count()
        for _ in 0..<100 {
            onThreads(4) { thread in
                counter.increment(by: 2)
                histogram.record(Int64(thread))
            }
        }
        #expect(counter.value == 4 + 800)
        #expect(histogram.snapshot().count == 400)
        // Other suites' threads may start meanwhile; without the handing over there would be 400 more.
        #expect(vitrine_block_count() < before + 100)
    }

    @Test("a snapshot's sum, count and buckets are of the same moment while others record")
    func snapshotsAreConsistent() throws {
        let histogram = try registry.histogram("sizes", unit: .count)
        let snapshots = Atomic(0)
        let torn = Atomic(0)
        let written = Atomic(0)
        onThreads(4) { thread in
            if thread == 0 {
                while written.load(ordering: .acquiring) < 3 {
                    let snapshot = histogram.snapshot()
                    if snapshot.sum != Double(snapshot.count) * 7 { torn.add(1, ordering: .relaxed) }
                    snapshots.add(1, ordering: .relaxed)
                }
            } else {
                for _ in 0..<200_000 { histogram.record(7) }
                written.add(1, ordering: .releasing)
            }
        }
        #expect(snapshots.load(ordering: .relaxed) > 0)
        #expect(torn.load(ordering: .relaxed) == 0)
        #expect(histogram.snapshot().count == 600_000)
    }

    @Test("tasks that move from thread to thread between recordings lose nothing")
    func movingTasks() async throws {
        let counter = try registry.counter("events_total")
        let histogram = try registry.histogram("sizes", unit: .count)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<32 {
                group.addTask {
                    for step in 0..<300 {
                        counter.increment()
                        await Task.yield()
                        counter.increment()
                        histogram.record(Int64(step))
                        await Task.yield()
                        histogram.record(Int64(step))
                    }
                }
            }
        }
        #expect(counter.value == 32 * 600)
        #expect(histogram.snapshot().count == 32 * 600)
    }

    @Test("a metric whose slot was used before starts at zero")
    func slotsAreCleared() throws {
        for round in 0..<50 {
            let registry = MetricRegistry()
            let counters = try (0..<20).map { try registry.counter("c\($0)") }
            let histogram = try registry.histogram("h", unit: .count)
            #expect(counters.allSatisfy { $0.value == 0 } && histogram.snapshot().count == 0, "round \(round)")
            onThreads(3) { _ in
                for counter in counters { counter.increment(by: 9) }
                histogram.record(3)
            }
            #expect(counters.allSatisfy { $0.value == 27 } && histogram.snapshot().count == 3, "round \(round)")
        }
    }

    @Test("making, recording and destroying the same metrics from eight threads at once keeps every live count")
    func makeAndDestroy() {
        let system = TelemetrySystem()
        let kept = CoreMetrics.Counter(label: "kept", factory: system)
        onThreads(8) { thread in
            for step in 0..<300 {
                let shared = CoreMetrics.Counter(label: "kept", factory: system)
                shared.increment()
                shared.destroy()
                let own = CoreMetrics.Timer(label: "own", dimensions: [("thread", "\(thread)")], factory: system)
                own.recordNanoseconds(Int64(step))
                own.destroy()
            }
        }
        #expect(system.registry.snapshot().value(of: "kept") == .counter(2_400))
        #expect(!system.registry.snapshot().families.contains { $0.name == "own" })
        kept.destroy()
        #expect(system.registry.snapshot().value(of: "kept") == nil)
    }
}
