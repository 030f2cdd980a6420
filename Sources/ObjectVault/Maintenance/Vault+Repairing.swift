internal import VitrineSQLite
internal import VitrineSync

/// What `Vault.repair` found and did.
public struct RepairReport: Sendable {
    /// Chunks, or rows of erasure-coded packs, that were mended from a copy or from parity.
    public var mendedCount = 0
    /// What SQLite said of the metadata's indexes before they were made anew; empty when they were right.
    public var indexFaults: [String] = []
    /// The versions that cannot be mended, and why; what verify finds at the end.
    public var lost: [VerifyProblem] = []

    /// Whether every object is as it was put, with all of its redundancy.
    public var isIntact: Bool { lost.isEmpty }

    /// A report of nothing yet.
    public init() {}
}

/// Putting everything in order that the vault has the means for.
extension Vault {
    /// Checks the metadata's indexes and makes them anew if they are wrong, mends every pack from its copies and its
    /// parity, and verifies the result: for a vault that nobody else uses meanwhile, after a disk was replaced or a file
    /// restored.
    ///
    /// `scrub` does the part in the middle in a vault that serves, pack by pack and at a rate. What cannot be mended is
    /// quarantined and named; putting the same bytes again heals it.
    ///
    /// - Parameter progress: called after each pack, by the calling task.
    /// - Throws: `VaultError`: `.isCorrupt` when the metadata themselves are damaged beyond their indexes; as `scrub`.
    @concurrent @discardableResult
    public func repair(progress: @Sendable (VerifyProgress) -> Void = { _ in }) async throws -> RepairReport {
        var report = RepairReport()
        report.indexFaults = try metadata.read { try $0.faults() }
        if !report.indexFaults.isEmpty {
            try await metadata.write { try $0.execute("REINDEX") }
            let left = try metadata.read { try $0.faults() }
            guard left.isEmpty else {
                throw VaultError(
                    .isCorrupt,
                    "\(metadata.path) is damaged: \(left[0]); put a copy of it in its place, as "
                        + "Docs/ObjectVault.docc/DisasterDrill says"
                )
            }
        }
        report.mendedCount = try await scrub(progress: progress).mendedCount
        report.lost = try await verify().problems
        return report
    }
}

extension Database {
    /// What SQLite finds wrong in tables and indexes, at most ten of it.
    func faults() throws -> [String] {
        try all(.checkIntegrity) { $0.text(0) }.filter { $0 != "ok" }
    }
}

extension Query {
    static let checkIntegrity = Query("PRAGMA integrity_check(10)")
}
