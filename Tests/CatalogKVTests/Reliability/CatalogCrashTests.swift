import CatalogKV
import Testing
import VitrineTestSupport

@Suite("After a crash, a catalog", .serialized)
struct CatalogCrashTests {
    @Test(
        "has every acknowledged write, no half of a transaction, nothing that was deleted, and a whole change stream",
        arguments: [true, false]
    )
    func crashes(keepsChanges: Bool) async throws {
        let first = TestEnvironment.seed(keepsChanges ? 1_000 : 2_000)
        let needed = TestEnvironment.count(10_000, soak: 500_000, brief: 150)
        var checkCount = 0
        var seed = first
        while checkCount < needed {
            let trial = CrashTrial(seed: seed, groupCount: 40, keepsChanges: keepsChanges)
            let report = try await RecordedCrashSweep.run(seed: seed, rounds: 3, recoveryInterval: 40) { disk, record in
                try await trial.perform(on: disk, record)
            } check: { disk, record in
                try await trial.check(disk, record)
            }
            checkCount += report.checkCount
            #expect(report.failures.isEmpty, "\(report)")
            if !report.failures.isEmpty { break }
            seed += 1
        }
        #expect(checkCount >= needed, "from seed \(first)")
        print("\(checkCount) crash points that leave different disks, seeds \(first)...\(seed - 1)")
    }
}
