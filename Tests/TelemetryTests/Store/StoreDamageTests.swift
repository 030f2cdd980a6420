import Telemetry
import Testing
import VitrineTestSupport

/// What is left of a store of which some bytes are not what was written.
@Suite("A store of series that was damaged")
struct StoreDamageTests {
    private let disk = SimulatedFileSystem()
    private let record = SweepRecord<Added>()
    private let catalog = "/metrics/series"

    private func write() async throws -> [String] {
        try await runScenario(disk, record, clock: ManualClock(sinceEpoch: moment(0)), goesOn: false)
        var files = ["/metrics/format", catalog]
        for folder in ["/metrics/blocks", "/metrics/log"] {
            files += try disk.list(folder).map { folder + "/" + $0 }
        }
        #expect(files.contains { $0.hasSuffix(".block") } && files.contains { $0.hasSuffix(".log") })
        return files
    }

    private func open(_ disk: SimulatedFileSystem, at second: Double = 300) async throws -> SeriesStore {
        try await SeriesStore.open(
            at: "/metrics",
            on: disk,
            configuration: tinyConfiguration,
            clock: ManualClock(sinceEpoch: moment(second)).now
        )
    }

    /// A copy of the store with a file changed; `nil` removes it.
    private func copy(_ file: String, _ change: ([UInt8]) -> [UInt8]?) throws -> SimulatedFileSystem {
        let damaged = disk.restarted(after: .kept)
        let bytes = try #require(disk.contents(ofFile: file))
        try damaged.remove(file)
        if let changed = change(bytes) { try damaged.install(changed, at: file) }
        return damaged
    }

    /// What a damaged store says and has.
    private struct Found {
        var isNamed = false
        var isLocked = false
        var missing: Set<Added> = []
    }

    /// Opens the store and holds what it has against what was added: no value may be another one.
    private func look(at disk: SimulatedFileSystem) async throws -> Found {
        var found = Found(missing: Set(record.acknowledged))
        do {
            let store = try await open(disk)
            found.isNamed = !store.statistics.damage.isEmpty
            for index in 0..<3 {
                do {
                    let series = try store.series("m", labels: [("i", "\(index)")])
                    for (second, value) in try store.values(of: series) {
                        let one = Added(second: Int(second), series: index)
                        #expect(value == one.value && Set(record.attempted).contains(one), "\(value) at \(second)")
                        found.missing.remove(one)
                    }
                } catch let error as TelemetryError {
                    #expect(error.code == .storeIsDamaged)
                    found.isNamed = true
                }
            }
            // Upkeep goes on around what is damaged.
            try await store.settle()
            try await store.close()
        } catch let error as TelemetryError {
            #expect([.storeIsDamaged, .notStore].contains(error.code), "\(error)")
            found.isNamed = true
        }
        return found
    }

    @Test("a flipped bit in any file is named, or else all that was added is there")
    func flippedBits() async throws {
        var random = SeededGenerator(seed: 5)
        var named = 0
        for file in try await write() {
            let size = try #require(disk.contents(ofFile: file)?.count)
            for byte in 0..<size
            where TestEnvironment.isSoak || size < 200 || Int.random(in: 0..<8, using: &random) == 0 {
                let bit = UInt8(1) << UInt8.random(in: 0..<8, using: &random)
                let found = try await look(
                    at: copy(file) { bytes in
                        var bytes = bytes
                        bytes[byte] ^= bit
                        return bytes
                    }
                )
                if found.isNamed { named += 1 }
                // The last record of a log may have been torn by a crash, for all that anybody can tell.
                let isTail = file.hasSuffix(".log") && found.missing.count <= 1
                #expect(found.isNamed || found.missing.isEmpty || isTail, "byte \(byte) of \(file): \(found.missing)")
            }
        }
        #expect(named > 50)
    }

