import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Expiry in a catalog")
struct CatalogExpiryTests {
    private let disk = SimulatedFileSystem()
    private let clock = ManualClock()
    private let key = Key(partition: "p", sort: "1")

    @Test("hides an item from its very millisecond on, in gets and ranges, before and after a restart")
    func exact() async throws {
        var catalog = try await openCatalog(on: disk, clock: clock)
        try await catalog.put([1], for: key, lifetime: .milliseconds(1_500))
        try await catalog.put([2], for: Key(partition: "p", sort: "2"))
        clock.advance(by: .milliseconds(1_499))
        #expect(try catalog.value(for: key) == [1])
        try await catalog.close()
        catalog = try await openCatalog(on: disk, clock: clock)
        #expect(try catalog.value(for: key) == [1])
        clock.advance(by: .microseconds(999))
        #expect(try catalog.value(for: key) == [1])
        clock.advance(by: .microseconds(1))
        #expect(try catalog.value(for: key) == nil)
        #expect(try catalog.range(of: "p").map(\.value) == [[2]])
        #expect(try catalog.range(of: "p", limit: 1, reversed: true).map(\.value) == [[2]])
        #expect(try await !catalog.delete(key), "there was none any more")
        try await catalog.close()
        catalog = try await openCatalog(on: disk, clock: clock)
        #expect(try catalog.value(for: key) == nil)
        try await catalog.close()
    }

    @Test("never brings back an older version that the expired one replaced")
    func noOlderVersion() async throws {
        var catalog = try await openCatalog(on: disk, clock: clock)
        try await catalog.put([1], for: key)
        try await catalog.put([2], for: key, lifetime: .seconds(1))
        clock.advance(by: .seconds(1))
        #expect(try catalog.value(for: key) == nil)
        #expect(try await catalog.sweepExpired(limit: 10) == 1)
        try await catalog.close()
        catalog = try await openCatalog(on: disk, clock: clock)
        #expect(try catalog.value(for: key) == nil)
        #expect(catalog.statistics.keyCount == 0)
        try await catalog.close()
    }

    @Test("takes lifetimes of zero, less, and of ages")
    func oddLifetimes() async throws {
        let catalog = try await openCatalog(on: disk, clock: clock)
        for lifetime in [Duration.zero, .seconds(-5)] {
            try await catalog.put([1], for: key, lifetime: lifetime)
            #expect(try catalog.value(for: key) == nil)
        }
        try await catalog.put([1], for: key, lifetime: .seconds(Int64.max))
        clock.advance(by: .seconds(100_000_000))
        #expect(try catalog.value(for: key) == [1])
        try await catalog.close()
    }

    @Test("is swept up to the limit, durably, and spares what was put anew")
    func sweeping() async throws {
        var catalog = try await openCatalog(on: disk, clock: clock)
        for number in 0..<250 {
            let key = Key(partition: "p\(number % 7)", sort: "\(number)")
            try await catalog.put([1], for: key, lifetime: .seconds(number < 200 ? 10 : 20), durability: .buffered)
        }
        try await catalog.put([2], for: Key(partition: "p0", sort: "0"), lifetime: .seconds(30))
        try await catalog.put([2], for: Key(partition: "p1", sort: "1"))
        #expect(try await catalog.sweepExpired(limit: .max) == 0)
        clock.advance(by: .seconds(10))
        #expect(try await catalog.sweepExpired(limit: 150) == 150)
        #expect(try await catalog.sweepExpired(limit: 150) == 48)
        #expect(try await catalog.sweepExpired(limit: 150) == 0)
        #expect(catalog.statistics.keyCount == 52)
        try await catalog.close()
        catalog = try await openCatalog(on: disk, clock: clock)
        #expect(catalog.statistics.keyCount == 52)
        clock.advance(by: .seconds(10))
        #expect(try await catalog.sweepExpired(limit: .max) == 50)
        #expect(try catalog.value(for: Key(partition: "p0", sort: "0")) == [2])
        try await catalog.close()
    }

    @Test("is swept by run until its task is cancelled")
    func running() async throws {
        var configuration = CatalogConfiguration(sweepInterval: .milliseconds(1), sweepItemCountMax: 2)
        configuration.now = clock.now
        let catalog = try await Catalog.open(at: "/s", configuration: configuration, disk: disk, freshStoreID: 1)
        for number in 0..<5 { try await catalog.put([], for: Key(partition: "\(number)"), lifetime: .seconds(1)) }
        let task = Task { try await catalog.run() }
        clock.advance(by: .seconds(1))
        while catalog.statistics.keyCount > 0 { await Task.yield() }
        task.cancel()
        try await task.value
        try await catalog.close()
        #expect(await code { try await catalog.run() } == .isClosed)
    }
}
