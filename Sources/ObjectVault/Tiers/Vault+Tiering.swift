internal import Logging
internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// Which objects a tiering rule is for.
public struct TieringFilter: Sendable, Hashable {
    /// The bucket; `nil` for all.
    public var bucket: String?
    /// What keys begin with.
    public var prefix: String
    /// Tags that an object must have, with these values.
    public var tags: [String: String]
    /// How many bytes it may have.
    public var bytes: ClosedRange<Int64>
    /// How old it must be.
    public var ageMin: Duration

    /// Every object unless said otherwise.
    public init(
        bucket: String? = nil,
        prefix: String = "",
        tags: [String: String] = [:],
        bytes: ClosedRange<Int64> = 0...Int64.max,
        ageMin: Duration = .zero
    ) {
        self.bucket = bucket
        self.prefix = prefix
        self.tags = tags
        self.bytes = bytes
        self.ageMin = ageMin
    }

    func matches(_ version: ObjectVersion, at now: Duration) -> Bool {
        (bucket == nil || bucket == version.name.bucket)
            && version.name.key.utf8.starts(with: prefix.utf8)
            && bytes.contains(version.byteCount)
            && now - version.modified >= ageMin
            && tags.allSatisfy { version.tags[$0.key] == $0.value }
    }
}

/// A policy, and the objects that it is for.
public struct TieringRule: Sendable, Hashable {
    /// Which objects.
    public var filter: TieringFilter
    /// What decides about them.
    public var policy: TieringPolicy

    /// Every object unless said otherwise.
    public init(_ policy: TieringPolicy, for filter: TieringFilter = .init()) {
        self.policy = policy
        self.filter = filter
    }
}

/// Tiering by policy, and the loop that keeps a vault in order.
extension Vault {
    /// Looks over all objects, gives each the tier that the first rule for it says, and moves what is not there.
    ///
    /// Objects without a rule stay where they are. Of several versions with the same bytes, the hottest wish counts. Cost
    /// grows with the number of objects; a budget ends the moves, and the next call goes on.
    ///
    /// - Throws: as `move`.
    @concurrent @discardableResult
    public func tier(by rules: [TieringRule], budget: MoveBudget = .init()) async throws -> MoveReport {
        try await maintenance.acquire()
        defer { maintenance.release() }
        try health.checkWritable()
        try await flushAccesses()
        let now = configuration.now()
        let peers = try readsPerDay(now)
        var assigned = 0
        var last = Int64(0)
        while true {
            try Task.checkCancellation()
            let page = try metadata.read { try $0.tierable(after: last, countMax: 512) }
            guard let end = page.last else { break }
            last = end.id
            let changes = page.compactMap { content -> (Int64, Tier)? in
                guard let tier = wish(content, rules, now, peers), tier != content.tier else { return nil }
                return (content.id, tier)
            }
            if changes.isEmpty { continue }
            let milliseconds = now.wholeMilliseconds
            assigned += try await metadata.write { database in
                var count = 0
                for (content, tier) in changes {
                    try database.run(.assignTier, Int64(tier.rawValue), milliseconds, content)
                    count += database.changes
                }
                return count
            }
        }
        var report = try await assign([:], budget)
        report.contentCount = assigned
        return report
    }

    /// Reads a day of all contents, on average, as `TieredObject.peersReadsPerDay` has it.
    private func readsPerDay(_ now: Duration) throws -> Double {
        let halfLifeDays = max(1e-9, Double(configuration.accessHalfLife.wholeMilliseconds) / 86_400_000)
        let milliseconds = now.wholeMilliseconds
        var (reads, days) = (0.0, 0.0)
        try metadata.read { database in
            try database.each(.walkAccesses) { row in
                let age = Double(max(0, milliseconds - row.int64(0))) / 86_400_000
                reads += accesses.decayed(row.double(2), from: row.int64(1), to: milliseconds)
                days += CostOptimalRules.watchedDays(age, halfLifeDays)
            }
        }
        return days > 0 ? reads / days : 0
    }

