import CoreMetrics
import MetricsTestKit
import OrderLedger
import Testing
import VitrineSync
import VitrineTestSupport

@Suite("Metrics")
struct MetricsTests {
    /// The backend of this process, which can have one only.
    private static let backend: TestMetrics = {
        let backend = TestMetrics()
        MetricsSystem.bootstrap(backend)
        return backend
    }()

    @Test("the log's size and the oldest reader's age are recorded, although nobody writes")
    func gauges() async throws {
        let backend = Self.backend
        let test = try await TestLedger { $0.expiryInterval = .milliseconds(2) }
        let isReading = Flag()
        let gate = Semaphore()
        let reader = Task {
            try await test.ledger.read { _ in
                isReading.value = true
                gate.wait()
            }
        }
        while !isReading.value { await Task.yield() }
        // Other ledgers of this process record into the same gauges, zeros among the rest, so every value counts that was
        // ever recorded, and this ledger's reader and log show sooner or later.
        for gauge in ["oldest_reader_age_seconds", "wal_bytes", "wal_file_bytes"] {
            while try !backend.expectGauge("order_ledger_\(gauge)").values.contains(where: { $0 > 0 }) {
                await Task.yield()
            }
        }
        #expect(try backend.expectCounter("order_ledger_commits_total").totalValue > 0)
        gate.signal()
        try await reader.value

        let brake = Gate()
        let slow = Collector { _ in await brake.pass() }
        let attached = try await Attached(slow, to: test.ledger, .async(), as: "slow in metrics")
        _ = try await test.ledger.place(request("k1", [("a", 1)]))
        for gauge in ["bytes", "transactions"] {
            func values() -> [Double] {
                let name = "order_ledger_replication_lag_\(gauge)"
                return (try? backend.expectGauge(name, [("sink", "slow in metrics")]).values) ?? []
            }
            while !values().contains(where: { $0 > 0 }) { await Task.yield() }
        }
        brake.open()
        attached.link.detach()
        try await attached.end()
        #expect(test.ledger.statistics.readers == 0 && test.ledger.statistics.oldestReaderAge == .zero)
    }
}
