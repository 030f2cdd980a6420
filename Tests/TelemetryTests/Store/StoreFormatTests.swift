import Telemetry
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("What a store's files say of themselves")
struct StoreFormatTests {
    private let disk = SimulatedFileSystem()
    private let clock = ManualClock(sinceEpoch: moment(0))

    private func open() async throws -> SeriesStore {
        try await SeriesStore.open(at: "/metrics", on: disk, configuration: shortTiers, clock: clock.now)
    }

    /// A store with two samples in its log; returns the files that begin with a title.
    private func prepare() async throws -> [String] {
        let store = try await open()
        for second in 0..<2 { try await store.add(Double(second), to: store.series("m"), at: moment(Double(second))) }
        try await store.close()
        return try ["/metrics/series"] + disk.list("/metrics/log").map { "/metrics/log/" + $0 }
    }

    private func change(_ path: String, _ body: (inout [UInt8]) -> Void) throws {
        var bytes = try #require(disk.contents(ofFile: path))
        body(&bytes)
        try disk.install(bytes, at: path)
    }

    @Test("tiers are CloudWatch's unless others are asked for")
    func defaults() throws {
        let tiers = StoreConfiguration().tiers
        #expect(tiers.map(\.resolution) == [.seconds(1), .seconds(60), .seconds(300), .seconds(3_600)])
        #expect(tiers.map(\.retention) == [3, 15 * 24, 63 * 24, 455 * 24].map { .seconds($0 * 3_600) })
    }

    @Test("a file of a later version is refused by name, and nothing is changed")
    func laterVersion() async throws {
        for path in try await prepare() {
            let before = disk.contents(ofFile: path)
            try change(path) { bytes in
                bytes.replaceUInt32(at: 8, with: 2)
                bytes.replaceUInt32(at: 12, with: CRC32C.checksum(of: bytes.span.extracting(0..<12)))
            }
            let error = await #expect(throws: TelemetryError.self) { _ = try await open() }
            #expect(error?.code == .unsupportedFormat && error?.message.contains(path) == true)
            try disk.install(try #require(before), at: path)
        }
        let store = try await open()
        #expect(try store.values(of: store.series("m")) == [0: 0, 1: 1])
        #expect(store.statistics.damage == [])
        try await store.close()
    }

    @Test("a title that is damaged is named, and its records are read all the same")
    func damagedTitle() async throws {
        for path in try await prepare() { try change(path) { $0[3] ^= 1 } }
        let store = try await open()
        #expect(store.statistics.damage.count == 2)
        #expect(try store.values(of: store.series("m")) == [0: 0, 1: 1])
        try await store.close()
    }

    @Test("a catalogue that a crash cut within its title begins anew and can be read again")
    func shortCatalogue() async throws {
        _ = try await prepare()
        try change("/metrics/series") { $0.removeLast($0.count - 7) }
        var store = try await open()
        let series = try store.series("n")
        try await store.add(5, to: series, at: moment(3))
        try await store.close()
        store = try await open()
        #expect(store.statistics.damage == [])
        #expect(try store.values(of: store.series("n")) == [3: 5])
        // The log still has the name that the catalogue lost.
        #expect(try store.values(of: store.series("m")) == [0: 0, 1: 1])
        try await store.close()
    }
}
