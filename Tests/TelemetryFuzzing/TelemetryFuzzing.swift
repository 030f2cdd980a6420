import Telemetry
import VitrineIO
import VitrineSync
import VitrineTestSupport

/// What a fuzzer feeds with bytes: each decoder of a store's files and of queries, and what must hold of whatever it
/// accepts.
///
/// The functions trap when something does not hold; the fuzzer keeps the input.
public enum TelemetryFuzzing {
    static func hold(_ condition: Bool, _ what: @autoclosure () -> String) {
        precondition(condition, what())
    }

    /// Runs `body` in a task of its own and waits for it: a fuzzer's calls are synchronous.
    static func wait(_ body: @escaping @Sendable () async -> Void) {
        let done = Semaphore()
        Task {
            await body()
            done.signal()
        }
        done.wait()
    }

    /// Runs `body`, which may throw only what the module throws.
    @discardableResult
    static func refusal<Value>(_ body: () async throws -> Value) async -> Value? {
        do {
            return try await body()
        } catch {
            hold(error is TelemetryError, "another error: \(error)")
            return nil
        }
    }

    /// A record of a log or of the catalogue, as Docs/formats/telemetry.md has it.
    static func record(_ content: [UInt8]) -> [UInt8] {
        var length: [UInt8] = []
        length.appendLittleEndian(UInt32(content.count))
        var checksum = CRC32C(CRC32C.checksum(of: length.span))
        checksum.update(content.span)
        var bytes: [UInt8] = [0xF5, 0x46, 0x52, 0x4D]
        bytes += length
        bytes.appendLittleEndian(checksum.value)
        return bytes + content
    }

    /// The bytes cut into pieces, each as long as the byte before it says.
    static func pieces(_ bytes: [UInt8]) -> [[UInt8]] {
        var rest = bytes[...]
        var pieces: [[UInt8]] = []
        while let length = rest.popFirst() {
            pieces.append(Array(rest.prefix(Int(length))))
            rest = rest.dropFirst(Int(length))
        }
        return pieces
    }
}

/// A store of some minutes with numbers, histograms, finished blocks, pieces and a log, made once.
struct SmallStore: Sendable {
    static let shared = Task { try? await SmallStore() }
    /// When it was left, since 1970.
    static let end = Duration.seconds(1_780_000_420)

    let disk: SimulatedFileSystem

    init() async throws {
        let disk = SimulatedFileSystem()
        let clock = ManualClock(sinceEpoch: SmallStore.end - .seconds(400))
        let store = try await SmallStore.open(disk, clock)
        let registry = MetricRegistry()
        let requests = try registry.counter("requests_total", labels: [("route", "/")])
        let latency = try registry.histogram("latency_seconds")
        let load = try registry.gauge("load")
        for step in 0..<40 {
            clock.advance(by: .seconds(10))
            requests.increment(by: Int64(step))
            latency.record(Int64(1_000 << (step % 20)))
            load.set(Double(step).squareRoot())
            try await store.record(registry.snapshot(), at: clock.now())
            if step % 8 == 7 { while try await store.maintain() {} }
        }
        try await store.close()
        self.disk = disk
    }

    static func open(_ disk: SimulatedFileSystem, _ clock: ManualClock) async throws -> SeriesStore {
        var configuration = StoreConfiguration()
        configuration.tiers = [
            StoreTier(resolution: .seconds(1), retention: .seconds(1_200)),
            StoreTier(resolution: .seconds(10), retention: .seconds(24_000)),
        ]
        configuration.outOfOrderWindow = .seconds(5)
        configuration.headAgeMax = .seconds(70)
        return try await SeriesStore.open(at: "/metrics", on: disk, configuration: configuration, clock: clock.now)
    }

    /// Does with what may be damaged all that can be done with a store.
    static func examine(_ damaged: SimulatedFileSystem) async {
        let clock = ManualClock(sinceEpoch: end)
        for _ in 0..<2 {
            await TelemetryFuzzing.refusal {
                let store = try await open(damaged, clock)
                await read(store)
                await TelemetryFuzzing.refusal {
                    let series = try store.series("load")
                    var batch = SampleBatch(at: clock.now())
                    batch.add(1, to: series)
                    try await store.append(batch)
                }
                await TelemetryFuzzing.refusal { while try await store.maintain() {} }
                await read(store)
                await TelemetryFuzzing.refusal { try await store.close() }
            }
            clock.advance(by: .seconds(300))
        }
    }

    private static func read(_ store: SeriesStore) async {
        let kinds: [(String, SeriesKind)] = [
            ("load", .gauge), ("requests_total", .counter), ("latency_seconds", .histogram),
        ]
        for (name, kind) in kinds {
            let labels = kind == .counter ? [("route", "/")] : []
            guard let series = await TelemetryFuzzing.refusal({ try store.series(name, labels: labels, kind: kind) })
            else { continue }
            let all = Duration.seconds(1 << 40)
            let times: [Duration]?
            if kind == .histogram {
                times = await TelemetryFuzzing.refusal {
                    try store.histograms(of: series, from: .zero, through: all).map(\.time)
                }
            } else {
                times = await TelemetryFuzzing.refusal {
                    try store.samples(of: series, from: .zero, through: all).map(\.time)
                }
            }
            ascends(times ?? [])
        }
        for query in [
            Series().rate(over: .seconds(60)), Series().latest, Series("load").average(over: .seconds(100)).sum(),
            Series("latency_seconds").increase(over: .seconds(60)).sum().histogramQuantile(0.9),
        ] {
            await TelemetryFuzzing.refusal {
                try store.evaluate(query, from: end - .seconds(400), through: end, step: .seconds(20))
            }
        }
    }

    private static func ascends(_ times: [Duration]) {
        for (before, after) in zip(times, times.dropFirst()) {
            TelemetryFuzzing.hold(before < after, "times that do not ascend")
        }
    }
}
