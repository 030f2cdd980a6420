internal import Logging
internal import Metrics
internal import VitrineIO

/// Reading: plain calls, and nothing unverified leaves them.
extension Vault {
    /// Reads an object, or a range of its bytes.
    ///
    /// A whole object is checked against its SHA-256 digest, its frame table and its footer; a range against the
    /// checksums of the 64 KiB frames that it touches, so that its cost does not grow with the object. An empty range
    /// within the object, its end included, gives no bytes.
    ///
    /// - Throws: `VaultError`: `.notFound`, `.invalidRange`, `.objectTooLarge` above
    ///   `VaultConfiguration.readBytesMax`, `.isCorrupt` with file and offset, `.unsupportedFormat`, `.ioFailed`,
    ///   `.isClosed`.
    public func read(_ id: ObjectID, range: Range<Int64>? = nil) throws -> [UInt8] {
        let object = try open(id)
        let range = try check(range, of: object)
        guard range.count <= configuration.readBytesMax else {
            throw VaultError(
                .objectTooLarge,
                "\(range.count) bytes of object \(id) are more than the \(configuration.readBytesMax) that one read "
                    + "returns: use stream, ask for a range, or raise VaultConfiguration.readBytesMax"
            )
        }
        let bytes = try explained(id) { () throws(ObjectFault) in
            range == 0..<object.layout.size ? try object.verifiedWhole() : try object.verified(bytesIn: range)
        }
        metrics.readBytes.increment(by: bytes.count)
        return bytes
    }

    /// Opens an object for reading piece by piece, in constant memory.
    ///
    /// Each piece is checked by frame before it is handed out; when the range is the whole object, the end of the
    /// stream also checks digest, frame table and footer, and throws instead of ending if they do not match. A later
    /// `remove` does not disturb the stream.
    ///
    /// - Parameters:
    ///   - id: the object.
    ///   - range: which of the object's bytes; `nil` for all.
    ///   - pieceSize: bytes in each piece but the last, from 1 to 64 MiB.
    /// - Throws: as `read`, save `.objectTooLarge`; `.invalidArgument` for a piece size out of bounds.
    public func stream(
        _ id: ObjectID,
        range: Range<Int64>? = nil,
        pieceSize: Int = 1 << 18
    ) throws -> ObjectStream {
        guard (1...1 << 26).contains(pieceSize) else {
            throw VaultError(.invalidArgument, "pieces of \(pieceSize) bytes are refused: choose from 1 to 67108864")
        }
        let object = try open(id)
        let checked = try check(range, of: object)
        return ObjectStream(object: object, range: checked, pieceSize: pieceSize, vault: self)
    }

    /// What is known of an object without reading its bytes; `nil` when there is none.
    ///
    /// - Throws: `VaultError`: `.isCorrupt` when header or length of its file are wrong, `.unsupportedFormat`,
    ///   `.ioFailed`, `.isClosed`.
    public func info(_ id: ObjectID) throws -> ObjectInfo? {
        try health.checkReadable()
        let path = directory.objectPath(id)
        return try explained(id) { () throws(ObjectFault) in
            try ObjectFile.open(id, at: path, on: directory.disk).map { object in
                ObjectInfo(id: id, byteCount: object.layout.size, storedByteCount: object.layout.fileBytes)
            }
        }
    }

    /// Whether the vault has an object of that id, by its name alone.
    ///
    /// - Throws: `VaultError`: `.ioFailed`, `.isClosed`.
    public func contains(_ id: ObjectID) throws -> Bool {
        try health.checkReadable()
        do throws(IOError) {
            return try directory.disk.info(directory.objectPath(id)) != nil
        } catch {
            throw VaultError(error, "object \(id) cannot be looked up")
        }
    }

    /// The ids of the objects, in order: those after `cursor`, and at most `limit` of them.
    ///
    /// To go through a large vault in pages, pass the last id of one page as the cursor of the next. Objects that are
    /// put or removed meanwhile may or may not be listed.
    ///
    /// - Throws: `VaultError`: `.ioFailed`, `.isClosed`, `.invalidArgument` for a negative limit.
    public func list(after cursor: ObjectID? = nil, limit: Int = .max) throws -> [ObjectID] {
        try health.checkReadable()
        guard limit >= 0 else {
            throw VaultError(.invalidArgument, "a page cannot have \(limit) ids: ask for 0 or more")
        }
        var found: [ObjectID] = []
        do throws(IOError) {
            for firstByte in try directory.fanOut() where firstByte >= cursor?.firstByte ?? 0 {
                if found.count >= limit { break }
                let ids = try directory.objects(firstByte)
                let rest = cursor.map { cursor in ids.filter { $0 > cursor } } ?? ids
                found += rest.prefix(limit - found.count)
            }
        } catch {
            throw VaultError(error, "the objects of the vault at \(directory.path) cannot be listed")
        }
        return found
    }

    private func open(_ id: ObjectID) throws(VaultError) -> ObjectFile {
        try health.checkReadable()
        let path = directory.objectPath(id)
        let object = try explained(id) { () throws(ObjectFault) in
            try ObjectFile.open(id, at: path, on: directory.disk)
        }
        guard let object else {
            throw VaultError(.notFound, "the vault at \(directory.path) has no object \(id)")
        }
        return object
    }

    private func check(_ range: Range<Int64>?, of object: ObjectFile) throws(VaultError) -> Range<Int64> {
        let whole = 0..<object.layout.size
        guard let range else { return whole }
        guard range.lowerBound >= 0, range.upperBound <= whole.upperBound else {
            throw VaultError(
                .invalidRange,
                "bytes \(range.lowerBound)..<\(range.upperBound) do not lie within object \(object.header.id), which "
                    + "has \(whole.upperBound): ask for a range within 0..<\(whole.upperBound)"
            )
        }
        return range
    }

    /// Runs `body` and says of a fault in the file of `id` what it means to the caller.
    func explained<Value>(_ id: ObjectID, _ body: () throws(ObjectFault) -> Value) throws(VaultError) -> Value {
        do throws(ObjectFault) {
            return try body()
        } catch {
            let explained = VaultError(error, id, path: directory.objectPath(id))
            if case .damage = error { noteDamage(explained) }
            throw explained
        }
    }

    /// Counts and logs damage that was found.
    func noteDamage(_ error: VaultError) {
        metrics.damage.increment()
        configuration.logger?.info("damage found", metadata: ["error": "\(error)"])
    }
}
