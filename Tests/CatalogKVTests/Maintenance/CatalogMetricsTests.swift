import CatalogKV
import MetricsTestKit
import Testing
import VitrineTestSupport

@Suite("Counts for swift-metrics")
struct CatalogMetricsTests {
    @Test("are those of acknowledged writes, swept items and bytes that compaction moved")
    func counts() async throws {
        let metrics = TestMetrics()
        let clock = ManualClock()
        var configuration = CatalogConfiguration(segmentByteCountMax: 8_192, indexPartitionCount: 4)
        configuration.now = clock.now
        configuration.metricsFactory = metrics
        let catalog = try await Catalog.open(
            at: "/store",
            configuration: configuration,
            disk: SimulatedFileSystem(),
            freshStoreID: 1
        )
        let table = try await catalog.bytesTable("t")
        let before = metrics.counterTotal(label: "catalogkv_writes_total")
        for number in 0..<60 {
            let value = [UInt8](repeating: 1, count: 300)
            let lifetime: Duration? = (20..<27).contains(number) ? .seconds(1) : nil
            try await table.put(value, for: Key(partition: "\(number % 40)"), lifetime: lifetime, durability: .buffered)
        }
        let (first, second) = (Key(partition: "a"), Key(partition: "8"))
        _ = try await catalog.transact([table.putting([1], for: first), table.deleting(second)])
        #expect(metrics.counterTotal(label: "catalogkv_writes_total") - before == 61)

        clock.advance(by: .seconds(2))
        #expect(try await catalog.sweepExpired() == 7)
        #expect(metrics.counterTotal(label: "catalogkv_expirations_total") == 7)

        let report = try await catalog.compact()
        #expect(report.movedByteCount > 0)
        #expect(metrics.counterTotal(label: "catalogkv_compaction_moved_bytes_total") == Int64(report.movedByteCount))
        try await catalog.close()
    }
}