    private func wish(
        _ content: TierableContent,
        _ rules: [TieringRule],
        _ now: Duration,
        _ peersReadsPerDay: Double
    ) -> Tier? {
        let days = { (since: Int64) in Double(max(0, now.wholeMilliseconds - since)) / 86_400_000 }
        var wish: Tier?
        for version in content.versions {
            guard let rule = rules.first(where: { $0.filter.matches(version, at: now) }) else {
                // A version that no rule is for keeps the bytes where they are, at least.
                wish = min(wish ?? content.tier, content.tier)
                continue
            }
            let tier = rule.policy.tier(
                for: TieredObject(
                    bytes: version.byteCount,
                    tier: content.tier,
                    ageDays: days(content.created),
                    idleDays: days(content.accessed),
                    daysInTier: days(content.moved),
                    score: accesses.decayed(content.score, from: content.accessed, to: now.wholeMilliseconds),
                    peersReadsPerDay: peersReadsPerDay
                )
            )
            wish = min(wish ?? tier, tier)
        }
        return wish
    }

    /// Wraps all data keys by the `KeyProvider`'s current key, in one transaction, without touching the data.
    ///
    /// - Returns: how many were wrapped by another key before, which may go once this returned.
    /// - Throws: `VaultError`: `.keyUnavailable`, `.outOfSpace`, `.ioFailed`, `.isReadOnly`, `.isClosed`.
    @concurrent @discardableResult
    public func rotateKeys() async throws -> Int {
        try await keys.rewrap(metadata)
    }

    /// Keeps a vault in order until its task is cancelled: tiers, collects, and scrubs, one after the other, at intervals.
    ///
    /// Run it as a task beside the host's others. A failure of one turn is logged, and the next one tries again; after
    /// `.isReadOnly` and `.isClosed` it ends.
    ///
    /// - Throws: `VaultError`: `.isReadOnly`, `.isClosed`; `CancellationError` when it was cancelled.
    @concurrent
    public func maintain(_ plan: MaintenancePlan) async throws {
        while true {
            for step in [MaintenanceStep.tier, .collect, .scrub] {
                do {
                    switch step {
                    case .tier: try await tier(by: plan.rules, budget: plan.budget)
                    case .collect: try await collect(deadShareMin: plan.deadShareMin, bytesMax: plan.budget.bytesMax)
                    case .scrub: try await scrub(plan.scrub)
                    }
                } catch let error as VaultError where error.code != .isReadOnly && error.code != .isClosed {
                    configuration.logger?.info(
                        "maintenance failed",
                        metadata: ["step": "\(step)", "error": "\(error)"]
                    )
                }
            }
            try await Task.sleep(for: plan.interval)
        }
    }
}

private enum MaintenanceStep {
    case tier, collect, scrub
}

/// What `Vault.maintain` does in a turn.
public struct MaintenancePlan: Sendable, Hashable {
    /// Which objects go where.
    public var rules: [TieringRule]
    /// What bounds the moves, and the compaction.
    public var budget: MoveBudget
    /// See `Vault.collect`.
    public var deadShareMin: Double
    /// How to scrub.
    public var scrub: ScrubOptions
    /// From the end of a turn to the next.
    public var interval: Duration

    /// An hour between turns, 64 GB of moves in each, packs scrubbed every 14 days at 20 MB a second.
    public init(
        rules: [TieringRule],
        budget: MoveBudget = MoveBudget(bytesMax: 64 << 30, bytesPerSecondMax: 50_000_000),
        deadShareMin: Double = 0.25,
        scrub: ScrubOptions = ScrubOptions(bytesPerSecondMax: 20_000_000, age: .seconds(14 * 86_400)),
        interval: Duration = .seconds(3_600)
    ) {
        self.rules = rules
        self.budget = budget
        self.deadShareMin = deadShareMin
        self.scrub = scrub
        self.interval = interval
    }
}

/// A content, and what tiering goes by.
struct TierableContent: Sendable {
    var id: Int64
    var tier: Tier
    var created: Int64
    var moved: Int64
    var accessed: Int64
    var score: Double
    var versions: [ObjectVersion]
}

extension Database {
    /// The next contents that have names.
    func tierable(after last: Int64, countMax: Int) throws -> [TierableContent] {
        var contents = try all(.walkContents, last, Int64(countMax)) { row in
            TierableContent(
                id: row.int64(0),
                tier: Tier(rawValue: row.int(1)) ?? .hot,
                created: row.int64(2),
                moved: row.int64(3),
                accessed: row.int64(4),
                score: row.double(5),
                versions: []
            )
        }
        for index in contents.indices { contents[index].versions = try versions(ofContent: contents[index].id) }
        return contents
    }
}

extension Query {
    static let walkAccesses = Query("SELECT created, accessed, score FROM content WHERE is_pending = 0")
    static let walkContents = Query(
        """
        SELECT id, tier, created, moved, accessed, score FROM content
        WHERE id > ?1 AND is_pending = 0 ORDER BY id LIMIT ?2
        """
    )
}
