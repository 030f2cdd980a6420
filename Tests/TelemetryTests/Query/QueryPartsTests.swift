import Telemetry
import Testing
import VitrineSync
import VitrineTestSupport

@Suite("Queries that are put together")
struct QueryPartsTests {
    @Test("a query that is put together of too many parts is refused when it is evaluated")
    func parts() async throws {
        let store = try await SeriesStore.open(
            at: "/metrics",
            on: SimulatedFileSystem(),
            clock: ManualClock(sinceEpoch: moment(0)).now
        )
        try await store.add(1, to: store.series("m"), at: moment(0))
        let one = Series("m").latest
        var (chain, doubled) = (one, one)
        for _ in 1..<500 { chain = chain + one }
        #expect(try store.evaluate(chain, at: moment(0)).series.first?.value(at: 0) == 500)
        #expect(chain.description.hasPrefix("m + m + "))
        for _ in 0..<100_000 { chain = one + chain.sum() }
        #expect(try await storeCode { try store.evaluate(chain, at: moment(0)) } == .queryIsTooLarge)
        #expect(!chain.description.isEmpty && chain == chain + one)
        for _ in 0..<100 { doubled = doubled + doubled }
        #expect(try await storeCode { try store.evaluate(doubled, at: moment(0)) } == .queryIsTooLarge)
        try await store.close()
    }
}
