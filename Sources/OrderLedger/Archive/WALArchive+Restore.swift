package import VitrineIO
internal import VitrineSync

/// Which moment of a ledger to restore.
@nonexhaustive
public enum RestoreTarget: Sendable, Hashable {
    /// The last that was archived.
    case latest
    /// Just after the commit group that has this transaction of this epoch.
    case position(LedgerPosition)
    /// Just after the last commit group that was committed at or before this time, since 1970-01-01 00:00 UTC.
    ///
    /// Times of a history never go back: while the ledger's clock was behind, its groups have the time of the last
    /// before.
    case date(Duration)
}

/// What was restored.
public struct RestoredLedger: Sendable, Hashable {
    /// The version that the file is of.
    public let version: LedgerVersion
    /// When that was committed, since 1970-01-01 00:00 UTC.
    public let committedAt: Duration
    /// Segments that were applied to the snapshot.
    public let segments: Int
}

extension WALArchive: CatchUpSource {
    /// Writes the ledger as it was at some moment into a new file, and verifies it.
    ///
    /// The newest snapshot before that moment is copied, and the segments since are applied, each held against
    /// checksums of the pages before and after. The result gets its name only when SQLite finds it whole, it says
    /// itself that it is of that version, and everything in it adds up. To use it, put it as `ledger.sqlite3` into an
    /// empty directory.
    /// - Parameters:
    ///   - target: which moment; exact to the commit group.
    ///   - path: the file, which must not be there yet. A `-wal` or `-shm` that an earlier database has left under its
    ///     name
    ///     is removed first: SQLite would take it for this one's.
    /// - Throws: ``LedgerError`` with `notArchived` when there is no snapshot to begin from or the archive ends before;
    ///   `snapshotCorrupted` and `segmentCorrupted`, naming object and offset; `snapshotFailed` for the file.
    @discardableResult
    public func restore(to target: RestoreTarget = .latest, at path: String) async throws -> RestoredLedger {
        try await restore(to: target, at: path, on: PosixFileSystem(), vfs: nil)
    }

    package func restore(
        to target: RestoreTarget,
        at path: String,
        on fileSystem: any FileSystem,
        vfs: String?
    ) async throws -> RestoredLedger {
        let plan = try await plan(for: target)
        let image = RestoredImage(path, fileSystem, vfs: vfs)
        let thread: BlockingPool
        do {
            thread = try BlockingPool(name: "ledger restore", threadCount: 1)
        } catch {
            throw LedgerError(.ioFailed, "no thread to restore on; end some of the process's", cause: error)
        }
        do {
            try await thread.run { try image.create() }
            try await copy(plan.manifest, onto: image, thread)
            let reached = try await apply(plan, target, onto: image, thread)
            try await thread.run { try image.finish(reached.version) }
            await thread.close()
            return reached
        } catch {
            try? await thread.run { image.discard() }
            await thread.close()
            throw error
        }
    }

    private func copy(
        _ manifest: SnapshotManifest,
        onto image: RestoredImage,
        _ thread: BlockingPool
    ) async throws {
        let object = ArchivedSnapshot(manifest.version)
        for number in manifest.checksums.indices {
            let name = object.partName(number)
            guard let deflated = try await store.get(name) else {
                throw LedgerError(.snapshotCorrupted, "\(name) is missing; use another snapshot")
            }
            let count = manifest.byteCount(ofPart: number)
            guard CRC32C.checksum(of: deflated.span) == manifest.checksums[number],
                let bytes = inflated(deflated[...], byteCount: count)
            else {
                throw LedgerError(
                    .snapshotCorrupted,
                    "\(name), offset 0: not the bytes that were put; use another snapshot"
                )
            }
            try await thread.run { try image.write(bytes, at: Int64(number) * Int64(manifest.partBytes)) }
        }
    }

    private func apply(
        _ plan: RestorePlan,
        _ target: RestoreTarget,
        onto image: RestoredImage,
        _ thread: BlockingPool
    ) async throws -> RestoredLedger {
        var version = plan.manifest.version
        var committedAt = Duration.milliseconds(plan.manifest.committedAt)
        var count = 0
        var isReached = target.isReached(at: version)
        for stretch in plan.stretches where !isReached {
            for object in stretch.objects where !isReached && object.end > version.position {
                if let end = stretch.end, object.transactions.lowerBound > end { break }
                for segment in try await segments(in: object) where segment.before == version {
                    if let end = stretch.end, segment.after.position.transaction > end { break }
                    if target.isPassed(by: segment) {
                        isReached = true
                        break
                    }
                    try await thread.run { try image.apply(segment) }
                    version = segment.after
                    committedAt = segment.committedAt
                    count += 1
                    isReached = target.isReached(at: version)
                    if isReached { break }
                }
            }
        }
        if case .position(let position) = target, !isReached {
            throw LedgerError(.notArchived, "the archive goes to \(version) from its snapshot on, not to \(position)")
        }
        return RestoredLedger(version: version, committedAt: committedAt, segments: count)
    }

