import Glibc
import Telemetry
import Testing

@Suite("The process's own metrics")
struct ProcessTests {
    private let system = TelemetrySystem()

    private func gauge(_ name: String) -> Double? {
        if case .gauge(let value)? = system.registry.snapshot().value(of: name) { value } else { nil }
    }

    @Test("what is told is what the kernel tells")
    func figures() throws {
        let metrics = try ProcessMetrics(system.registry)
        let kept = [UInt8](repeating: 1, count: 32 << 20)
        metrics.sample()
        let resident = try #require(gauge("process_resident_memory_bytes"))
        #expect(resident > Double(kept.count) && resident <= gauge("process_virtual_memory_bytes") ?? 0)
        #expect(try #require(gauge("process_resident_memory_max_bytes")) >= Double(kept.count))
        #expect(try #require(gauge("swift_heap_bytes")) >= Double(kept.count))
        #expect(try #require(gauge("process_threads")) >= 1)
        let started = try #require(gauge("process_start_time_seconds"))
        #expect(started > 1_600_000_000 && started <= Double(time(nil)) + 1)
        guard case .floatingPointCounter(let cpu)? = system.registry.snapshot().value(of: "process_cpu_seconds_total")
        else {
            Issue.record("no CPU time")
            return
        }
        #expect(cpu > 0)
    }

    @Test("an open file is counted")
    func openFiles() throws {
        let metrics = try ProcessMetrics(system.registry)
        // Other tests open and close files meanwhile, a few at a time.
        var files: [Int32] = []
        for _ in 0..<200 { files.append(dup(0)) }
        metrics.sample()
        for file in files { close(file) }
        let open = try #require(gauge("process_open_fds"))
        #expect(open >= 200)
        if let most = gauge("process_max_fds") { #expect(most >= open) }
    }

    @Test("counters grow by what came since, and never fall")
    func counters() throws {
        let metrics = try ProcessMetrics(system.registry)
        var last = -1.0
        for _ in 0..<5 {
            metrics.sample()
            guard
                case .floatingPointCounter(let cpu)? = system.registry.snapshot().value(of: "process_cpu_seconds_total")
            else { continue }
            #expect(cpu >= last)
            last = cpu
        }
        let faults = system.registry.snapshot().value(of: "process_page_faults_total", labels: [("kind", "minor")])
        #expect(faults.map { $0 != .counter(0) } == true)
    }

    @Test("a run after a run counts on from where the first one was")
    func twice() throws {
        for _ in 0..<3 { try ProcessMetrics(system.registry).sample() }
        guard case .floatingPointCounter(let cpu)? = system.registry.snapshot().value(of: "process_cpu_seconds_total")
        else {
            Issue.record("no CPU time")
            return
        }
        var usage = rusage()
        unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
        let now =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        #expect(cpu > 0 && cpu <= now + 1e-6)
    }

    @Test("what the process always has never expires and counts for nothing expired")
    func lasting() throws {
        let time = ManualTime()
        let registry = MetricRegistry(
            configuration: TelemetryConfiguration(idleLifetime: .seconds(60)),
            now: { time.now }
        )
        try ProcessMetrics(registry).sample()
        let names = registry.snapshot().families.filter { $0.name.hasPrefix("process_") }.map {
            ($0.name, $0.series.count)
        }
        #expect(names.contains { $0 == "process_storage_bytes_total" && $1 == 2 })
        for _ in 0..<5 {
            time.advance(seconds: 100)
            registry.expireIdle()
        }
        let later = registry.snapshot()
        for (name, count) in names {
            #expect(later.families.first { $0.name == name }?.series.count == count, "\(name)")
        }
        #expect(later.families.first { $0.name == "telemetry_series_expired_total" }?.series.isEmpty == true)
    }

    @Test("run goes on until it is cancelled, and returns then")
    func run() async throws {
        let clock = StepClock()
        let task = Task { try await system.run(every: .seconds(10), clock: clock) }
        await clock.waitForSleeper()
        #expect(gauge("process_threads") != nil)
        guard case .histogram(let starts)? = system.registry.snapshot().value(of: "swift_task_start_seconds") else {
            Issue.record("no task was started")
            return
        }
        #expect(starts.count == 1)
        clock.wake()
        await clock.waitForSleeper()
        task.cancel()
        try await task.value
        guard case .histogram(let more)? = system.registry.snapshot().value(of: "swift_task_start_seconds") else {
            return
        }
        #expect(more.count == 2)
    }

    @Test("run says when its names are taken")
    func conflict() async throws {
        _ = try system.registry.counter("process_threads")
        let error = await #expect(throws: TelemetryError.self) { try await system.run() }
        #expect(error?.code == .typeConflict)
    }
}