    @Test("a file that was cut is named, or else all that was added is there but the end of a log")
    func cutFiles() async throws {
        for file in try await write() where !file.hasSuffix(".log") {
            let size = try #require(disk.contents(ofFile: file)?.count)
            for length in stride(from: 0, to: size, by: max(1, size / 40)) {
                let found = try await look(at: copy(file) { Array($0[..<length]) })
                #expect(found.isNamed || found.missing.isEmpty, "\(length) bytes of \(file): \(found.missing)")
            }
        }
        let removed = try await look(at: copy(catalog) { _ in nil })
        #expect(removed.isNamed)
    }

    @Test("upkeep keeps the points whose names were lost, and a copy of the catalogue brings them back")
    func restoredCatalog() async throws {
        _ = try await write()
        let whole = try #require(disk.contents(ofFile: catalog))
        for length in [0, 10, 16, 30, whole.count - 1] {
            let damaged = try copy(catalog) { Array($0[..<length]) }
            let clock = ManualClock(sinceEpoch: moment(300))
            var store = try await SeriesStore.open(
                at: "/metrics",
                on: damaged,
                configuration: tinyConfiguration,
                clock: clock.now
            )
            #expect(store.statistics.damage.contains { $0.contains(catalog) }, "\(length)")
            let other = try store.series("other")
            for second in stride(from: 300.0, through: 700, by: 50) {
                clock.advance(by: .seconds(50))
                try await store.add(1, to: other, at: moment(second))
                try await store.settle()
            }
            try await store.close()
            try damaged.remove(catalog)
            try damaged.install(whole, at: catalog)
            store = try await open(damaged, at: 700)
            for one in Set(record.acknowledged) {
                let series = try store.series("m", labels: [("i", "\(one.series)")])
                #expect(try store.values(of: series)[Double(one.second)] == one.value, "\(length): \(one)")
            }
            try await store.close()
        }
    }

    @Test("names that a crash or damage took from the catalogue come back out of the log")
    func namesInLog() async throws {
        var store = try await open(disk, at: 0)
        for index in 0..<4 {
            try await store.add(Double(index), to: store.series("n", labels: [("i", "\(index)")]), at: moment(0))
        }
        try await store.close()
        let whole = try #require(disk.contents(ofFile: catalog))
        for change in [
            { _ in [] }, { Array($0.dropLast(3)) },
            { bytes in bytes.indices.map { $0 == 40 ? bytes[$0] ^ 1 : bytes[$0] } },
        ] as [([UInt8]) -> [UInt8]] {
            let damaged = try copy(catalog, change)
            for _ in 0..<2 {
                store = try await open(damaged, at: 1)
                for index in 0..<4 {
                    let series = try store.series("n", labels: [("i", "\(index)")])
                    #expect(try store.values(of: series) == [0: Double(index)])
                }
                try await store.flush()
                try await store.close()
            }
            #expect(damaged.contents(ofFile: catalog) == whole)
        }
    }

    @Test("a query that asks for what a damaged block held says so, and others are answered")
    func queries() async throws {
        let files = try await write()
        var refusals = 0
        for file in files where file.hasPrefix("/metrics/blocks/") {
            let damaged = try copy(file) { Array($0.dropLast()) }
            let store = try await open(damaged)
            #expect(store.statistics.damage.contains { $0.contains(file) })
            let parts = file.split(whereSeparator: { "/-.".contains($0) }).compactMap { Int64($0) }
            let (start, end) = (Duration.milliseconds(parts[0]), Duration.milliseconds(parts[1]))
            let series = try store.series("m", labels: [("i", "0")])
            if file.contains("/t0-") {
                #expect(
                    try await storeCode { try store.samples(of: series, from: start, through: end) } == .storeIsDamaged
                )
                refusals += 1
            }
            _ = try store.samples(of: series, from: .zero, through: start - .milliseconds(1))
            _ = try store.samples(of: series, from: end, through: end + .milliseconds(1))
            try await store.close()
        }
        #expect(refusals > 1)
    }
}