    // What to begin from

    private func plan(for target: RestoreTarget) async throws -> RestorePlan {
        let names = try await store.list()
        let objects = names.compactMap(ArchivedSegments.init(name:))
        let snapshots = names.compactMap(ArchivedSnapshot.init(name:)).sorted { $0.position > $1.position }
        let history = try await ArchiveHistory(objects, endingIn: target.epoch) { object in
            try await firstSegment(of: object)
        }
        for snapshot in snapshots {
            if case .position(let position) = target, snapshot.position > position { continue }
            guard let first = firstStretch(of: history, after: snapshot) else { continue }
            guard let manifest = try await manifest(of: snapshot) else { continue }
            if case .date(let date) = target, manifest.committedAt > date.wholeMilliseconds { continue }
            return RestorePlan(manifest: manifest, stretches: Array(history.stretches[first...]))
        }
        throw LedgerError(.notArchived, "the archive has no snapshot from which \(target) could be restored")
    }

    /// The first stretch that a snapshot is followed by: the one that it is in, or the one that goes on from it; behind
    /// the last for a snapshot that nothing follows.
    private func firstStretch(of history: ArchiveHistory, after snapshot: ArchivedSnapshot) -> Int? {
        let stretches = history.stretches
        if stretches.isEmpty { return 0 }
        if let index = stretches.firstIndex(where: { $0.contains(snapshot.run, snapshot.transaction) }) { return index }
        if let first = stretches.first, ArchivedSnapshot(first.before) == snapshot { return 0 }
        // A snapshot of an opening that has archived nothing else yet.
        guard let last = stretches.last, snapshot.run.epoch > last.run.epoch else { return nil }
        return stretches.count
    }

    private func firstSegment(of object: ArchivedSegments) async throws -> WALSegment {
        guard let first = try await segments(in: object).first else {
            throw segmentFault(object.name, 0, "it holds no segment")
        }
        return first
    }

    /// The segments of an object, each whole.
    ///
    /// - Throws: `segmentCorrupted`, naming object and offset.
    func segments(in object: ArchivedSegments) async throws -> [WALSegment] {
        guard let bytes = try await store.get(object.name) else { throw segmentFault(object.name, 0, "it is missing") }
        var segments: [WALSegment] = []
        var offset = 0
        while offset < bytes.count {
            let segment = try WALSegment(decoding: Array(bytes[offset...]), name: object.name, at: offset)
            guard ArchivedRun(segment.after) == object.run,
                object.transactions.contains(segment.after.position.transaction)
            else {
                throw segmentFault(object.name, offset, "a segment of \(segment.after), which belongs elsewhere")
            }
            segments.append(segment)
            offset += segment.encoded.count
        }
        return segments
    }

    // Catching up

    /// Segments that follow `version`: the rest of the object that has the first of them.
    ///
    /// - Throws: as ``restore(to:at:)``.
    public func segments(after version: LedgerVersion) async throws -> [WALSegment]? {
        let objects = try await store.list().compactMap(ArchivedSegments.init(name:))
        let history = try await ArchiveHistory(objects, endingIn: nil) { try await firstSegment(of: $0) }
        let run = ArchivedRun(version)
        guard let place = history.stretches.firstIndex(where: { $0.contains(run, version.position.transaction) }) else {
            guard let first = history.stretches.first, first.before == version else { return nil }
            return try await segments(in: first.objects[0])
        }
        let last = version.position.transaction
        // What an opening wrote behind the line's end was parted from.
        for stretch in history.stretches[place...] where stretch.end.map({ $0 > last }) ?? true {
            for object in stretch.objects where object.end > version.position {
                let rest = try await segments(in: object).drop { $0.before != version }
                // There is a gap; a snapshot may bridge it.
                guard !rest.isEmpty else { return nil }
                return rest.filter { segment in stretch.end.map { segment.after.position.transaction <= $0 } ?? true }
            }
        }
        return []
    }

    /// Restores the latest state into a new file.
    public func snapshot(to path: String) async throws -> LedgerVersion {
        try await restore(to: .latest, at: path).version
    }
}

/// What a restore begins from, and what may follow.
private struct RestorePlan {
    let manifest: SnapshotManifest
    let stretches: [ArchiveHistory.Stretch]
}

extension RestoreTarget {
    /// The epoch that it is in, where it says so.
    fileprivate var epoch: UInt64? {
        if case .position(let position) = self { position.epoch } else { nil }
    }

    /// Whether a copy of `version` is what was asked for.
    fileprivate func isReached(at version: LedgerVersion) -> Bool {
        if case .position(let position) = self { version.position >= position } else { false }
    }

    /// Whether a segment leads beyond what was asked for.
    fileprivate func isPassed(by segment: WALSegment) -> Bool {
        if case .date(let date) = self { segment.committedAt > date } else { false }
    }
}
