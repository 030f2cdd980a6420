internal import VitrineIO

/// What a repair saved and what it could not.
public struct RepairReport: Sendable, Equatable {
    /// Items in the new store, those of the catalog's own tables included.
    public var itemCount = 0
    /// Tables whose definition was damaged: whole again where its copy could be read, else named `recovered-` and their
    /// number, with the usual options.
    public var recoveredTables: [TableDescription] = []
    /// What reading the damaged store found: everything that was lost, by file and offset, and by key where it is known.
    public var verification = VerificationReport()

    /// Describes a repair that found nothing.
    public init() {}
}

/// Copies everything of a damaged store that can be read into a new one.
///
/// Each item keeps its version; of an item whose newest version is lost, the newest that can be read is kept, and the
/// report names the loss. The change stream begins anew. The manifest gets its name at the very end, so that there is
/// all of the new store or none.
struct StoreRepair {
    private static let draftByteCount = 256 << 10
    /// What the manifest is called until everything is there.
    private static let manifestName = "manifest.repairing"

    let disk: any FileSystem
    let source: StoreReader
    let files: StoreFiles

    /// Builds the new store at `directory`, which must hold none.
    func run(
        into directory: String,
        segmentByteCount: Int,
        freshStoreID: UInt64,
        progress: (@Sendable (MaintenanceProgress) -> Void)?
    ) async throws -> RepairReport {
        let (report, journal, end) = try await BlockingWork.run(named: "repair") { work in
            let target = StoreReader(disk: disk, directory: directory)
            try target.checkIsEmpty()
            try target.makeDirectories()
            let survey = try RepairSurvey(source, files, work) { progress?($0.half(0)) }
            var options = JournalOptions(
                disk: disk,
                directory: directory,
                segmentByteCount: segmentByteCount,
                segments: SegmentTable(),
                retire: { $0() },
                freshStoreID: freshStoreID
            )
            options.freshSequence = survey.sequenceEnd
            options.manifestName = StoreRepair.manifestName
            let (journal, _) = try Journal.open(
                options,
                start: { _ in nil },
                progress: { _ in },
                replay: { _, _, _, _ in }
            )
            var report = try copy(survey, into: journal, work) { progress?($0.half(1)) }
            var definitions = Draft()
            report.recoveredTables = try survey.tables.recover(into: &definitions)
            report.itemCount += definitions.count
            if !definitions.isEmpty {
                try journal.appendBlocking(&definitions, kind: .batch, firstSequence: survey.sequenceEnd)
            }
            return (report, journal, survey.sequenceEnd + UInt64(definitions.count))
        }
        try await journal.close(nextSequence: end, time: 0)
        try await BlockingWork.run(named: "repair") { _ in
            try onDisk("finishing the repair") { () throws(IOError) in
                try disk.rename(
                    directory.appendingPath(StoreRepair.manifestName),
                    to: directory.appendingPath(Manifest.fileName)
                )
                try disk.synchronizeDirectory(directory)
            }
        }
        return report
    }

    /// Reads everything once more and writes what is newest.
    private func copy(
        _ survey: borrowing RepairSurvey,
        into journal: Journal,
        _ work: BlockingWork,
        progress: (MaintenanceProgress) -> Void
    ) throws -> RepairReport {
        var report = RepairReport()
        report.verification = survey.report
        var draft = Draft(byteCapacity: StoreRepair.draftByteCount)
        var walk = StoreWalk(source, files)
        try walk.run(work, progress: progress) { frame, location, sequence, _ in
            guard frame.kind == .put, survey.isNewest(frame.key, location) else { return }
            draft.relocate(frame, sequence: sequence)
            report.itemCount += 1
            if draft.byteCount >= StoreRepair.draftByteCount || draft.count == 1_000 {
                try journal.appendBlocking(&draft, kind: .relocation, firstSequence: survey.sequenceEnd)
                draft.removeAll()
            }
        }
        if !draft.isEmpty {
            try journal.appendBlocking(&draft, kind: .relocation, firstSequence: survey.sequenceEnd)
        }
        guard report.itemCount == survey.itemCount else {
            throw CatalogError(
                .ioFailed,
                "\(source.directory) was read twice, and \(survey.itemCount - report.itemCount) items could not be read again; "
                    + "there is no new store: repair into another directory"
            )
        }
        return report
    }
}

extension Journal {
    /// Appends a record and waits on the calling thread, not the cooperative pool's, for room.
    fileprivate func appendBlocking(
        _ draft: inout Draft,
        kind: RecordHeader.Kind,
        firstSequence: UInt64
    ) throws {
        while true {
            if let placement = try append(&draft, kind: kind, firstSequence: firstSequence, time: 0) {
                // By what lives it is told how large segments are made.
                return segments.adjustLive(placement.segment, by: draft.byteCount)
            }
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
