internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// What bounds a move in the background.
public struct MoveBudget: Sendable, Hashable {
    /// Bytes that may be read and written; by default as many as it takes.
    public var bytesMax: Int64
    /// Bytes a second; by default as fast as the disks go.
    public var bytesPerSecondMax: Int64?
    /// Chunks that are read and written; by default as many as it takes.
    public var operationsMax: Int

    /// No bounds but those given.
    public init(bytesMax: Int64 = .max, bytesPerSecondMax: Int64? = nil, operationsMax: Int = .max) {
        self.bytesMax = bytesMax
        self.bytesPerSecondMax = bytesPerSecondMax
        self.operationsMax = operationsMax
    }
}

/// What was moved.
public struct MoveReport: Sendable, Hashable {
    /// Objects' contents that were given another tier.
    public var contentCount = 0
    /// Chunks that were brought into the tier that their objects want.
    public var chunkCount = 0
    /// Bytes that were read and written for it.
    public var byteCount: Int64 = 0
    /// Whether everything is where it should be; `false` when a budget ended it, and the next move goes on.
    public var isComplete = true

    /// A report of nothing yet.
    public init() {}
}

/// Moving between tiers. A read never waits for a move, and sees the same bytes before, during and after.
extension Vault {
    /// Gives an object's bytes another tier, and brings them there.
    ///
    /// A chunk that several objects share stays with the one that is kept hottest.
    ///
    /// - Throws: `VaultError`: `.notFound`, `.isCorrupt` when a chunk cannot be read, `.outOfSpace`, `.ioFailed`,
    ///   `.isReadOnly`, `.isClosed`, `.noSuchBucket`; `CancellationError`.
    @concurrent @discardableResult
    public func move(
        _ name: ObjectName,
        version number: VersionNumber? = nil,
        to tier: Tier,
        budget: MoveBudget = .init()
    ) async throws -> MoveReport {
        try await maintenance.acquire()
        defer { maintenance.release() }
        let (_, content) = try find(name, number)
        return try await assign([content.id: tier], budget)
    }

    /// Brings every chunk into the tier that its objects want: what an earlier move did not end.
    ///
    /// - Throws: as `move`.
    @concurrent @discardableResult
    public func settle(budget: MoveBudget = .init()) async throws -> MoveReport {
        try await maintenance.acquire()
        defer { maintenance.release() }
        return try await assign([:], budget)
    }

    /// Notes the tiers that contents are to have, then moves what is not where it should be.
    func assign(_ tiers: [Int64: Tier], _ budget: MoveBudget) async throws -> MoveReport {
        try health.checkWritable()
        var report = MoveReport()
        let now = configuration.now().wholeMilliseconds
        report.contentCount = try await metadata.write { database in
            var count = 0
            for (content, tier) in tiers {
                try database.run(.assignTier, Int64(tier.rawValue), now, content)
                count += database.changes
            }
            return count
        }
        let pacer = Pacer(bytesPerSecondMax: budget.bytesPerSecondMax)
        var last = Int64(0)
        let window = Int64(1 << 22)
        let end = try metadata.read { try $0.first(.selectLastChunk, read: { $0.int64(0) }) ?? 0 }
        while last <= end {
            let range = last..<min(last + window, end + 1)
            try await move(chunks: range, &report, budget, pacer)
            if !report.isComplete { break }
            last = range.upperBound
        }
        _ = try await removeEmptyPacks()
        return report
    }

    /// Moves the chunks of some numbers that are in another tier than the hottest of their objects wants.
    private func move(
        chunks range: Range<Int64>,
        _ report: inout MoveReport,
        _ budget: MoveBudget,
        _ pacer: Pacer
    ) async throws {
        var relocations: [Tier: Relocation] = [:]
        do {
            for (id, tier) in try misplaced(range) {
                guard report.byteCount < budget.bytesMax, report.chunkCount < budget.operationsMax else {
                    report.isComplete = false
                    break
                }
                try Task.checkCancellation()
                guard !damaged.contains(id), let place = try metadata.read({ try $0.chunk(id) }) else { continue }
                let relocation = relocations[tier] ?? Relocation(self, to: tier, compresses: true)
                relocations[tier] = relocation
                let bytes = try await relocation.move(place)
                report.byteCount += Int64(bytes)
                report.chunkCount += 1
                try await pacer.pass(bytes)
            }
            for relocation in relocations.values { try await relocation.finish() }
        } catch {
            for relocation in relocations.values { relocation.abandon() }
            throw error
        }
    }

    /// Chunks that are not in the tier they should be in, and which that is; in the order in which their packs have them.
    private func misplaced(_ range: Range<Int64>) throws -> [(id: Int64, tier: Tier)] {
        let tiers = Dictionary(packs.all.map { ($0.id, $0.tier) }) { $1 }
        return try metadata.read { database in
            var wanted = [UInt8](repeating: .max, count: Int(range.count))
            func want(_ chunk: Int64, _ tier: Int) {
                guard range.contains(chunk) else { return }
                let index = Int(chunk - range.lowerBound)
                wanted[index] = min(wanted[index], UInt8(clamping: tier))
            }
            try database.each(.walkSingleTiers) { want($0.int64(0), $0.int(1)) }
            try database.each(.walkSegmentTiers) { row in
                for entry in SegmentEntry.decode(row.bytes(0)) ?? [] { want(entry.chunk, row.int(1)) }
            }
            var found: [(Int64, Tier)] = []
            let statement = try database.statement(.walkChunkPacks)
            defer { statement.reset() }
            try statement.bind(range.lowerBound, range.upperBound)
            while try statement.step() {
                let (chunk, pack) = (statement.int64(0), statement.int64(1))
                guard let tier = Tier(rawValue: Int(wanted[Int(chunk - range.lowerBound)])), let now = tiers[pack],
                    now != tier
                else { continue }
                found.append((chunk, tier))
            }
            return found
        }
    }
}

extension Query {
    static let assignTier = Query("UPDATE content SET tier = ?1, moved = ?2 WHERE id = ?3 AND tier <> ?1")
    static let walkSingleTiers = Query("SELECT chunk, tier FROM content WHERE chunk IS NOT NULL")
    static let walkSegmentTiers = Query("SELECT s.chunks, c.tier FROM segment s JOIN content c ON c.id = s.content")
    static let walkChunkPacks = Query("SELECT id, pack FROM chunk WHERE id >= ?1 AND id < ?2 ORDER BY pack, offset")
}
