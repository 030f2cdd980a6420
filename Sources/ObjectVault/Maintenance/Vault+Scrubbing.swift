internal import Logging
internal import Metrics
internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// How a scrub goes about it.
public struct ScrubOptions: Sendable, Hashable {
    /// Bytes read in a second, at most; by default as fast as the disks give them.
    public var bytesPerSecondMax: Int64?
    /// Packs are due when they were last found well so long ago; by default all are.
    public var age: Duration
    /// The scrub ends, for another to go on, when it has run so long; by default it does not.
    public var timeMax: Duration?

    /// Everything, as fast as can be, unless said otherwise.
    public init(bytesPerSecondMax: Int64? = nil, age: Duration = .zero, timeMax: Duration? = nil) {
        self.bytesPerSecondMax = bytesPerSecondMax
        self.age = age
        self.timeMax = timeMax
    }
}

/// What a scrub found and did.
public struct ScrubReport: Sendable {
    /// Packs that were read.
    public var packCount = 0
    /// Packs that were due and not reached in time.
    public var overdueCount = 0
    /// Bytes that were read.
    public var byteCount: Int64 = 0
    /// Chunks, or rows of erasure-coded packs, that were mended from a copy or from parity.
    public var mendedCount = 0
    /// Versions of which a chunk cannot be mended, and why.
    ///
    /// They are listed by `Vault.quarantined` until the chunk is found well again, put anew, or collected.
    public var lost: [VerifyProblem] = []

    /// A report of nothing yet.
    public init() {}
}

/// Reading everything again before it is needed, and mending it while enough is left.
extension Vault {
    /// Reads the packs that are due, the longest unread first, and mends what is damaged or gone from copies or parity.
    ///
    /// Call it in the background with a rate, so often that each pack is read within the time that the durability is
    /// reckoned with. What cannot be mended is quarantined: reads of it go on failing by name, and moves and compaction
    /// leave its pack alone. Waits for no put and no read. A crash loses at most the news that the last packs are well.
    ///
    /// - Parameters:
    ///   - options: which packs, and how fast.
    ///   - progress: called after each pack, by the calling task.
    /// - Throws: `VaultError`: `.ioFailed` when the metadata or a repair cannot be written, `.outOfSpace`, `.isReadOnly`,
    ///   `.isClosed`; `CancellationError`.
    @concurrent @discardableResult
    public func scrub(
        _ options: ScrubOptions = .init(),
        progress: @Sendable (VerifyProgress) -> Void = { _ in }
    ) async throws -> ScrubReport {
        try await maintenance.acquire()
        defer { maintenance.release() }
        try health.checkWritable()
        let start = configuration.now()
        let due = packs.all.filter { $0.scrubbed <= (start - options.age).wholeMilliseconds }
            .sorted { ($0.scrubbed, $0.id) < ($1.scrubbed, $1.id) }
        let pacer = Pacer(bytesPerSecondMax: options.bytesPerSecondMax)
        var report = ScrubReport()
        var lost: [Int64: VaultError] = [:]
        for (index, row) in due.enumerated() {
            if let timeMax = options.timeMax, configuration.now() - start >= timeMax {
                report.overdueCount = due.count - index
                break
            }
            let places = try metadata.read { try $0.chunks(inPack: row.id) }
            let findings: PackFindings
            do {
                let check = PackCheck(chunks: chunks, row: row, mends: true) { try await pacer.pass($0) }
                findings = try await check.run(places)
            } catch let error as IOError {
                throw VaultError(error, "the pack \(row.id) cannot be mended")
            }
            try await note(findings, row, places)
            for (chunk, error) in findings.lost { lost[chunk.id] = error }
            report.packCount += 1
            report.byteCount += findings.bytesRead
            report.mendedCount += findings.mended
            progress(VerifyProgress(packsDone: index + 1, packsTotal: due.count, bytesDone: report.byteCount))
        }
        if !lost.isEmpty { report.lost = try problems(lost) }
        return report
    }

