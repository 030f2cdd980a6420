import Glibc
import ObjectVault
import Testing

@Suite("Tiering policies and their prices")
struct PolicyTests {
    @Test(
        "on a shop's year, cost-optimal costs at most 90% of Intelligent-Tiering and 60% of all hot",
        arguments: [1, 2, 3] as [UInt64]
    )
    func shopYear(seed: UInt64) throws {
        let trace = ShopYear(seed: seed, objectCount: 1_000).trace()
        let costs = Vault.simulate(trace: trace)
        #expect(
            costs.count == 4 && costs[1].policy == "Intelligent-Tiering's rules" && costs[3].policy == "cost-optimal"
        )
        let (hot, intelligent, optimal) = (costs[0].total, costs[1].total, costs[3].total)
        #expect(optimal <= 0.9 * intelligent, "\(optimal) and \(intelligent)")
        #expect(optimal <= 0.6 * hot, "\(optimal) and \(hot)")
        #expect(intelligent < hot)
        print("shop year \(seed): \(costs.map { "\($0.policy) \($0.total)" })")
    }

    @Test("a decision hangs on nothing that comes after it")
    func seesNoFuture() {
        let trace = ShopYear(seed: 4, objectCount: 300).trace()
        var cut = trace
        cut.days = Array(trace.days[..<200])
        var changed = trace
        for day in 200..<365 { changed.days[day] = trace.objects.indices.map { .init(object: $0, count: 50) } }
        var changedCut = changed
        changedCut.days = Array(changed.days[..<200])
        #expect(Vault.simulate(trace: cut) == Vault.simulate(trace: changedCut))
    }

    @Test("the prices of one object, read once, are those of the price list")
    func byHand() {
        // 1 GB, kept for 30 days, read twice on day 3.
        let trace = AccessTrace(
            objects: [.init(bytes: 1_000_000_000, createdDay: 0)],
            days: (0..<30).map { $0 == 3 ? [.init(object: 0, count: 2)] : [] }
        )
        let cost = Vault.simulate(trace: trace, policies: [.allHot])[0]
        #expect(abs(cost.storage - 0.023) < 1e-9)
        #expect(abs(cost.requests - 2 * 0.000_000_4) < 1e-12)
        #expect(abs(cost.transitions - 0.000_005) < 1e-12)
        #expect(cost.retrieval == 0 && cost.monitoring == 0 && cost.moveCount == 0)
    }

    @Test("Intelligent-Tiering goes by 30 and 90 days, back with a read, and leaves small objects alone")
    func intelligentTiering() {
        let rules = TieringPolicy.intelligentTiering()
        func tier(_ idle: Double, _ bytes: Int64 = 1 << 20) -> Tier {
            rules.tier(
                for: TieredObject(bytes: bytes, tier: .cold, ageDays: 400, idleDays: idle, daysInTier: 100, score: 0)
            )
        }
        #expect(tier(29.9) == .hot)
        #expect(tier(30) == .warm)
        #expect(tier(89.9) == .warm)
        #expect(tier(90) == .cold)
        #expect(tier(500) == .cold)
        #expect(tier(0) == .hot)
        #expect(tier(500, 127_999) == .hot)
    }

    @Test("cost-optimal moves down what is not read, up what is, and nothing that saves too little")
    func costOptimal() {
        let policy = TieringPolicy.costOptimal(CostOptimalRules(prices: .awsUSEast1))
        func tier(_ now: Tier, score: Double, bytes: Int64 = 10_000_000, daysInTier: Double = 200) -> Tier {
            policy.tier(
                for: TieredObject(
                    bytes: bytes,
                    tier: now,
                    ageDays: 300,
                    idleDays: 1,
                    daysInTier: daysInTier,
                    score: score
                )
            )
        }
        #expect(tier(.hot, score: 0) == .cold)
        #expect(tier(.cold, score: 200) == .hot)
        #expect(tier(.hot, score: 200) == .hot)
        // What is moved does not come back with the same figures: hysteresis.
        for score in stride(from: 0.0, through: 10, by: 0.1) {
            for start in Tier.allCases {
                let first = tier(start, score: score)
                #expect(tier(first, score: score, daysInTier: 1) == first, "score \(score) from \(start)")
            }
        }
        // A byte is billed as 128 KB, which is no saving.
        #expect(tier(.hot, score: 0, bytes: 1) == .hot)
    }

    @Test("the same seed makes the same year, and popularity is Zipf's")
    func generator() {
        let year = ShopYear(seed: 9, objectCount: 500)
        let trace = year.trace()
        #expect(trace.days == year.trace().days && trace.objects == year.trace().objects)
        #expect(trace.days != ShopYear(seed: 10, objectCount: 500).trace().days)
        var counts = [Int](repeating: 0, count: 500)
        for reads in trace.days.joined() { counts[reads.object] += reads.count }
        let sorted = counts.sorted(by: >)
        let total = sorted.reduce(0, +)
        #expect(sorted.prefix(50).reduce(0, +) > total / 3, "a tenth of the models has more than a third of the reads")
        let sales = year.salesDays.map { trace.days[$0].reduce(0) { $0 + $1.count } }.reduce(0, +)
        #expect(sales / year.salesDays.count > 3 * total / 2 / 365, "sales days are busier")
    }
}
