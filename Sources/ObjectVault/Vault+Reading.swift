internal import Logging
internal import Metrics
internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// Reading: plain calls, and nothing unverified leaves them.
extension Vault {
    /// What is known of an object, without reading its bytes; `nil` when there is none, or a delete marker is current.
    ///
    /// - Throws: `VaultError`: `.noSuchBucket`, `.invalidName`, `.ioFailed`, `.isClosed`.
    public func stat(_ name: ObjectName, version number: VersionNumber? = nil) throws -> ObjectVersion? {
        try name.check()
        guard let version = try metadata.readOnce({ try $0.named(name, number) }) else {
            _ = try metadata.read { try $0.bucket(name.bucket) }
            return nil
        }
        return number == nil && version.isDeleteMarker ? nil : version
    }

    /// Which tier the bytes of an object are in.
    ///
    /// - Throws: `VaultError`: `.notFound`, and what `stat` throws.
    public func tier(of name: ObjectName, version number: VersionNumber? = nil) throws -> Tier {
        let (_, content) = try find(name, number)
        let code = try metadata.read { try $0.first(.selectTier, content.id) { $0.int(0) } }
        return code.flatMap(Tier.init(rawValue:)) ?? .hot
    }

    /// Reads an object, or a range of its bytes.
    ///
    /// A whole object's chunks are checked against their SHA-256 digests; a range against the checksums of the 64 KiB
    /// frames that it touches, so that its cost does not grow with the object. An empty range within the object, its end
    /// included, gives no bytes.
    ///
    /// - Parameters:
    ///   - name: the object.
    ///   - number: which version; the current one by default.
    ///   - range: which of its bytes; `nil` for all.
    ///   - condition: what must hold of it.
    /// - Throws: `VaultError`: `.notFound`, `.invalidRange`, `.preconditionFailed`, `.notModified`, `.objectTooLarge` above
    ///   `VaultConfiguration.readBytesMax`, `.isCorrupt` with file and offset, `.keyUnavailable`, `.unsupportedFormat`,
    ///   `.ioFailed`, `.isClosed`, `.noSuchBucket`, `.invalidName`.
    public func read(
        _ name: ObjectName,
        version number: VersionNumber? = nil,
        range: Range<Int64>? = nil,
        condition: ReadCondition = .init()
    ) throws -> [UInt8] {
        try readWhole(try open(name, number, condition), range)
    }

    /// Reads several ranges of one version, in the order in which they are given.
    ///
    /// - Throws: as `read`; the limit holds for all ranges together.
    public func read(
        _ name: ObjectName,
        version number: VersionNumber? = nil,
        ranges: [Range<Int64>],
        condition: ReadCondition = .init()
    ) throws -> [[UInt8]] {
        let object = try open(name, number, condition)
        var total: Int64 = 0
        for range in ranges {
            let checked = try object.check(range)
            total += Int64(checked.count)
            try checkSize(total, object)
        }
        return try ranges.map { try readWhole(object, $0) }
    }

    /// Opens an object for reading piece by piece, in constant memory.
    ///
    /// Each piece is checked before it is handed out: by the digests of its chunks when the range is the whole object, by
    /// frame otherwise. A later delete does not disturb the stream.
    ///
    /// - Parameters:
    ///   - name: the object.
    ///   - number: which version; the current one by default.
    ///   - range: which of its bytes; `nil` for all.
    ///   - condition: what must hold of it.
    ///   - pieceSize: bytes in each piece but the last, from 1 to 64 MiB.
    /// - Throws: as `read`, save `.objectTooLarge`; `.invalidArgument` for a piece size out of bounds.
    public func stream(
        _ name: ObjectName,
        version number: VersionNumber? = nil,
        range: Range<Int64>? = nil,
        condition: ReadCondition = .init(),
        pieceSize: Int = 1 << 18
    ) throws -> ObjectStream {
        try stream(try open(name, number, condition), range, pieceSize)
    }

