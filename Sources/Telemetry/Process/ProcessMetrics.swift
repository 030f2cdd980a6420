internal import VitrineCTelemetry
internal import VitrineSync

/// What the process and Swift's runtime use, as metrics of a registry.
///
/// Names are those that Prometheus's client libraries share (`process_resident_memory_bytes`, `process_cpu_seconds_total`
/// and so on), and for Swift `swift_heap_bytes` and `swift_task_start_seconds`: how long a task waits for one of the
/// threads that run tasks, which is what a blocked cooperative pool shows first. Needs no event loop. None of them
/// expires, however seldom it moves.
public final class ProcessMetrics: Sendable {
    private struct Level: Sendable {
        let gauge: Gauge
        let figure: @Sendable (ProcessStatus) -> Double?
    }

    private struct Total: Sendable {
        let counter: Counter
        let figure: @Sendable (ProcessStatus) -> Int64?
    }

    private let cpu: FloatingPointCounter
    private let totals: [Total]
    private let levels: [Level]
    private let taskStart: Histogram
    /// One at a time, so that nothing is counted twice.
    private let isTaking = Locked(())

    /// Registers the metrics; the first ``sample()`` gives them values.
    ///
    /// - Throws: `TelemetryError`: `typeConflict` when one of the names is another kind of metric, or `tooManyFamilies`.
    public init(_ registry: MetricRegistry) throws {
        cpu = try registry.floatingPointCounter("process_cpu_seconds_total", help: "CPU time, user and system.")
        totals = try Self.totals(registry)
        taskStart = try registry.histogram(
            "swift_task_start_seconds",
            help: "How long a new task waited for a thread to run on."
        )
        func level(_ name: String, _ help: String, _ figure: @escaping @Sendable (ProcessStatus) -> Double?) throws
            -> Level
        {
            Level(gauge: try registry.gauge(name, help: help), figure: figure)
        }
        levels = [
            try level("process_resident_memory_bytes", "Resident memory.") { $0.residentBytes },
            try level("process_resident_memory_max_bytes", "The most resident memory there was.") {
                $0.residentBytesMax
            },
            try level("process_virtual_memory_bytes", "Virtual memory.") { $0.virtualBytes },
            try level("process_open_fds", "Open file descriptors.") { $0.openFileCount },
            try level("process_max_fds", "The most file descriptors there may be.") { $0.openFileCountMax },
            try level("process_threads", "Threads.") { $0.threadCount },
            try level("process_start_time_seconds", "When the process started, since 1970.") { $0.startSeconds },
            try level("swift_heap_bytes", "Memory that is allocated.") { $0.heapBytes },
            try level("swift_heap_free_bytes", "Memory that the allocator keeps for later.") { $0.heapFreeBytes },
            try level("telemetry_recording_threads", "The most threads that recorded at one time.") { _ in
                Double(vitrine_block_count())
            },
        ]
    }

    private static func totals(_ registry: MetricRegistry) throws -> [Total] {
        let kind: LabelKey<String> = "kind"
        let faults = try registry.counters("process_page_faults_total", help: "Page faults.", by: kind)
        let switches = try registry.counters(
            "process_context_switches_total",
            help: "Times that a thread gave its processor up, or lost it.",
            by: kind
        )
        let transfers = try registry.counters(
            "process_storage_bytes_total",
            help: "Bytes that storage was asked for.",
            by: LabelKey<String>("direction")
        )
        // A process that has not faulted for a while still has the count.
        registry.keepForever([
            "process_page_faults_total", "process_context_switches_total", "process_storage_bytes_total",
        ])
        return [
            Total(counter: faults.series("minor")) { $0.minorFaults },
            Total(counter: faults.series("major")) { $0.majorFaults },
            Total(counter: switches.series("voluntary")) { $0.voluntarySwitches },
            Total(counter: switches.series("involuntary")) { $0.involuntarySwitches },
            Total(counter: transfers.series("read")) { $0.readBytes },
            Total(counter: transfers.series("written")) { $0.writtenBytes },
        ]
    }

    /// Reads everything once: about ten system calls.
    public func sample() {
        take(ProcessStatus.now())
    }

    /// Takes in what was read: counters grow up to it, whoever brought them to where they are.
    private func take(_ status: ProcessStatus) {
        isTaking.withLock { _ in
            cpu.increment(by: status.userSeconds + status.systemSeconds - cpu.value)
            for total in totals {
                let counted = Int64(clamping: total.counter.value)
                if let figure = total.figure(status) { total.counter.increment(by: figure - counted) }
            }
        }
        for level in levels {
            if let figure = level.figure(status) { level.gauge.set(figure) }
        }
    }

    /// Measures once how long a new task waits for a thread.
    public func probeTaskStart() async {
        let clock = ContinuousClock()
        let asked = clock.now
        let started = await Task.detached { clock.now }.value
        taskStart.record(started - asked)
    }
}
