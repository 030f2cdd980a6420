import CatalogKV
import VitrineIO
import VitrineSync
import VitrineTestSupport

/// One operation as a test wrote it, or found it again.
struct JournalEntry: Hashable, Sendable {
    var sequence: UInt64
    var kind: OperationFrame.Kind = .put
    var name: String
    var value: [UInt8]
}

/// Writes to a journal as the engine does: one record at a time, in the order of the sequence numbers.
final class JournalWriter: Sendable {
    static let storeID: UInt64 = 77
    let journal: Journal
    let recovery: JournalRecovery
    let entries: [JournalEntry]
    private let next: Locked<UInt64>

    init(
        _ disk: any FileSystem,
        at directory: String = "/store",
        segmentByteCount: Int = 4_096,
        from place: JournalPlace? = nil
    ) throws {
        let options = JournalOptions(
            disk: disk,
            directory: directory,
            segmentByteCount: segmentByteCount,
            segments: SegmentTable(),
            retire: { $0() },
            freshStoreID: JournalWriter.storeID
        )
        var entries: [JournalEntry] = []
        let (journal, recovery) = try Journal.open(
            options,
            start: { _ in place },
            progress: { _ in },
            replay: { frame, _, sequence, _ in
                entries.append(
                    JournalEntry(
                        sequence: sequence,
                        kind: frame.kind,
                        name: String(decoding: frame.partition.copied, as: UTF8.self),
                        value: frame.value.copied
                    )
                )
            }
        )
        self.journal = journal
        self.recovery = recovery
        self.entries = entries
        next = Locked(recovery.nextSequence)
    }

    /// Appends one record of puts; returns its first number and its place.
    func append(_ puts: [(name: String, value: [UInt8])]) async throws -> (first: UInt64, placement: Placement) {
        var draft = Draft()
        for put in puts {
            draft.put(TableNumber(rawValue: 16), Key(partition: put.name), value: put.value.span, isDocument: false)
        }
        while true {
            let outcome = try next.withLock { next throws -> (UInt64, Placement)? in
                guard let placement = try journal.append(&draft, firstSequence: next, time: 5) else { return nil }
                defer { next += UInt64(puts.count) }
                return (next, placement)
            }
            if let outcome { return outcome }
            try await journal.makeRoom(for: draft.byteCount)
        }
    }

    @discardableResult
    func put(_ name: String, _ value: [UInt8], isSynced: Bool = true) async throws -> (
        first: UInt64, placement: Placement
    ) {
        let outcome = try await append([(name, value)])
        if isSynced { try await journal.settle(outcome.placement.end) }
        return outcome
    }

    func close() async throws {
        try await journal.close(nextSequence: next.withLock { $0 }, time: 6)
    }
}

extension Span<UInt8> {
    /// The bytes as an array.
    var copied: [UInt8] { indices.map { self[$0] } }
}
