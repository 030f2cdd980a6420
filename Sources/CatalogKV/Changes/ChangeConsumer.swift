internal import VitrineIO

/// A reader of changes whose place the catalog remembers, so that it goes on where it stopped after a restart.
///
/// Acknowledge what has been dealt with, in whatever portions suit. After a crash everything behind the last
/// acknowledgement comes again: at least once, never not at all. Consumers know nothing of each other, and do not keep
/// changes from being trimmed: see `CatalogConfiguration.changeRetention`.
public struct ChangeConsumer: Sendable {
    /// What the consumer is found by.
    public let name: String
    private let engine: Engine

    init(_ name: String, _ engine: Engine) {
        self.name = name
        self.engine = engine
    }

    /// The number through which everything was acknowledged.
    ///
    /// - Throws: `CatalogError` with `isClosed`, `isCorrupt`, or with `invalidArgument` when the consumer was removed.
    public func position() throws -> UInt64 {
        let found = try engine.read(.consumers, ChangeConsumer.key(name)) { item in
            try ChangeConsumer.position(item.value, name)
        }
        guard let found else { throw notThere }
        return found
    }

    /// The changes behind what was acknowledged.
    ///
    /// - Throws: as `position()` and `Catalog.changes(after:)`.
    public func changes() throws -> ChangeStream {
        let position = try position()
        let oldest = try engine.oldestChange()
        guard position + 1 >= oldest else { throw CatalogError.changesTrimmed(after: position, oldest: oldest) }
        return ChangeStream(engine, after: position)
    }

    /// Notes that everything through `sequence` has been dealt with; a number that is not above the last is no work.
    ///
    /// By default it does not wait for a flush: an acknowledgement that a loss of power takes back only lets changes
    /// come again.
    ///
    /// - Throws: `CatalogError` with `invalidArgument` when no reader has seen such a number yet or the consumer was
    ///   removed; `isReadOnly`, `isClosed`, `diskFull` or `ioFailed`.
    public func acknowledge(through sequence: UInt64, durability: Durability = .buffered) async throws {
        guard sequence <= engine.index.visible else {
            throw CatalogError(.invalidArgument, "change \(sequence) was acknowledged, and there is none yet")
        }
        _ = try await engine.commit(durability) { newest, draft in
            let key = ChangeConsumer.key(name)
            let found = try newest.read(.consumers, key) { try ChangeConsumer.position($0.value, name) }
            guard let position = found else { throw notThere }
            if sequence > position { ChangeConsumer.put(sequence, name, &draft) }
        }
    }

    private var notThere: CatalogError {
        CatalogError(.invalidArgument, "the consumer \(name) was removed")
    }
}

extension ChangeConsumer {
    static func key(_ name: String) -> Key { Key(partition: name) }

    /// The position is stored as a u64, little-endian.
    static func put(_ position: UInt64, _ name: String, _ draft: inout Draft) {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(position)
        draft.put(.consumers, key(name), value: bytes.span, isDocument: false)
    }

    package static func position(_ bytes: Span<UInt8>, _ name: String) throws -> UInt64 {
        var reader = ByteReader(bytes)
        guard let position = reader.readUInt64(), reader.remaining == 0, position <= Entry.sequenceMax else {
            throw CatalogError(
                .unsupportedFormat,
                "the place of consumer \(name) has a layout that this version of CatalogKV does not know; "
                    + "use a newer version"
            )
        }
        return position
    }
}

extension Catalog {
    /// The consumer with this name, which has 1 to 2,048 bytes in UTF-8; made when there is none.
    ///
    /// A new one begins behind `sequence`, or with the changes from now on; for one that is there `sequence` means
    /// nothing. It is on disk when the call returns.
    ///
    /// - Throws: `CatalogError` with `keyTooLong`, `invalidArgument` when there is no such number yet, `isReadOnly`,
    ///   `isClosed`, `diskFull` or `ioFailed`.
    public func consumer(named name: String, startingAfter sequence: UInt64? = nil) async throws -> ChangeConsumer {
        try ChangeConsumer.key(name).check()
        let visible = engine.index.visible
        let start = sequence ?? visible
        guard start <= visible else {
            throw CatalogError(.invalidArgument, "there is no change \(start) yet; the newest has number \(visible)")
        }
        _ = try await engine.commit(.synced) { newest, draft in
            if newest.version(.consumers, ChangeConsumer.key(name)) == nil { ChangeConsumer.put(start, name, &draft) }
        }
        return ChangeConsumer(name, engine)
    }

    /// Forgets a consumer, and returns whether there was one.
    ///
    /// - Throws: `CatalogError` with `keyTooLong`, `isReadOnly`, `isClosed`, `diskFull` or `ioFailed`.
    @discardableResult
    public func removeConsumer(named name: String) async throws -> Bool {
        let key = ChangeConsumer.key(name)
        try key.check()
        return try await engine.commit(.synced) { newest, draft in
            guard newest.version(.consumers, key) != nil else { return false }
            draft.delete(.consumers, key)
            return true
        }.result
    }
}