    /// The versions that a scrub could not mend.
    ///
    /// - Throws: `VaultError`: `.ioFailed`, `.isClosed`.
    public func quarantined() throws -> [VerifyProblem] {
        let rows = try metadata.read { try $0.all(.selectQuarantine) { ($0.int64(0), $0.text(1)) } }
        if rows.isEmpty { return [] }
        return try problems(Dictionary(rows.map { ($0, VaultError(.isCorrupt, $1)) }) { $1 })
    }

    private func note(_ findings: PackFindings, _ row: PackRow, _ places: [ChunkPlace]) async throws {
        if findings.mended > 0 {
            metrics.damage.increment(by: Int64(findings.mended))
            configuration.logger?.info("mended", metadata: ["pack": "\(row.id)", "count": "\(findings.mended)"])
        }
        for (_, error) in findings.lost { noteDamage(error) }
        let now = configuration.now().wholeMilliseconds
        let lost = findings.lost.map { ($0.chunk.id, $0.error.message) }
        let lostIDs = Set(lost.map(\.0))
        let well = places.map(\.id).filter { !lostIDs.contains($0) }
        let hadQuarantine = try metadata.read { try $0.first(.selectQuarantine) { _ in true } } == true
        try await metadata.write { database in
            if hadQuarantine { for chunk in well { try database.run(.deleteQuarantine, chunk) } }
            for (chunk, reason) in lost { try database.run(.insertQuarantine, chunk, now, reason) }
            try database.run(.noteScrub, now, row.id)
        }
        for chunk in well { damaged.remove(chunk) }
        for (chunk, _) in lost { damaged.insert(chunk) }
        var scrubbed = packs.row(row.id) ?? row
        scrubbed.scrubbed = now
        if packs.row(row.id) != nil { packs.update(scrubbed) }
    }

    /// The versions that need one of some chunks.
    private func problems(_ lost: [Int64: VaultError]) throws -> [VerifyProblem] {
        var problems: [VerifyProblem] = []
        var last = VersionPlace()
        while true {
            let page = try metadata.read { try $0.versions(after: last, countMax: 256) }
            guard let end = page.last else { return problems }
            last = end.place
            for entry in page {
                guard let error = entry.chunks.lazy.compactMap({ lost[$0] }).first else { continue }
                problems.append(
                    VerifyProblem(
                        name: entry.name,
                        number: VersionNumber(entry.place.number),
                        id: entry.digest,
                        error: error.naming("\(entry.name)")
                    )
                )
            }
        }
    }
}

/// Keeps a background job within a rate: each second's bytes may be taken at once, no more.
final class Pacer: Sendable {
    private let bytesPerSecondMax: Int64?
    private let state: Locked<(start: ContinuousClock.Instant, bytes: Int64)>

    init(bytesPerSecondMax: Int64?) {
        self.bytesPerSecondMax = bytesPerSecondMax
        state = Locked((.now, 0))
    }

    /// Suspends until `count` more bytes are within the rate.
    func pass(_ count: Int) async throws {
        guard let rate = bytesPerSecondMax, rate > 0 else { return }
        let (due, elapsed) = state.withLock { state in
            state.bytes += Int64(count)
            return (Duration.seconds(Double(state.bytes) / Double(rate)), ContinuousClock.now - state.start)
        }
        if due > elapsed + .milliseconds(5) { try await Task.sleep(for: due - elapsed) }
    }
}

extension Query {
    static let selectQuarantine = Query("SELECT chunk, reason FROM quarantine")
    static let insertQuarantine = Query("INSERT OR REPLACE INTO quarantine (chunk, found, reason) VALUES (?1, ?2, ?3)")
    static let deleteQuarantine = Query("DELETE FROM quarantine WHERE chunk = ?1")
    static let noteScrub = Query("UPDATE pack SET scrubbed = ?1 WHERE id = ?2")
}
