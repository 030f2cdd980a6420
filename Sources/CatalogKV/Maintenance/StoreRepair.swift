internal import VitrineIO

/// What a repair saved and what it could not.
public struct RepairReport: Sendable, Equatable {
    /// Items in the new store, those of the catalog's own tables included.
    public var itemCount = 0
    /// What reading the damaged store found: everything that was lost, by file and offset, and by key where it is known.
    public var verification = VerificationReport()

    /// Describes a repair that found nothing.
    public init() {}
}

/// Copies everything of a damaged store that can be read into a new one.
///
/// Each item keeps its version; of an item whose newest version is lost, the newest that can be read is kept, and the
/// report names the loss. The change stream begins anew.
struct StoreRepair {
    private static let draftByteCount = 256 << 10

    let disk: any FileSystem
    let source: StoreReader
    let files: StoreFiles

    /// The newest version of an item that could be read.
    private struct Version {
        let sequence: UInt64
        let location: Location
    }

    /// What a first reading found.
    private struct Survey: Sendable {
        var newest: [[UInt8]: Version] = [:]
        var report = VerificationReport()
        var sequenceEnd: UInt64 = 1
    }

    /// Builds the new store at `directory`, which must hold none.
    func run(
        into directory: String,
        segmentByteCount: Int,
        freshStoreID: UInt64,
        progress: (@Sendable (MaintenanceProgress) -> Void)?
    ) async throws -> RepairReport {
        let (report, journal, end) = try await BlockingWork.run(named: "repair") { work in
            try StoreReader(disk: disk, directory: directory).checkIsEmpty()
            let survey = try survey(work) { progress?($0.half(0)) }
            var options = JournalOptions(
                disk: disk,
                directory: directory,
                segmentByteCount: segmentByteCount,
                segments: SegmentTable(),
                retire: { $0() },
                freshStoreID: freshStoreID
            )
            options.freshSequence = survey.sequenceEnd
            let (journal, _) = try Journal.open(
                options,
                start: { _ in nil },
                progress: { _ in },
                replay: { _, _, _, _ in }
            )
            let report = try copy(survey, into: journal, work) { progress?($0.half(1)) }
            return (report, journal, survey.sequenceEnd)
        }
        try await journal.close(nextSequence: end, time: 0)
        return report
    }

    /// Reads everything to find out what is newest.
    private func survey(_ work: BlockingWork, progress: (MaintenanceProgress) -> Void) throws -> Survey {
        var survey = Survey()
        var walk = StoreWalk(source, files)
        try walk.run(work, progress: progress) { frame, location, sequence, _ in
            let key: [UInt8] = frame.key.bytes
            // The same version stands in two places while compaction moves it.
            if let known = survey.newest[key], known.sequence > sequence { return }
            survey.newest[key] = Version(sequence: sequence, location: location)
        }
        survey.report = walk.report
        survey.sequenceEnd = walk.sequenceEnd
        return survey
    }

    private func isNewest(_ key: Span<UInt8>, _ survey: Survey, _ location: Location) -> Bool {
        let key: [UInt8] = key.bytes
        return survey.newest[key]?.location == location
    }

    /// Reads everything once more and writes what is newest.
    private func copy(
        _ survey: Survey,
        into journal: Journal,
        _ work: BlockingWork,
        progress: (MaintenanceProgress) -> Void
    ) throws -> RepairReport {
        var report = RepairReport()
        report.verification = survey.report
        var draft = Draft(byteCapacity: StoreRepair.draftByteCount)
        var walk = StoreWalk(source, files)
        try walk.run(work, progress: progress) { frame, location, sequence, _ in
            guard frame.kind == .put, isNewest(frame.key, survey, location) else { return }
            draft.relocate(frame, sequence: sequence)
            report.itemCount += 1
            if draft.byteCount >= StoreRepair.draftByteCount || draft.count == 1_000 {
                try journal.appendBlocking(&draft, firstSequence: survey.sequenceEnd)
                draft.removeAll()
            }
        }
        if !draft.isEmpty { try journal.appendBlocking(&draft, firstSequence: survey.sequenceEnd) }
        return report
    }
}

extension Journal {
    /// Appends a record of moved operations and waits on the calling thread, not the cooperative pool's, for room.
    fileprivate func appendBlocking(_ draft: inout Draft, firstSequence: UInt64) throws {
        while try append(&draft, kind: .relocation, firstSequence: firstSequence, time: 0) == nil {
            try makeRoomBlocking(for: draft.byteCount)
        }
    }
}

extension MaintenanceProgress {
    /// The progress of the whole when this is that of its first or second half.
    fileprivate func half(_ index: Int) -> MaintenanceProgress {
        MaintenanceProgress(byteCount: byteCount + index * byteCountTotal, byteCountTotal: 2 * byteCountTotal)
    }
}

extension StoreReader {
    /// Refuses a directory that has anything of a store in it.
    func checkIsEmpty() throws {
        let names = try onDisk("looking at the new store's directory") { () throws(IOError) -> [String] in
            try disk.info(directory) == nil ? [] : try disk.list(directory)
        }
        guard names.isEmpty else {
            throw CatalogError(.invalidArgument, "\(directory) is not empty; a store is made in a new directory")
        }
    }
}
