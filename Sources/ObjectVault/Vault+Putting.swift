internal import Metrics
internal import VitrineIO

/// Putting and removing: what is acknowledged is on disk.
extension Vault {
    /// Stores `bytes` and returns their id once they are safe from a crash.
    ///
    /// When the vault has them already, it checks that they are intact and on disk, and writes nothing; a damaged
    /// file is replaced. Concurrent puts share their flushes. A put that throws leaves nothing behind, save after
    /// `.isReadOnly`: what a failed flush did is known when the vault is opened anew. Cancellation is observed until
    /// the last piece is on its way.
    ///
    /// - Throws: `VaultError`: `.objectTooLarge`, `.outOfSpace`, `.ioFailed`, `.isReadOnly`, `.isClosed`;
    ///   `CancellationError`.
    @concurrent @discardableResult
    public func put(_ bytes: [UInt8]) async throws -> ObjectID {
        try await store(sizeHint: bytes.count) { put in
            try await put.take(bytes)
        }
    }

    /// Stores what `source` yields, piece by piece, and returns its id once it is safe from a crash.
    ///
    /// Holds at most two pieces of `VaultConfiguration.writePieceBytes` and the piece that `source` yielded last; the
    /// next one is not asked for before the disk has taken what came before.
    ///
    /// - Throws: as `put(_:)` with bytes, and whatever `source` throws, unchanged.
    @concurrent @discardableResult
    public func put<Source: AsyncSequence & Sendable>(_ source: Source) async throws -> ObjectID
    where Source.Element: Sequence<UInt8> {
        try await store(sizeHint: configuration.writePieceBytes) { put in
            for try await piece in source { try await put.take(Array(piece)) }
        }
    }

    /// Stores the contents of the file at `path` and returns their id once they are safe from a crash.
    ///
    /// What is stored is what was read: a file that others change meanwhile is stored as some mixture, under the
    /// digest of that mixture.
    ///
    /// - Throws: as `put(_:)` with bytes; `.ioFailed` also when the file cannot be read.
    @concurrent @discardableResult
    public func put(contentsOf path: String) async throws -> ObjectID {
        let source = try await onPool("\(path) cannot be read") { disk in try disk.open(path, .read) }
        defer { try? source.close() }  // Nothing was written to it.
        let pieceBytes = configuration.writePieceBytes
        return try await store(sizeHint: pieceBytes) { put in
            var offset: Int64 = 0
            while true {
                let start = offset
                let piece = try await onPool("\(path) cannot be read") { _ in
                    try source.readBytes(pieceBytes, at: start)
                }
                if piece.isEmpty { return }
                try await put.take(piece)
                offset += Int64(piece.count)
            }
        }
    }

    /// Removes an object and returns whether there was one, once that is safe from a crash.
    ///
    /// Streams that are open keep what they read from. A put of the same bytes at the same time comes either before
    /// or after.
    ///
    /// - Throws: `VaultError`: `.ioFailed`, `.isReadOnly`, `.isClosed`.
    @concurrent @discardableResult
    public func remove(_ id: ObjectID) async throws -> Bool {
        try health.checkWritable()
        switch try await commits.commit(.remove(id)) {
        case .isMissing:
            return false
        case .done:
            metrics.removes.increment()
            return true
        }
    }

    private func store(sizeHint: Int, _ feed: (ObjectPut) async throws -> Void) async throws -> ObjectID {
        try health.checkWritable()
        let put = ObjectPut(into: self, sizeHint: sizeHint)
        do {
            try await feed(put)
            return try await put.finish()
        } catch {
            await put.abandon()
            throw error
        }
    }
}
