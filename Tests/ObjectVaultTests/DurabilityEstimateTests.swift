import Foundation
import ObjectVault
import Testing
import VitrineTestSupport

@Suite("The durability estimate")
struct DurabilityEstimateTests {
    /// Patterson, Gibson and Katz give the mean time of a RAID in its simplest form; this is the exact one of the same
    /// process (Trivedi): ((2 n - 1) λ + μ) / (n (n - 1) λ²).
    @Test("is the closed form for one parity shard", arguments: [(1, 0.014, 24), (4, 0.05, 100), (9, 0.3, 1_000)])
    func oneParityShard(data: Int, rate: Double, hours: Int) throws {
        let estimate = try DurabilityEstimate(
            dataShardCount: data,
            parityShardCount: 1,
            annualDiskFailureRate: rate,
            meanRepairTime: .seconds(hours * 3_600)
        )
        let n = Double(data + 1)
        let failures = -log(1 - rate)
        let repairs = 365.25 * 24 / Double(hours)
        let expected = ((2 * n - 1) * failures + repairs) / (n * (n - 1) * failures * failures)
        #expect(abs(estimate.meanYearsToDataLoss / expected - 1) < 1e-12)
    }

    /// Fast repairs: μᵐ / (n (n - 1) … (n - m) λᵐ⁺¹), by hand for 1.4 % and a day.
    @Test(
        "has the nines that the leading term has, for copies and for codes",
        arguments: [(1, 2, 9.9), (4, 2, 8.6), (8, 3, 11.2), (12, 4, 13.8)]
    )
    func nines(data: Int, parity: Int, expected: Double) throws {
        let oneAtATime = try estimate(data, parity, rate: 0.014, repair: .seconds(86_400))
        #expect(abs(oneAtATime.nines - expected) < 0.05, "\(oneAtATime.nines)")
        #expect(abs(log10(oneAtATime.annualLossProbability) + oneAtATime.nines) < 1e-9)
        // Side by side, m repairs are faster by m factorial.
        let allAtOnce = try estimate(data, parity, rate: 0.014, repair: .seconds(86_400), .allAtOnce)
        let factorial = (1...parity).reduce(1.0) { $0 * Double($1) }
        #expect(abs(allAtOnce.nines - oneAtATime.nines - log10(factorial)) < 0.01)
    }

    @Test("is that of a shard alone without parity")
    func withoutParity() throws {
        let one = try estimate(1, 0, rate: 0.2, repair: .seconds(1))
        #expect(abs(one.annualLossProbability - 0.2) < 1e-12)
        let four = try estimate(4, 0, rate: 0.2, repair: .seconds(1))
        #expect(abs(four.annualLossProbability - (1 - pow(0.8, 4))) < 1e-12)
        #expect(abs(one.annualLossProbability(ofAnyOf: 4) - four.annualLossProbability) < 1e-12)
        #expect(one.annualLossProbability(ofAnyOf: 0) == 0 && one.annualLossProbability(ofAnyOf: -1) == 0)
    }

    @Test("stays a number at the ends of its ranges")
    func ends() throws {
        let best = try estimate(1, 255, rate: .leastNonzeroMagnitude, repair: .nanoseconds(1), .allAtOnce)
        #expect(best.meanYearsToDataLoss == .infinity && best.annualLossProbability == 0 && best.nines == .infinity)
        let worst = try estimate(256, 0, rate: 1.0.nextDown, repair: .seconds(Int64.max))
        #expect(worst.annualLossProbability > 0.99 && worst.annualLossProbability <= 1)
        #expect(best.annualLossProbability(ofAnyOf: .max) == 0)
    }

