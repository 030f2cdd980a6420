internal import Metrics
internal import VitrineIO
internal import VitrineSync

/// One put on its way: gathers bytes in memory, and beyond a piece of them in a file of the staging directory.
///
/// Used by one task, which ends it with `finish` or `abandon`.
final class ObjectPut {
    private struct StagedFile {
        let file: any StorageFile
        let path: String
    }

    private let vault: Vault
    private let pieceBytes: Int
    private var encoder: ObjectEncoder
    private var staged: StagedFile?
    private var holdsPermit = false

    /// Begins a put of about `sizeHint` bytes.
    init(into vault: Vault, sizeHint: Int) {
        self.vault = vault
        pieceBytes = vault.configuration.writePieceBytes
        encoder = ObjectEncoder(sizeHint: min(sizeHint, pieceBytes))
    }

    /// Takes in more of the object, and returns when no more than a piece is in memory only.
    func take(_ bytes: [UInt8]) async throws {
        guard Int64(bytes.count) <= vault.configuration.objectBytesMax - encoder.size else {
            throw VaultError(
                .objectTooLarge,
                "the object has more than \(vault.configuration.objectBytesMax) bytes: raise "
                    + "VaultConfiguration.objectBytesMax, or put it in parts"
            )
        }
        try Task.checkCancellation()
        var taken = 0
        while taken < bytes.count {
            // Only now that there is more: an object of one piece needs no staging of its own.
            if encoder.pending.count >= pieceBytes { try await spill() }
            let count = min(max(pieceBytes - encoder.pending.count, 1), bytes.count - taken)
            encoder.append(bytes.span.extracting(taken..<taken + count))
            taken += count
        }
    }

    /// Ends the object and returns its id when it is safe from a crash.
    func finish() async throws -> ObjectID {
        let header = encoder.finish()
        try vault.health.checkWritable()
        try Task.checkCancellation()
        if try await vault.holdsIntact(header.id), try await vault.commits.commit(.confirm(header.id)) == .done {
            await abandon()
            vault.metrics.duplicatePuts.increment()
        } else if staged == nil {
            let file = encoder.takePending().bytes
            _ = try await vault.commits.commit(.write(header.id, file: file, staged: vault.makeStagedPath()))
        } else {
            try await publishStaged(header)
        }
        vault.metrics.puts.increment()
        vault.metrics.putBytes.increment(by: encoder.size)
        return header.id
    }

    /// Removes what was staged; does nothing after the object got its name.
    func abandon() async {
        if let staged = staged.take() {
            let disk = vault.directory.disk
            // What cannot be removed now is removed when the vault is opened next. A closed vault refuses the job and
            // has removed the file itself: by now the name may be that of another vault's file.
            try? await vault.pool.run {
                try? staged.file.close()
                try disk.remove(staged.path)
            }
        }
        releasePermit()
    }

    /// Writes what is pending to the staged file, which the first call makes.
    private func spill() async throws {
        try vault.health.checkWritable()
        try Task.checkCancellation()
        let (bytes, offset) = encoder.takePending()
        if staged == nil {
            try await vault.largePuts.acquire()
            holdsPermit = true
            let path = vault.makeStagedPath()
            let file = try await vault.onPool("no file can be made for a put") { try $0.open(path, .createNew) }
            staged = StagedFile(file: file, path: path)
        }
        guard let file = staged?.file else { return }
        try await vault.onPool("an object cannot be written") { _ in try file.writeAll(bytes.span, at: offset) }
    }

    /// Completes and flushes the staged file and gives it its name.
    private func publishStaged(_ header: ObjectHeader) async throws {
        try await spill()
        guard let (file, path) = staged.map({ ($0.file, $0.path) }) else { return }
        let start = header.encoded()
        try await vault.onPool("object \(header.id) cannot be written") { _ in
            try file.writeAll(start.span, at: 0)
        }
        let health = vault.health
        try await vault.onPool("object \(header.id) cannot be flushed") { _ in
            do throws(IOError) {
                try file.synchronize()
            } catch {
                throw health.flushFailed(error)
            }
            try file.close()
        }
        try Task.checkCancellation()
        _ = try await vault.commits.commit(.publish(header.id, staged: path))
        staged = nil
        releasePermit()
    }

    private func releasePermit() {
        if holdsPermit { vault.largePuts.release() }
        holdsPermit = false
    }
}
