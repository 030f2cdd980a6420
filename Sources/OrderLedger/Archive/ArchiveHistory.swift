/// How the openings in an archive follow one another, as far as a restore is concerned.
///
/// A history can fork: a ledger goes on for a while after another has taken over where it had been. Every opening says
/// what it goes on from; followed back from the one that is asked for, there is one line.
struct ArchiveHistory {
    /// An opening, and the part of its transactions that belongs to the line.
    struct Stretch: Sendable {
        let run: ArchivedRun
        /// The version that it goes on from.
        let before: LedgerVersion
        /// The last of its transactions that belongs to the line; `nil` for all.
        let end: UInt64?
        /// Its objects, in order.
        let objects: [ArchivedSegments]

        /// Whether the stretch leads through this position.
        func contains(_ run: ArchivedRun, _ transaction: UInt64) -> Bool {
            self.run == run && end.map { transaction <= $0 } ?? true
        }
    }

    /// The stretches, the first first.
    private(set) var stretches: [Stretch] = []

    /// Follows the line back from the opening of an epoch, or from the newest.
    ///
    /// - Parameter firstSegment: the first segment of an object.
    init(
        _ objects: [ArchivedSegments],
        endingIn epoch: UInt64?,
        firstSegment: (ArchivedSegments) async throws -> WALSegment
    ) async throws {
        let runs = Dictionary(grouping: objects, by: \.run).mapValues { objects in
            objects.sorted { $0.transactions.lowerBound < $1.transactions.lowerBound }
        }
        // Of two openings of one epoch, which only ledgers without a lease can have, the one that came further.
        let ends = runs.filter { epoch == nil || $0.key.epoch == epoch }
        var current = ends.max { one, other in
            (one.key.epoch, one.value.last?.end.transaction ?? 0) < (
                other.key.epoch, other.value.last?.end.transaction ?? 0
            )
        }?.key
        var end: UInt64?
        while let run = current, let objects = runs[run], let first = objects.first {
            let before = try await firstSegment(first).before
            stretches.insert(Stretch(run: run, before: before, end: end, objects: objects), at: 0)
            // Epochs grow along a line, so that following one back comes to an end.
            guard before.position.epoch < run.epoch else { return }
            end = before.position.transaction
            current = ArchivedRun(before)
        }
    }
}