    @Test(
        "refuses what makes no group",
        arguments: [
            (0, 3, 0.01, 1), (-1, 3, 0.01, 1), (8, -1, 0.01, 1), (254, 3, 0.01, 1), (.max, .max, 0.01, 1),
            (8, 3, 0, 1), (8, 3, 1, 1), (8, 3, -0.5, 1), (8, 3, .nan, 1), (8, 3, .infinity, 1),
            (8, 3, 0.01, 0), (8, 3, 0.01, -1),
        ]
    )
    func refuses(data: Int, parity: Int, rate: Double, seconds: Int) {
        let error = #expect(throws: VaultError.self) {
            try DurabilityEstimate(
                dataShardCount: data,
                parityShardCount: parity,
                annualDiskFailureRate: rate,
                meanRepairTime: .seconds(seconds)
            )
        }
        #expect(error?.code == .invalidArgument)
    }

    /// Disks with lives of their own, which the estimate's states know nothing of.
    @Test(
        "is what simulated disks show",
        arguments: [
            (1, 1, 0.5, 30.0, DurabilityEstimate.Repairing.oneAtATime), (4, 2, 0.5, 20, .oneAtATime),
            (4, 2, 0.5, 20, .allAtOnce), (3, 3, 0.7, 40, .oneAtATime), (3, 3, 0.7, 40, .allAtOnce),
        ]
    )
    func simulation(
        data: Int,
        parity: Int,
        rate: Double,
        days: Double,
        repairing: DurabilityEstimate.Repairing
    ) throws {
        let estimate = try estimate(data, parity, rate: rate, repair: .seconds(days * 86_400), repairing)
        var generator = SeededGenerator(seed: TestEnvironment.seed(80))
        let trials = TestEnvironment.count(1_000, soak: 200_000, brief: 500)
        var sum = 0.0
        var lostInAYear = 0
        for _ in 0..<trials {
            let years = SimulatedGroup(estimate).yearsToLoss(&generator)
            sum += years
            if years < 1 { lostInAYear += 1 }
        }
        // The time to loss scatters by no more than its mean; five standard errors.
        let mean = sum / Double(trials)
        let scatter = 5 / Double(trials).squareRoot()
        #expect(abs(mean / estimate.meanYearsToDataLoss - 1) < scatter, "\(mean) years, seed \(generator.seed)")
        // A group starts whole, so that fewer are lost in its first year than the bound says; but not by much.
        let share = Double(lostInAYear) / Double(trials)
        let bound = estimate.annualLossProbability
        let error = 5 * (bound * (1 - bound) / Double(trials)).squareRoot()
        #expect(share < bound + error, "\(share) of the groups, seed \(generator.seed)")
        #expect(share > 0.5 * bound - error, "\(share) of the groups, seed \(generator.seed)")
    }

    private func estimate(
        _ data: Int,
        _ parity: Int,
        rate: Double,
        repair: Duration,
        _ repairing: DurabilityEstimate.Repairing = .oneAtATime
    ) throws -> DurabilityEstimate {
        try DurabilityEstimate(
            dataShardCount: data,
            parityShardCount: parity,
            annualDiskFailureRate: rate,
            meanRepairTime: repair,
            repairing: repairing
        )
    }
}

/// Disks that each fail at a time of their own and are repaired in the order in which they failed.
private struct SimulatedGroup {
    let estimate: DurabilityEstimate

    init(_ estimate: DurabilityEstimate) {
        self.estimate = estimate
    }

    /// When more disks than there is parity are failed at once.
    func yearsToLoss(_ generator: inout SeededGenerator) -> Double {
        let meanLife = -1 / log(1 - estimate.annualDiskFailureRate)
        let meanRepair = estimate.meanRepairTime / .seconds(365.25 * 86_400)
        let count = estimate.dataShardCount + estimate.parityShardCount
        var failures = (0..<count).map { _ in exponential(meanLife, &generator) }
        /// When the repair of each disk ends; infinite for a disk that works.
        var repairs = [Double](repeating: .infinity, count: count)
        var repairmanIsFree = 0.0
        while true {
            guard let failing = failures.indices.min(by: { failures[$0] < failures[$1] }),
                let repaired = repairs.indices.min(by: { repairs[$0] < repairs[$1] })
            else { return .infinity }
            if repairs[repaired] <= failures[failing] {
                failures[repaired] = repairs[repaired] + exponential(meanLife, &generator)
                repairs[repaired] = .infinity
                continue
            }
            let now = failures[failing]
            if repairs.count(where: { $0 < .infinity }) == estimate.parityShardCount { return now }
            let start = estimate.repairing == .oneAtATime ? max(now, repairmanIsFree) : now
            repairmanIsFree = start + exponential(meanRepair, &generator)
            repairs[failing] = repairmanIsFree
            failures[failing] = .infinity
        }
    }

    private func exponential(_ mean: Double, _ generator: inout SeededGenerator) -> Double {
        -mean * log(1 - Double.random(in: 0..<1, using: &generator))
    }
}
