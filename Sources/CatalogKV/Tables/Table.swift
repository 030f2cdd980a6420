/// A named table of a catalog: items by their keys.
///
/// A value of this type is small and may be copied and used by any task or thread. Reads are plain calls that wait for
/// nobody. Writes suspend until the item is as safe as `durability` asks, happen whole or not at all, and are seen by
/// every read that begins after they returned.
///
/// An item whose expiry has come is not there, for reads, conditions and updates alike.
public struct Table<Item: Sendable>: Sendable {
    let engine: Engine
    let definition: TableDefinition
    @usableFromInline let codec: ItemCodec<Item>

    init(_ engine: Engine, _ definition: TableDefinition, _ codec: ItemCodec<Item>) {
        self.engine = engine
        self.definition = definition
        self.codec = codec
    }

    /// The table's name.
    public var name: String { definition.name }

    /// How the table treated its items when this value was made.
    public var options: TableOptions { definition.options }
}

/// Reading single items. Each costs one search of the index, and no memory but the item's.
extension Table {
    /// The item, or `nil` when there is none.
    ///
    /// - Parameters:
    ///   - key: The item's name.
    ///   - snapshot: The moment to read at; `nil` reads the newest.
    /// - Throws: `CatalogError` with `keyTooLong`, `isClosed`, `isCorrupt` when the item's bytes have changed on disk,
    ///   `typeMismatch` when it is not of the table's kind, or `invalidArgument` when the snapshot is another catalog's;
    ///   what decoding throws.
    public func get(_ key: Key, at snapshot: CatalogSnapshot? = nil) throws -> Item? {
        var item: Item?
        try engine.visit(definition.number, key, snapshot) { view in
            item = try codec.item(view.value, isDocument: view.isDocument)
        }
        return item
    }

    /// The item with its version and expiry, or `nil` when there is none.
    ///
    /// - Throws: as ``get(_:at:)``.
    public func entry(_ key: Key, at snapshot: CatalogSnapshot? = nil) throws -> ItemEntry<Item>? {
        var entry: ItemEntry<Item>?
        try engine.visit(definition.number, key, snapshot) { view in entry = try self.entry(view, key) }
        return entry
    }

    /// Whether there is an item of that name.
    ///
    /// - Throws: as ``get(_:at:)``.
    public func contains(_ key: Key, at snapshot: CatalogSnapshot? = nil) throws -> Bool {
        try engine.visit(definition.number, key, snapshot) { _ in }
    }

    /// The attributes of the item that the projection names, or `nil` when there is no item.
    ///
    /// - Throws: as ``get(_:at:)``, and `CatalogError` with `invalidExpression`, or `typeMismatch` when the item is raw
    ///   bytes.
    public func get(
        _ key: Key,
        projection: Projection,
        at snapshot: CatalogSnapshot? = nil
    ) throws -> Document? {
        try projection.check()
        var document: Document?
        try engine.visit(definition.number, key, snapshot) { view in
            guard view.isDocument else { throw CatalogError.notADocument(key, "a projection") }
            document = try projection.applied(to: DocumentView(trusted: view.value))
        }
        return document
    }

    /// The items of these names, all as of one moment; `nil` where there is none.
    ///
    /// - Parameters:
    ///   - keys: At most ``batchCountMax``.
    ///   - snapshot: The moment to read at; `nil` reads the newest.
    /// - Throws: as ``get(_:at:)``, and `CatalogError` with `batchTooLarge`.
    public func batchGet(_ keys: [Key], at snapshot: CatalogSnapshot? = nil) throws -> [Item?] {
        try Table.check(batchCount: keys.count)
        let snapshot = try snapshot ?? CatalogSnapshot(engine)
        var items: [Item?] = []
        items.reserveCapacity(keys.count)
        for start in stride(from: 0, to: keys.count, by: 32) {
            let part = keys[start..<min(keys.count, start + 32)]
            engine.fetch(definition.number, part)
            for key in part { items.append(try get(key, at: snapshot)) }
        }
        return items
    }

    func entry(_ view: borrowing ItemView, _ key: Key) throws -> ItemEntry<Item> {
        ItemEntry(
            key: key,
            item: try codec.item(view.value, isDocument: view.isDocument),
            version: view.version,
            expiry: view.expiry.sinceEpoch
        )
    }
}

/// Reading bytes where they stand.
extension Table where Item == [UInt8] {
    /// Runs `body` with the item's bytes, which are not copied and are gone afterwards; returns `nil` when there is none.
    ///
    /// Keep `body` short: what was overwritten meanwhile can only be freed after it.
    ///
    /// - Throws: as ``Table/get(_:at:)``, and what `body` throws.
    @inlinable
    public func withValue<Result>(
        for key: Key,
        at snapshot: CatalogSnapshot? = nil,
        _ body: (Span<UInt8>) throws -> Result
    ) throws -> Result? {
        // Specialised where it is called: without that, each call asks the runtime for the type of its result.
        var result: Result?
        try _visitValue(key, snapshot) { value in result = try body(value) }
        return result
    }

    @usableFromInline
    func _visitValue(_ key: Key, _ snapshot: CatalogSnapshot?, _ body: (Span<UInt8>) throws -> Void) throws {
        try engine.visit(definition.number, key, snapshot) { view in try body(view.value) }
    }
}

/// A moment of the catalog that reads can be held at: no later write is seen through it.
///
/// Making one costs nothing to speak of. Versions that were overwritten since, and the disk files they stand in, are kept
/// until the last copy of it goes.
public struct CatalogSnapshot: Sendable {
    let index: IndexSnapshot

    init(_ engine: Engine) throws {
        index = try engine.snapshot()
    }

    /// The number of the last operation that is seen.
    public var sequence: UInt64 { index.sequence }
}

extension Catalog {
    /// The present moment, to read at.
    ///
    /// - Throws: `CatalogError` with `isClosed`.
    public func snapshot() throws -> CatalogSnapshot {
        try CatalogSnapshot(engine)
    }
}

extension Engine {
    /// Refuses a moment of another catalog, whose numbers mean nothing here.
    func check(_ snapshot: CatalogSnapshot) throws {
        guard snapshot.index.isOf(index) else {
            throw CatalogError(.invalidArgument, "the snapshot is another catalog's, or of an earlier opening")
        }
    }

    /// Runs `body` with an item, and returns whether there is one.
    ///
    /// Not generic, so that public generic calls reach code that is specialised here.
    @discardableResult
    func visit(
        _ table: TableNumber,
        _ key: Key,
        _ snapshot: CatalogSnapshot?,
        _ body: (borrowing ItemView) throws -> Void
    ) throws -> Bool {
        try key.check()
        if let snapshot { try check(snapshot) }
        let found: Bool? = try read(table, key, at: snapshot?.index) { item in
            try body(item)
            return true
        }
        return found == true
    }
}
