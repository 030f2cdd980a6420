import CatalogKV
import Testing
import VitrineTestSupport

@Suite("Random operations on a catalog")
struct CatalogModelTests {
    @Test("answer and leave what they do in a dictionary, across segments, kills and openings", arguments: 1...4)
    func randomOperations(_ usual: UInt64) async throws {
        let seed = TestEnvironment.seed(usual)
        var maker = StepMaker(seed: seed)
        let clock = ManualClock(sinceEpoch: .milliseconds(CrashTrial.startTime))
        var disk = SimulatedFileSystem(seed: seed, hasShortTransfers: true)
        var catalog = try await CatalogUnderTest.open(disk, clock: clock)
        var model = ModelCatalog(time: CrashTrial.startTime)
        for number in 0..<TestEnvironment.count(250, soak: 20_000) {
            let step = maker.step()
            switch step {
            case .reopen:
                try await catalog.close()
                catalog = try await CatalogUnderTest.open(disk, clock: clock)
                #expect(catalog.catalog.statistics.opening.wasClosed, "seed \(seed), step \(number)")
            case .flush where maker.pick(2) == 0:
                // The process is killed: everything it had written is there.
                disk.crash()
                disk = disk.restarted(after: .kept, seed: maker.generator.next())
                catalog = try await CatalogUnderTest.open(disk, clock: clock)
                #expect(catalog.catalog.statistics.opening.tornByteCount == 0, "seed \(seed), step \(number)")
            case .advance(let milliseconds):
                clock.advance(by: .milliseconds(milliseconds))
                model.apply(step)
            default:
                let answer = try await catalog.perform(step)
                #expect(answer == model.apply(step), "seed \(seed), step \(number): \(step)")
            }
            if maker.pick(5) == 0 {
                #expect(try await catalog.items() == model.living, "seed \(seed), step \(number): \(step)")
            }
        }
        #expect(try await catalog.items() == model.living, "seed \(seed)")
        try await catalog.close()
        #expect(disk.misuses == [])
    }
}
