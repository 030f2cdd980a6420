internal import VitrineIO
internal import VitrineSync

/// The limits of an archive.
public struct ArchiveConfiguration: Sendable {
    /// Bytes of segments that are put into one object, from 4 KiB to 32 MiB; a flush puts what there is.
    public var objectBytesMax = 1 << 20
    /// How long segments wait at most to share an object, from one millisecond to one hour, while
    /// ``WALArchive/run(_:)`` runs.
    public var objectInterval: Duration = .seconds(1)
    /// How often a snapshot is taken, from one second to 366 days; a restore applies the segments since the last.
    public var snapshotInterval: Duration = .seconds(86_400)
    /// How far back a restore must be possible; what is older is removed, unless this is `nil`.
    public var retention: Duration?
    /// The time since 1970-01-01 00:00 UTC, for retention.
    public var now: @Sendable () -> Duration = { WallClock.sinceEpoch() }

    /// The default limits.
    public init() {}

    func validate() throws(LedgerError) {
        guard (4 << 10...32 << 20).contains(objectBytesMax) else {
            throw LedgerError(.invalidConfiguration, "objectBytesMax is \(objectBytesMax): pass 4 KiB to 32 MiB")
        }
        let times: [(String, Duration, ClosedRange<Duration>)] = [
            ("objectInterval", objectInterval, .milliseconds(1) ... .seconds(3_600)),
            ("snapshotInterval", snapshotInterval, .seconds(1) ... .seconds(366 * 86_400)),
            ("retention", retention ?? .zero, .zero ... .seconds(36_600 * 86_400)),
        ]
        for (name, value, range) in times where !range.contains(value) {
            throw LedgerError(
                .invalidConfiguration,
                "\(name) is \(value): pass \(range.lowerBound) to \(range.upperBound)"
            )
        }
    }
}

/// Every commit group of a ledger, and a snapshot from time to time: from them the ledger can be restored as it was
/// after any of them.
///
/// Attach it as a sink, and run ``run(_:)`` beside, which takes the snapshots. In mode `durable` a flush puts an object
/// for each batch of groups; in mode `async` or `received` segments gather in memory for a second.
///
/// A promoted replica archives to the same store: each opening of the ledger has objects of its own, and a history that
/// was parted from is never taken for the ledger's.
public final class WALArchive: ReplicationSink {
    let store: any ArchiveStore
    let configuration: ArchiveConfiguration
    private let gathered = Locked(Gathered())
    /// Held by whoever puts what has gathered.
    private let putting = AsyncPermits(count: 1)

    private struct Gathered {
        var segments: [WALSegment] = []
        var byteCount = 0
        /// The newest epoch that this archive has said that it archives.
        var epoch: UInt64 = 0
        /// The version that the archive has come to.
        var version: LedgerVersion?
        /// Whether the next group follows what the archive has.
        var hasGap = false
    }

    /// Opens the archive in `store`, new or not.
    ///
    /// - Throws: ``LedgerError`` with `invalidConfiguration`; what the store throws.
    public init(_ store: any ArchiveStore, configuration: ArchiveConfiguration = .init()) throws {
        try configuration.validate()
        self.store = store
        self.configuration = configuration
    }

    /// Takes a segment into memory, and puts what has gathered once it fills an object.
    ///
    /// - Throws: ``LedgerError`` with `fenced` when a newer epoch was archived; what the store throws.
    public func receive(_ segment: WALSegment) async throws {
        // An object holds one run only: what has gathered of another goes first.
        let mustPut = gathered.withLock { gathered in
            let fits = gathered.byteCount + segment.encoded.count <= configuration.objectBytesMax
            return gathered.segments.last.map {
                $0.after != segment.before || $0.after.writer != segment.after.writer || !fits
            }
                ?? false
        }
        if mustPut { try await flush() }
        let isFull = gathered.withLock { gathered in
            if let version = gathered.version, version != segment.before { gathered.hasGap = true }
            gathered.segments.append(segment)
            gathered.byteCount += segment.encoded.count
            gathered.version = segment.after
            return gathered.byteCount >= configuration.objectBytesMax
        }
        if isFull { try await flush() }
    }

    /// Puts what has gathered into an object; it is safe when this returns.
    ///
    /// - Throws: as ``receive(_:)``; the segments then stay, for another try.
    public func flush() async throws {
        await putting.acquireRegardless()
        defer { putting.release() }
        let (segments, epoch) = gathered.withLock { ($0.segments, $0.epoch) }
        guard let first = segments.first, let last = segments.last else { return }
        try await checkEpoch(last.epoch, isAnnounced: epoch == last.epoch)
        let object = ArchivedSegments(
            run: ArchivedRun(last.after),
            transactions: first.transactions.lowerBound...last.transactions.upperBound
        )
        try await store.put(object.name, segments.flatMap(\.encoded))
        gathered.withLock { gathered in
            gathered.segments.removeFirst(segments.count)
            gathered.byteCount -= segments.reduce(0) { $0 + $1.encoded.count }
            gathered.epoch = last.epoch
        }
    }

