import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Durable consumers of changes")
struct ChangeConsumerTests {
    private let store = StreamHarness()
    private func key(_ sort: Int) -> Key { Key(partition: "p", sort: "\(sort)") }

    @Test("go on behind what they acknowledged, each by itself, after a restart")
    func restart() async throws {
        var catalog = try await store.open(retention: ChangeRetention())
        var table = try await catalog.bytesTable("t")
        _ = try await catalog.consumer(named: "slow")
        let quick = try await catalog.consumer(named: "quick", startingAfter: 0)
        var versions: [UInt64] = []
        for number in 0..<40 { versions.append(try await table.put([1], for: key(number)).version) }
        for try await set in try quick.changes() {
            try await quick.acknowledge(through: set.lastSequence, durability: .synced)
            if set.lastSequence == versions[24] { break }
        }
        #expect(try quick.position() == versions[24])
        try await catalog.close()

        catalog = try await store.open(retention: ChangeRetention())
        table = try await catalog.bytesTable("t")
        let again = try await catalog.consumer(named: "quick", startingAfter: 0)
        let rest = try await again.changes().sets(through: versions[39])
        #expect(rest.map(\.lastSequence) == Array(versions[25...]))
        let slow = try await catalog.consumer(named: "slow").changes().sets(through: versions[39])
        #expect(slow.map(\.lastSequence) == versions)
        try await catalog.close()
    }

    @Test("never go back, never ahead of what there is, and can be removed")
    func bounds() async throws {
        let catalog = try await store.open()
        let table = try await catalog.bytesTable("t")
        let consumer = try await catalog.consumer(named: "c", startingAfter: 0)
        let version = try await table.put([1], for: key(1)).version
        try await consumer.acknowledge(through: version)
        try await consumer.acknowledge(through: 1)
        #expect(try consumer.position() == version)
        let ahead = catalog.statistics.sequence + 1
        #expect(await catalogErrorCode { try await consumer.acknowledge(through: ahead) } == .invalidArgument)
        #expect(
            await catalogErrorCode { _ = try await catalog.consumer(named: "d", startingAfter: ahead) }
                == .invalidArgument
        )
        #expect(await catalogErrorCode { _ = try await catalog.consumer(named: "") } == .keyTooLong)
        #expect(try await catalog.removeConsumer(named: "c"))
        #expect(try await !catalog.removeConsumer(named: "c"))
        #expect(await catalogErrorCode { _ = try consumer.position() } == .invalidArgument)
        #expect(await catalogErrorCode { try await consumer.acknowledge(through: version) } == .invalidArgument)
        try await catalog.close()
    }
}