    /// Writes an object into a new file at `path`, verified; a file that is there is replaced when all is written.
    ///
    /// - Throws: as `stream`; `.ioFailed` and `.outOfSpace` also when the file cannot be written. A failure leaves no file.
    @concurrent
    public func get(_ name: ObjectName, version number: VersionNumber? = nil, to path: String) async throws {
        let stream = try stream(name, version: number, pieceSize: 1 << 20)
        let aside = path + ".part"
        let file = try await onPool("\(aside) cannot be written") { disk in
            let file = try disk.open(aside, .createIfMissing)
            try file.truncate(to: 0)
            return file
        }
        do {
            var offset: Int64 = 0
            for try await piece in stream {
                let start = offset
                try await onPool("\(aside) cannot be written") { _ in try file.writeAll(piece.span, at: start) }
                offset += Int64(piece.count)
            }
            try await onPool("\(path) cannot be written") { disk in
                try file.synchronize()
                try file.close()
                try disk.rename(aside, to: path)
                try disk.synchronizeDirectory(path.parentDirectory)
            }
        } catch {
            try? await onPool("") { disk in
                try? file.close()
                try disk.remove(aside)
            }
            throw error
        }
    }

    /// Bytes of an opened object.
    func readWhole(_ object: OpenObject, _ range: Range<Int64>?) throws -> [UInt8] {
        let range = try object.check(range)
        try checkSize(Int64(range.count), object)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        var cursor = object.cursor(range)
        while let piece = try cursor.next() {
            if bytes.isEmpty { bytes = piece } else { bytes += piece }
        }
        metrics.readBytes.increment(by: bytes.count)
        return bytes
    }

    func stream(_ object: OpenObject, _ range: Range<Int64>?, _ pieceSize: Int) throws -> ObjectStream {
        guard (1...1 << 26).contains(pieceSize) else {
            throw VaultError(.invalidArgument, "pieces of \(pieceSize) bytes are refused: choose from 1 to 67108864")
        }
        return ObjectStream(object: object, range: try object.check(range), pieceSize: pieceSize)
    }

    private func checkSize(_ count: Int64, _ object: OpenObject) throws(VaultError) {
        guard count <= configuration.readBytesMax else {
            throw VaultError(
                .objectTooLarge,
                "\(count) bytes of \(object.title) are more than the \(configuration.readBytesMax) that one read "
                    + "returns: use stream, ask for a range, or raise VaultConfiguration.readBytesMax"
            )
        }
    }

    /// Finds a version that has bytes, and its content.
    func find(_ name: ObjectName, _ number: VersionNumber?) throws -> (ObjectVersion, ContentRow) {
        try name.check()
        if let found = try metadata.readOnce({ try $0.readable(name, number) }) { return found }
        _ = try metadata.read { try $0.bucket(name.bucket) }
        throw VaultError.notFound(name, number)
    }

    /// Finds an object and holds its bytes until it is let go of.
    func open(_ name: ObjectName, _ number: VersionNumber?, _ condition: ReadCondition) throws -> OpenObject {
        while true {
            let generation = contentPins.generation
            let (version, content) = try find(name, number)
            try condition.check(version)
            // What is doomed has lost its last name in a transaction that is about to end.
            guard contentPins.pin(content.id, generation: generation) == .pinned else { continue }
            accesses.note(content.id, at: configuration.now().wholeMilliseconds)
            return OpenObject(
                title: "\(name)",
                content: content,
                chunks: chunks,
                pin: ContentPin(pinned: content.id, contentPins)
            )
        }
    }

    /// Says in log and metrics that stored bytes are not what was written.
    func noteDamage(_ error: VaultError) {
        metrics.damage.increment()
        configuration.logger?.info("damage found", metadata: ["error": "\(error)"])
    }
}

extension Query {
    static let selectTier = Query("SELECT tier FROM content WHERE id = ?1")
}
