internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// Checking everything against checksums and digests without handing it out.
extension Vault {
    /// Reads every chunk, in every copy and part, and checks it against its digest; then checks that each version's
    /// chunks are there and make up its size.
    ///
    /// Damage is reported, not thrown, so that one bad object hides no other, and nothing is changed. Objects that are
    /// deleted meanwhile are left out; those put meanwhile may be missed. Observes cancellation between chunks.
    ///
    /// - Parameter progress: called after each pack, by the calling task.
    /// - Throws: `VaultError`: `.ioFailed` when the metadata cannot be read, `.isClosed`; `CancellationError`.
    @concurrent
    public func verify(progress: @Sendable (VerifyProgress) -> Void = { _ in }) async throws -> VerifyReport {
        var report = VerifyReport()
        var lost: [Int64: VaultError] = [:]
        let rows = packs.all
        var bytesDone: Int64 = 0
        for (index, row) in rows.enumerated() {
            let places = try metadata.read { try $0.chunks(inPack: row.id) }
            let check = PackCheck(chunks: chunks, row: row, mends: false) { _ in }
            var findings = try await check.run(places)
            if !findings.lost.isEmpty {
                // What was moved or collected while it was read is not lost.
                let now = Set(try metadata.read { try $0.chunks(inPack: row.id) }.map(\.id))
                findings.lost.removeAll { !now.contains($0.chunk.id) }
            }
            for (chunk, error) in findings.lost {
                lost[chunk.id] = error
                damaged.insert(chunk.id)
                noteDamage(error)
            }
            report.mendableChunkCount += findings.mendable
            bytesDone += findings.bytesRead
            progress(VerifyProgress(packsDone: index + 1, packsTotal: rows.count, bytesDone: bytesDone))
        }
        try checkVersions(lost, &report)
        return report
    }

    /// Holds every version against its chunks.
    private func checkVersions(_ lost: [Int64: VaultError], _ report: inout VerifyReport) throws {
        var last = VersionPlace()
        while true {
            try Task.checkCancellation()
            let page = try metadata.read { try $0.versions(after: last, countMax: 256) }
            guard let end = page.last else { return }
            last = end.place
            for entry in page {
                report.objectCount += 1
                if let error = entry.faults.first ?? entry.chunks.lazy.compactMap({ lost[$0] }).first {
                    report.problems.append(
                        VerifyProblem(
                            name: entry.name,
                            number: VersionNumber(entry.place.number),
                            id: entry.digest,
                            error: error
                        )
                    )
                } else {
                    report.byteCount += entry.size
                }
            }
        }
    }
}

/// Where a walk over all versions has got.
struct VersionPlace: Sendable {
    var bucket: Int64 = 0
    var key = ""
    var number: Int64 = .max
}

/// A version with what its content refers to.
struct VersionChunks: Sendable {
    var place: VersionPlace
    var name: ObjectName
    var digest: ObjectID
    var size: Int64
    var chunks: [Int64]
    /// What is wrong with the metadata themselves.
    var faults: [VaultError]
}

extension Database {
    /// The next versions that have bytes, in the order of the table.
    func versions(after place: VersionPlace, countMax: Int) throws -> [VersionChunks] {
        let rows = try all(.walkVersions, place.bucket, place.key, place.number, Int64(countMax)) { row in
            (
                VersionPlace(bucket: row.int64(0), key: row.text(1), number: row.int64(2)), row.int64(3), row.int64(4),
                row.bytes(5), row.text(6)
            )
        }
        return try rows.map { place, content, size, digest, bucket in
            var entry = VersionChunks(
                place: place,
                name: ObjectName(bucket, place.key),
                digest: ObjectID(bytes: digest) ?? ObjectID.zero,
                size: size,
                chunks: [],
                faults: []
            )
            var found: Int64 = 0
            if let row = try self.content(content) {
                for (chunk, length) in try chunkLengths(row) {
                    entry.chunks.append(chunk)
                    found += length
                }
            }
            if found != size {
                entry.faults.append(
                    VaultError(
                        .isCorrupt,
                        "the metadata in \(path) have chunks of \(found) bytes for an object of \(size): restore it "
                            + "from a copy"
                    )
                )
            }
            return entry
        }
    }

    /// A content's chunks and their lengths; a chunk that has no row counts for no bytes.
    func chunkLengths(_ content: ContentRow) throws -> [(chunk: Int64, length: Int64)] {
        var entries: [(Int64, Int64)] = []
        if let chunk = content.chunk {
            entries = [(chunk, content.size)]
        } else {
            for blob in try all(.selectSegments, content.id, read: { $0.bytes(0) }) {
                var start: UInt32 = 0
                for entry in SegmentEntry.decode(blob) ?? [] {
                    entries.append((entry.chunk, Int64(entry.end - start)))
                    start = entry.end
                }
            }
        }
        return try entries.map { id, length in
            Int64(try chunk(id)?.rawBytes ?? -1) == length ? (id, length) : (id, 0)
        }
    }
}

extension Query {
    static let walkVersions = Query(
        """
        SELECT v.bucket, v.key, v.number, v.content, v.size, v.digest, b.name
        FROM version v JOIN bucket b ON b.id = v.bucket
        WHERE (v.bucket > ?1 OR v.bucket = ?1 AND (v.key > ?2 OR v.key = ?2 AND v.number < ?3))
            AND v.content IS NOT NULL
        ORDER BY v.bucket, v.key, v.number DESC LIMIT ?4
        """
    )
}
