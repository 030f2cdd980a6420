internal import Glibc

/// What a policy would have cost.
public struct PolicyCost: Sendable, Hashable {
    /// Whose cost it is.
    public var policy: String
    /// For keeping.
    public var storage = 0.0
    /// For requests that read.
    public var requests = 0.0
    /// For bytes that are read from tiers that charge for it, moves included.
    public var retrieval = 0.0
    /// For moves, and the puts that each object begins with.
    public var transitions = 0.0
    /// For days that a tier charged although the object had left.
    public var earlyLeaving = 0.0
    /// For Intelligent-Tiering's watching.
    public var monitoring = 0.0
    /// Moves between tiers.
    public var moveCount = 0

    /// All together.
    public var total: Double { storage + requests + retrieval + transitions + earlyLeaving + monitoring }
}

/// Replays a trace's days under several policies and prices each.
///
/// Each evening the policies look at what was read so far and decide; nobody sees a day before it is over. All are priced by
/// the one list; Intelligent-Tiering's rules also as AWS bills them, if asked (`IntelligentTieringRules.isBilledByAWS`).
public struct TieringSimulation: Sendable {
    /// What everything costs.
    public var prices: PriceList
    /// The half-life of the objects' scores, in days.
    public var halfLifeDays: Double

    /// Chooses prices.
    public init(prices: PriceList = .awsUSEast1, halfLifeDays: Double = 30) {
        self.prices = prices
        self.halfLifeDays = halfLifeDays
    }

    /// The cost of each policy, in the order given.
    public func run(_ trace: AccessTrace, policies: [TieringPolicy]) -> [PolicyCost] {
        policies.map { run(trace, $0) }
    }

    private struct Held {
        var tier = Tier.hot
        var since = 0
        var lastRead = 0
        var score = 0.0
        var scoreDay = 0
    }

    private func run(_ trace: AccessTrace, _ policy: TieringPolicy) -> PolicyCost {
        var cost = PolicyCost(policy: policy.name)
        let isWatched: Bool = if case .intelligentTiering(let rules) = policy { rules.isBilledByAWS } else { false }
        var held = [Held?](repeating: nil, count: trace.objects.count)
        for (day, reads) in trace.days.enumerated() {
            for (index, object) in trace.objects.enumerated() {
                if object.createdDay == day {
                    held[index] = Held(since: day, lastRead: day, scoreDay: day)
                    cost.transitions += prices.hot.perTransition
                }
                if object.deletedDay == day, let gone = held[index] {
                    if !isWatched { leave(gone, object, day, &cost) }
                    held[index] = nil
                }
            }
            for read in reads where held.indices.contains(read.object) && read.count > 0 {
                note(read, trace.objects[read.object], day, isWatched, &held[read.object], &cost)
            }
            let peers = readsPerDay(held, trace, day)
            for index in held.indices {
                guard var state = held[index] else { continue }
                settle(trace.objects[index], &state, day, policy, isWatched, peers, &cost)
                held[index] = state
            }
        }
        return cost
    }

    /// Reads a day of all objects until the evening of `day`, on average.
    private func readsPerDay(_ held: [Held?], _ trace: AccessTrace, _ day: Int) -> Double {
        var (reads, days) = (0.0, 0.0)
        for (index, state) in held.enumerated() {
            guard let state else { continue }
            reads += state.score * exp2(-Double(day - state.scoreDay) / halfLifeDays)
            days += CostOptimalRules.watchedDays(Double(day - trace.objects[index].createdDay + 1), halfLifeDays)
        }
        return days > 0 ? reads / days : 0
    }

    private func note(
        _ read: AccessTrace.Reads,
        _ object: AccessTrace.Object,
        _ day: Int,
        _ isWatched: Bool,
        _ held: inout Held?,
        _ cost: inout PolicyCost
    ) {
        guard var state = held else { return }
        let count = Double(read.count)
        // Intelligent-Tiering asks Standard's price for each read, whatever the tier.
        cost.requests += count * (isWatched ? prices.hot.perRead : prices[state.tier].perRead)
        if !isWatched { cost.retrieval += count * Double(object.bytes) / 1e9 * prices[state.tier].perGBRead }
        state.score = state.score * exp2(-Double(day - state.scoreDay) / halfLifeDays) + count
        state.scoreDay = day
        state.lastRead = day
        held = state
    }

    /// The evening of a day: what was kept is paid for, and the policy decides.
    private func settle(
        _ object: AccessTrace.Object,
        _ state: inout Held,
        _ day: Int,
        _ policy: TieringPolicy,
        _ isWatched: Bool,
        _ peersReadsPerDay: Double,
        _ cost: inout PolicyCost
    ) {
        let tierPrices = prices[state.tier]
        let billed = isWatched ? object.bytes : max(object.bytes, tierPrices.bytesMin)
        cost.storage += Double(billed) / 1e9 * tierPrices.perGBMonth / 30
        if isWatched, object.bytes >= 128_000 { cost.monitoring += prices.monitoringPerObjectMonth / 30 }
        let wanted = policy.tier(
            for: TieredObject(
                bytes: object.bytes,
                tier: state.tier,
                ageDays: Double(day - object.createdDay + 1),
                idleDays: Double(day - state.lastRead),
                daysInTier: Double(day - state.since + 1),
                score: state.score * exp2(-Double(day - state.scoreDay) / halfLifeDays),
                peersReadsPerDay: peersReadsPerDay
            )
        )
        guard wanted != state.tier else { return }
        cost.moveCount += 1
        if !isWatched {
            leave(state, object, day, &cost)
            cost.requests += tierPrices.perRead
            cost.retrieval += Double(object.bytes) / 1e9 * tierPrices.perGBRead
            cost.transitions += prices[wanted].perTransition
        }
        state.tier = wanted
        state.since = day + 1
    }

    private func leave(_ state: Held, _ object: AccessTrace.Object, _ day: Int, _ cost: inout PolicyCost) {
        cost.earlyLeaving += prices.leaving(
            state.tier,
            bytes: object.bytes,
            daysInTier: Double(day - state.since + 1)
        )
    }
}

extension Vault {
    /// Replays accesses and prices policies against each other; the vault's own objects have no part in it.
    ///
    /// Time grows with objects and days.
    ///
    /// - Parameters:
    ///   - trace: a host's own, or a `ShopYear`'s.
    ///   - prices: what everything costs.
    ///   - policies: those to compare; by default all hot, Intelligent-Tiering's rules, the same as AWS bills them, and
    ///     cost-optimal.
    /// - Returns: the cost of each, in their order.
    public static func simulate(
        trace: AccessTrace,
        prices: PriceList = .awsUSEast1,
        policies: [TieringPolicy]? = nil
    ) -> [PolicyCost] {
        TieringSimulation(prices: prices).run(
            trace,
            policies: policies
                ?? [
                    .allHot, .intelligentTiering(), .intelligentTiering(IntelligentTieringRules(isBilledByAWS: true)),
                    .costOptimal(CostOptimalRules(prices: prices)),
                ]
        )
    }
}
