import Glibc
import Telemetry
import Testing
import VitrineTestSupport

/// A sample that a scenario adds: its second, series and value.
struct Added: Sendable, Hashable {
    let second: Int
    let series: Int
    var value: Double { Double(second * 10 + series) / 4 }
}

/// Samples of three series over some minutes, so that heads are flushed and blocks put together several times.
let tinyConfiguration: StoreConfiguration = {
    var configuration = StoreConfiguration()
    configuration.tiers = [
        StoreTier(resolution: .seconds(1), retention: .seconds(1_200)),
        StoreTier(resolution: .seconds(10), retention: .seconds(24_000)),
    ]
    configuration.outOfOrderWindow = .seconds(5)
    configuration.headAgeMax = .seconds(40)
    return configuration
}()

func runScenario(
    _ disk: SimulatedFileSystem,
    _ record: SweepRecord<Added>,
    clock: ManualClock,
    goesOn: Bool
) async throws {
    var store = try await SeriesStore.open(at: "/metrics", on: disk, configuration: tinyConfiguration, clock: clock.now)
    for step in 0..<12 {
        clock.advance(by: .seconds(20))
        do {
            for index in 0..<2 {
                let second = step * 20 + index * 7
                var batch = SampleBatch(at: moment(Double(second)))
                let added = (0..<(index == 0 ? 3 : 1)).map { Added(second: second, series: $0) }
                for one in added { batch.add(one.value, to: try store.series("m", labels: [("i", "\(one.series)")])) }
                for one in added { record.attempt(one) }
                if try await store.append(batch) > 0 { for one in added { record.acknowledge(one) } }
            }
            if step % 2 == 1 { while try await store.maintain() {} }
            if step == 8 {
                try await store.close()
                store = try await SeriesStore.open(
                    at: "/metrics",
                    on: disk,
                    configuration: tinyConfiguration,
                    clock: clock.now
                )
            }
        } catch {
            guard goesOn else { throw error }
        }
    }
    try await store.close()
}

/// Opens what is left and holds it against what was acknowledged.
private func check(_ disk: SimulatedFileSystem, _ record: SweepRecord<Added>) async throws {
    let clock = ManualClock(sinceEpoch: moment(400))
    let store = try await SeriesStore.open(at: "/metrics", on: disk, configuration: tinyConfiguration, clock: clock.now)
    try await compare(store, record)
    // And once more when all that waits was done, and after another sample.
    try await store.settle()
    try await compare(store, record)
    let series = try store.series("m", labels: [("i", "0")])
    try await store.add(1e6, to: series, at: moment(399))
    try hold(try store.values(of: series)[399] == 1e6, "a sample that was added after recovery is not there")
    try hold(store.statistics.damage.isEmpty, "damage: \(store.statistics.damage)")
    try await store.close()
}

private func compare(_ store: SeriesStore, _ record: SweepRecord<Added>) async throws {
    let attempted = Set(record.attempted)
    let acknowledged = Set(record.acknowledged)
    for index in 0..<3 {
        let found = try store.values(of: store.series("m", labels: [("i", "\(index)")]))
        for one in acknowledged where one.series == index {
            try hold(found[Double(one.second)] == one.value, "series \(index) at \(one.second) is \(found)")
        }
        for (second, value) in found {
            let one = Added(second: Int(second), series: index)
            try hold(
                attempted.contains(one) && one.value == value || second == 399,
                "\(value) at \(second) of \(index)"
            )
        }
        let counts = try store.samples(
            of: store.series("m", labels: [("i", "\(index)")]),
            from: .zero,
            through: moment(1e6)
        )
        try hold(counts.allSatisfy { $0.count == 1 }, "a sample was counted twice")
    }
    // What was rolled up agrees too: a sample of each window is its last.
    let sums = try store.evaluate(
        Series("m").count(over: .seconds(3_000)),
        from: moment(380),
        through: moment(380),
        step: .seconds(1_000)
    )
    for one in sums.series {
        let index = Int(one.labels.first?.value ?? "") ?? 0
        let count = Int(one.value(at: 0) ?? 0)
        try hold(
            count >= acknowledged.count { $0.series == index } && count <= attempted.count { $0.series == index },
            "\(count) samples of series \(index) are counted"
        )
    }
}

@Suite("A store of series on failing disks")
struct StoreCrashTests {
    @Test("after a crash at any operation all acknowledged samples are there, once, and nothing that was never added")
    func crashes() async throws {
        let seed = TestEnvironment.seed(91)
        let report = try await CrashSweep.run(seed: seed, recoveryCrashes: TestEnvironment.count(1, soak: 5, brief: 0))
        {
            disk,
            record in
            try await runScenario(disk, record, clock: ManualClock(sinceEpoch: moment(0)), goesOn: false)
        } check: { disk, record in
            try await check(disk, record)
        }
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.runCount > 100, "\(report)")
    }

    @Test("whichever operation fails, once or for good, what was acknowledged is there after the next crash")
    func faults() async throws {
        let seed = TestEnvironment.seed(92)
        let report = try await FaultSweep.run(seed: seed, errnos: [EIO, ENOSPC], outcomes: [.lost, .reordered]) {
            disk,
            record in
            try await runScenario(disk, record, clock: ManualClock(sinceEpoch: moment(0)), goesOn: true)
        } check: { disk, record in
            try await check(disk, record)
        }
        #expect(report.failures.isEmpty, "\(report)")
    }

    @Test("after a failed flush of the log the store takes nothing more, says why, and still reads")
    func readOnly() async throws {
        let disk = SimulatedFileSystem()
        let clock = ManualClock(sinceEpoch: moment(0))
        let store = try await SeriesStore.open(
            at: "/metrics",
            on: disk,
            configuration: tinyConfiguration,
            clock: clock.now
        )
        let series = try store.series("m")
        try await store.add(1, to: series, at: moment(0))
        disk.fail(errno: EIO) { $0.kind == .synchronize }
        #expect(try await storeCode { try await store.add(2, to: series, at: moment(1)) } == .storeFailed)
        #expect(try await storeCode { try await store.add(3, to: series, at: moment(2)) } == .storeIsReadOnly)
        #expect(try await storeCode { try store.series("n") } == .storeIsReadOnly)
        #expect(try store.values(of: series)[0] == 1)
        #expect(disk.misuses.isEmpty)
        #expect(try await storeCode { try await store.close() } == .storeIsReadOnly)
    }
}
