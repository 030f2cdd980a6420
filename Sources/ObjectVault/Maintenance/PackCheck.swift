internal import Glibc
internal import VitrineIO

/// What the check of a pack found.
struct PackFindings: Sendable {
    /// Chunks that no copy gives back, and why.
    var lost: [(chunk: ChunkPlace, error: VaultError)] = []
    /// Chunks, or rows of an erasure-coded pack, of which some copy or part is damaged.
    var mendable = 0
    /// Those that were mended.
    var mended = 0
    /// Bytes that were read.
    var bytesRead: Int64 = 0
}

/// Reads all of a pack, every copy and every part, and mends from the rest what is damaged.
struct PackCheck: Sendable {
    let chunks: ChunkStore
    let row: PackRow
    /// Whether to mend.
    let mends: Bool
    /// Called with the bytes of each read, to keep within a rate.
    let pace: @Sendable (Int) async throws -> Void

    /// Checks the chunks that the metadata have in the pack.
    func run(_ places: [ChunkPlace]) async throws -> PackFindings {
        row.isErasureCoded ? try await checkCoded(places) : try await checkCopies(places)
    }

    private func checkCopies(_ places: [ChunkPlace]) async throws -> PackFindings {
        var findings = PackFindings()
        for place in places {
            try Task.checkCancellation()
            var good: [UInt8]?
            var damaged: [Int] = []
            var failure: (any Error)?
            for copy in 0..<row.shardCount {
                do {
                    let record = try chunks.read(0..<place.storedBytes, of: place, row, copy: copy)
                    findings.bytesRead += Int64(record.count)
                    try await pace(record.count)
                    _ = try chunks.reader.chunk(in: record, digest: place.digest)
                    good = good ?? record
                } catch {
                    // What cannot be decided without a key, or by this release, is no damage.
                    if case ChunkFault.damaged = error {
                        damaged.append(copy)
                    } else if error is IOError {
                        damaged.append(copy)
                    } else if error is CancellationError {
                        throw error
                    }
                    failure = error
                }
            }
            if let good, !damaged.isEmpty {
                findings.mendable += 1
                if mends {
                    for copy in damaged { try rewrite(good, of: place, copy: copy) }
                    findings.mended += 1
                }
            } else if good == nil, let failure {
                findings.lost.append((place, chunks.explain(failure, place)))
            }
        }
        return findings
    }

    /// Writes a record anew over a damaged copy of it, or into a copy that is missing.
    private func rewrite(_ record: [UInt8], of place: ChunkPlace, copy: Int) throws {
        let places = chunks.packs.places
        let path = try places.path(row, shard: copy)
        try places.disk.createDirectories(path.parentDirectory)
        let file = try places.disk.open(path, .createIfMissing)
        defer { try? file.close() }  // What matters is flushed.
        if try file.size() < Int64(ShardHeader.byteCount) {
            try file.writeAll(ShardHeader.encoded(row, shard: copy).span, at: 0)
        }
        try file.writeAll(record.span, at: place.offset)
        try file.synchronize()
        try places.disk.synchronizeDirectory(path.parentDirectory)
        chunks.packs.forget(row.id)
    }

    private func checkCoded(_ places: [ChunkPlace]) async throws -> PackFindings {
        var findings = PackFindings()
        let pack = ErasurePack(row, packs: chunks.packs)
        // Metadata that are damaged may state any number of rows; what the rest would have held shows below.
        for index in 0..<pack.rowCountOnDisk {
            try Task.checkCancellation()
            let outcome = try pack.check(row: index, mends: mends)
            findings.bytesRead += outcome.bytesRead
            try await pace(Int(outcome.bytesRead))
            switch outcome.state {
            case .intact: break
            case .mendable: findings.mendable += 1
            case .mended:
                findings.mendable += 1
                findings.mended += 1
            case .lost: break
            }
        }
        // A chunk is more than its cells: only its digest says that it is what was put.
        for place in places {
            try Task.checkCancellation()
            do {
                _ = try chunks.reader.chunk(
                    in: try pack.read(place.storedBytes, at: place.offset),
                    digest: place.digest
                )
            } catch {
                if case ChunkFault.unsupported = error { continue }
                if case ChunkFault.keyMissing = error { continue }
                findings.lost.append((place, chunks.explain(error, place)))
            }
        }
        return findings
    }
}
