internal import Glibc
internal import Synchronization
internal import Telemetry
internal import VitrineTestSupport

// A child process for a test to kill: opens the series store of its first argument and adds to it without end what
// `SampleScript` says, one second of its own clock after the other, while another task flushes, rolls up and drops.
// Numbers go in by batches that are flushed, a histogram by snapshots of a registry that are not, for a kill leaves what
// the system has. Writes "ready" when the store is open, then each second that was acknowledged, straight to standard
// output, so that what the test has read was acknowledged before the kill. Seconds go on where the store's own left off.

func say(_ line: String) {
    let bytes = Array("\(line)\n".utf8)
    // A pipe takes lines of this length in one piece (PIPE_BUF, pipe(7)).
    let written = unsafe bytes.withUnsafeBufferPointer { bytes in
        unsafe write(STDOUT_FILENO, bytes.baseAddress, bytes.count)
    }
    if written != bytes.count { exit(1) }
}

func moment(_ second: Int) -> Duration { SampleScript.start + .seconds(second) }

/// The second after the newest that the store has anything of.
func nextSecond(_ store: SeriesStore, _ numbers: SeriesID, _ histogram: SeriesID) throws -> Int {
    let end = moment(1 << 30)
    let newest = [
        try store.samples(of: numbers, from: .zero, through: end).last?.time,
        try store.histograms(of: histogram, from: .zero, through: end).last?.time,
    ]
    return newest.compactMap { $0.map { Int(($0 - moment(0)).components.seconds) + 1 } }.max() ?? 0
}

guard CommandLine.arguments.count == 2 else {
    say("usage: TelemetryCrashWriter <directory>")
    exit(2)
}
let now = Atomic(0)
var configuration = StoreConfiguration()
configuration.tiers = SampleScript.tiers.map {
    StoreTier(resolution: .seconds($0.resolution), retention: .seconds($0.retention))
}
configuration.outOfOrderWindow = .seconds(3)
configuration.headAgeMax = .seconds(7)
let store = try await SeriesStore.open(at: CommandLine.arguments[1], configuration: configuration) {
    moment(now.load(ordering: .relaxed))
}
let numbers = try (0..<SampleScript.seriesCount).map { try store.series("number", labels: [("series", "\($0)")]) }
let registry = MetricRegistry()
let latency = try registry.histogram("latency_seconds")
let stored = try store.series("latency_seconds", kind: .histogram)
let first = try nextSecond(store, numbers[0], stored)
now.store(first, ordering: .relaxed)
say("ready")
try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask {
        while true { if try await !store.maintain() { await Task.yield() } }
    }
    group.addTask {
        for second in first... {
            now.store(second, ordering: .relaxed)
            var batch = SampleBatch(at: moment(second))
            for (index, series) in numbers.enumerated() {
                batch.add(SampleScript.value(second, series: index), to: series)
            }
            let taken = try await store.append(batch)
            for _ in 0..<SampleScript.sampleCount(second) { latency.record(SampleScript.nanoseconds(second)) }
            // The histogram, and a counter of the registry's own.
            let recorded = try await store.record(registry.snapshot(), at: moment(second))
            guard taken == numbers.count, recorded == 2 else {
                say("samples of second \(second) were refused")
                exit(1)
            }
            say("\(second)")
        }
    }
    try await group.waitForAll()
}