    /// Says which epoch is archived now, and finds out whether a newer one is.
    private func checkEpoch(_ epoch: UInt64, isAnnounced: Bool) async throws {
        let stored = try await store.get(Self.epochName).map { String(decoding: $0, as: UTF8.self) }
        let newest = stored.flatMap { UInt64($0) } ?? 0
        guard newest <= epoch else {
            throw LedgerError(.fenced, "the archive has epoch \(newest) already: epoch \(epoch)'s ledger was deposed")
        }
        if newest < epoch || !isAnnounced { try await store.put(Self.epochName, Array("\(epoch)".utf8)) }
    }

    static let epochName = "EPOCH"

    /// Whether there is something between what was archived and the next segment that came: a snapshot has to bridge
    /// it.
    var hasGap: Bool { gathered.withLock { $0.hasGap } }

    func noteBridged() {
        gathered.withLock { $0.hasGap = false }
    }
}

// Upkeep
extension WALArchive {
    /// Puts what has gathered, takes snapshots and removes what is too old, until the task is cancelled.
    ///
    /// The first snapshot is taken at once when the archive has none, or a gap.
    /// - Throws: what the store or the ledger throws, `isBusy` aside: a snapshot that could not begin is tried again.
    @concurrent
    public func run(_ ledger: Ledger) async throws {
        var snapshotDue = try await newestSnapshotTime().map { $0 + configuration.snapshotInterval } ?? .zero
        while true {
            try await flush()
            let now = configuration.now()
            // A clock that was set back must not put the next snapshot off for longer than the interval.
            snapshotDue = min(snapshotDue, now + configuration.snapshotInterval)
            if now >= snapshotDue || hasGap {
                do {
                    try await snapshot(of: ledger)
                    snapshotDue = now + configuration.snapshotInterval
                    try await prune()
                } catch let error as LedgerError where error.code == .isBusy {
                    // A long read or another copy is in the way.
                }
            }
            do {
                try await Task.sleep(for: configuration.objectInterval)
            } catch {
                return try await flush()  // Cancelled.
            }
        }
    }

    private func newestSnapshotTime() async throws -> Duration? {
        let newest = try await store.list().compactMap(ArchivedSnapshot.init(name:)).max { $0.position < $1.position }
        guard let newest else { return nil }
        return try await manifest(of: newest).map { .milliseconds($0.committedAt) }
    }

    /// Copies the ledger's database into the archive; writes go on meanwhile.
    ///
    /// - Returns: the version that the copy is of.
    /// - Throws: ``LedgerError`` with `isBusy`; what the store throws.
    @discardableResult
    public func snapshot(of ledger: Ledger) async throws -> LedgerVersion {
        try await ledger.withSnapshot { snapshot in
            let object = ArchivedSnapshot(snapshot.version)
            var checksums: [UInt32] = []
            let deflater = try Deflater()
            for offset in stride(from: 0, to: snapshot.byteCount, by: Self.partBytes) {
                let bytes = try snapshot.read(Self.partBytes, at: offset)
                var deflated: [UInt8] = []
                try deflater.deflate(bytes, onto: &deflated)
                try await store.put(object.partName(checksums.count), deflated)
                checksums.append(CRC32C.checksum(of: deflated.span))
            }
            let manifest = SnapshotManifest(
                version: snapshot.version,
                committedAt: snapshot.committedAt,
                byteCount: snapshot.byteCount,
                partBytes: Self.partBytes,
                checksums: checksums
            )
            try await store.put(object.name, manifest.encoded())
            noteBridged()
            return snapshot.version
        }
    }

    /// Bytes of the database in one part of a snapshot.
    static let partBytes = 4 << 20

    /// Removes what no restore within the retention needs.
    ///
    /// - Throws: what the store throws; what was removed so far stays removed.
    public func prune() async throws {
        guard let retention = configuration.retention else { return }
        let limit = (configuration.now() - retention).wholeMilliseconds
        let names = try await store.list()
        let snapshots = names.compactMap(ArchivedSnapshot.init(name:)).sorted { $0.position > $1.position }
        for snapshot in snapshots {
            // The newest that is old enough: everything since then can be restored from it.
            guard let manifest = try await manifest(of: snapshot), manifest.committedAt <= limit else { continue }
            for name in names where isOlder(name, than: snapshot.position) { try await store.remove(name) }
            return
        }
    }

    private func isOlder(_ name: String, than position: LedgerPosition) -> Bool {
        if let segments = ArchivedSegments(name: name) { return segments.end <= position }
        let snapshot = ArchivedSnapshot(name: name) ?? ArchivedSnapshot(partName: name)
        return snapshot.map { $0.position < position } ?? false
    }

    /// A snapshot's manifest; `nil` when it is gone.
    func manifest(of snapshot: ArchivedSnapshot) async throws -> SnapshotManifest? {
        guard let bytes = try await store.get(snapshot.name) else { return nil }
        let manifest = try SnapshotManifest(decoding: bytes, name: snapshot.name)
        guard ArchivedSnapshot(manifest.version) == snapshot else {
            throw LedgerError(.snapshotCorrupted, "\(snapshot.name), offset 24: it is of \(manifest.version)")
        }
        return manifest
    }
}
