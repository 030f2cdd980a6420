extension Table {
    /// The most items that one batch may read or write.
    public static var batchCountMax: Int { 10_000 }
    /// The most bytes that a batch or transaction may write, keys and frames included.
    public static var batchByteCountMax: Int { 64 << 20 }

    /// Writes an item, in place of the one that was there.
    ///
    /// - Parameters:
    ///   - item: What to put.
    ///   - key: Its name.
    ///   - condition: What the item that is there must be like, or that there is none.
    ///   - lifetime: How long from now on the item lives; `nil` for good, or for as long as the table's expiry attribute
    ///     says.
    ///   - returned: Which items to return.
    ///   - durability: How safe the item is before the call returns.
    /// - Returns: The item's version, and the items that were asked for.
    /// - Throws: `CatalogError` with `conditionFailed` (see ``CatalogError/failedItem``), `keyTooLong`, `valueTooLarge`,
    ///   `invalidExpression`, `typeMismatch`, `invalidArgument`, `isReadOnly`, `isClosed`, `diskFull`, `ioFailed` or
    ///   `isCorrupt`; what encoding throws. Nothing was written then, unless it is `ioFailed`: after a failed flush, the
    ///   item may or may not be there when the catalog is opened again.
    @discardableResult
    @inlinable
    public func put(
        _ item: Item,
        for key: Key,
        if condition: Condition? = nil,
        lifetime: Duration? = nil,
        returning returned: ReturnedItems = .none,
        durability: Durability = .synced
    ) async throws -> WriteResult<Item> {
        // Specialised where it is called: without that, each call asks the runtime for the type of its result.
        if condition == nil, returned == .none,
            let started = try _put(item, for: key, lifetime: lifetime, durability: durability)
        {
            switch started {
            case .done(let version): return WriteResult(version: version)
            case .unfinished(let rest): return WriteResult(version: try await _finish(rest))
            }
        }
        return try await _put(
            item,
            for: key,
            if: condition,
            lifetime: lifetime,
            returning: returned,
            durability: durability
        )
    }

    /// A put that asks and returns nothing of the item that is there; `nil` when the table's stream shows that item.
    @usableFromInline
    func _put(_ item: Item, for key: Key, lifetime: Duration?, durability: Durability) throws -> StartedPut? {
        if definition.options.changeImages.includesOld { return nil }
        var started: StartedPut?
        try codec.encode(item) { bytes in
            let expiry = try expiry(of: bytes, for: key, lifetime: lifetime)
            started = try engine.put(
                definition.number,
                key,
                value: bytes,
                isDocument: codec.isDocument,
                expiry: expiry,
                durability
            )
        }
        return started
    }

    @usableFromInline
    func _finish(_ put: UnfinishedPut) async throws -> UInt64 {
        try await engine.finish(put)
    }

    @usableFromInline
    func _put(
        _ item: Item,
        for key: Key,
        if condition: Condition?,
        lifetime: Duration?,
        returning returned: ReturnedItems,
        durability: Durability
    ) async throws -> WriteResult<Item> {
        let write = try putWrite(item, for: key, if: condition, lifetime: lifetime)
        return try await commit(write, returned, durability) { _ in item }
    }

    /// Changes attributes of an item, as one step; a missing item is begun empty.
    ///
    /// - Parameters:
    ///   - key: The item's name.
    ///   - update: What to change.
    ///   - condition: What the item must be like; `.exists` to change only what is there.
    ///   - lifetime: How long from now on the item lives; `nil` leaves its expiry as it is, unless the table has an expiry
    ///     attribute.
    ///   - returned: Which items to return.
    ///   - durability: How safe the item is before the call returns.
    /// - Throws: as ``put(_:for:if:lifetime:returning:durability:)``, and `CatalogError` with `typeMismatch` or
    ///   `numberOverflow` when a change cannot be carried out.
    @discardableResult
    public func update(
        _ key: Key,
        with update: Update,
        if condition: Condition? = nil,
        lifetime: Duration? = nil,
        returning returned: ReturnedItems = .none,
        durability: Durability = .synced
    ) async throws -> WriteResult<Item> {
        let write = ItemWrite(
            table: definition,
            isOfDocuments: codec.isDocument,
            key: key,
            action: .update(update),
            condition: condition,
            lifetime: lifetime
        )
        return try await commit(write, returned, durability) { outcome in
            try outcome.updatedBytes.map { try codec.item($0.span, isDocument: true) }
        }
    }

    /// Changes attributes of an item by what the block lists.
    ///
    ///     try await products.update(key, if: attribute("stock") >= 3) {
    ///         attribute("stock").subtract(3)
    ///     }
    ///
    /// - Throws: as ``update(_:with:if:lifetime:returning:durability:)``.
    @discardableResult
    public func update(
        _ key: Key,
        if condition: Condition? = nil,
        lifetime: Duration? = nil,
        returning returned: ReturnedItems = .none,
        durability: Durability = .synced,
        @UpdateBuilder _ changes: () -> [AttributeChange]
    ) async throws -> WriteResult<Item> {
        try await update(
            key,
            with: Update(changes()),
            if: condition,
            lifetime: lifetime,
            returning: returned,
            durability: durability
        )
    }

    /// Deletes an item; one that is not there is no failure, unless the condition asks for it.
    ///
    /// - Throws: as ``put(_:for:if:lifetime:returning:durability:)``.
    @discardableResult
    public func delete(
        _ key: Key,
        if condition: Condition? = nil,
        returning returned: ReturnedItems = .none,
        durability: Durability = .synced
    ) async throws -> WriteResult<Item> {
        let write = ItemWrite(table: definition, key: key, action: .delete, condition: condition, lifetime: nil)
        return try await commit(write, returned, durability) { _ in nil }
    }

    /// Writes and deletes many items as one step: all of it happens, or nothing.
    ///
    /// One record and one flush for all of them, whatever their number: the way to load data. No item may be named twice.
    ///
    /// - Parameters:
    ///   - puts: Items and their names.
    ///   - deletes: The names of items to delete; with `puts`, at most ``batchCountMax`` and ``batchByteCountMax``.
    ///   - lifetime: How long from now on the items that are put live; `nil` for good, or for as long as the table's expiry
    ///     attribute says.
    ///   - durability: How safe all of it is before the call returns.
    /// - Throws: as ``put(_:for:if:lifetime:returning:durability:)``, and `CatalogError` with `batchTooLarge` or
    ///   `invalidArgument`.
    public func batchWrite(
        puts: [(key: Key, item: Item)],
        deletes: [Key] = [],
        lifetime: Duration? = nil,
        durability: Durability = .synced
    ) async throws {
        try Table.check(batchCount: puts.count + deletes.count)
        guard Set(puts.map(\.key)).union(deletes).count == puts.count + deletes.count else {
            throw CatalogError(.invalidArgument, "a batch names an item twice")
        }
        if deletes.isEmpty, !definition.options.changeImages.includesOld {
            var draft = Draft()
            for (key, item) in puts {
                try codec.encode(item) { try add($0, for: key, lifetime: lifetime, to: &draft) }
                try Table.check(batchByteCount: draft.byteCount)
            }
            if !draft.isEmpty { _ = try await engine.commit(draft, durability) }
            return
        }
        var writes = try puts.map { try putWrite($0.item, for: $0.key, if: nil, lifetime: lifetime) }
        for key in deletes {
            try key.check()
            writes.append(ItemWrite(table: definition, key: key, action: .delete, condition: nil, lifetime: nil))
        }
        _ = try await engine.commit(durability) { newest, draft in
            for write in writes {
                _ = try write.carryOut(newest, &draft)
                try Table.check(batchByteCount: draft.byteCount)
            }
        }
    }

    static func check(batchCount: Int) throws {
        guard batchCount > batchCountMax else { return }
        throw CatalogError(.batchTooLarge, "a batch has \(batchCount) items; it may have at most \(batchCountMax)")
    }

    static func check(batchByteCount: Int) throws {
        guard batchByteCount > batchByteCountMax else { return }
        throw CatalogError(.batchTooLarge, "a batch has over \(batchByteCountMax) bytes, the most that it may have")
    }
}

extension Table {
    private func add(_ bytes: Span<UInt8>, for key: Key, lifetime: Duration?, to draft: inout Draft) throws {
        let expiry = try expiry(of: bytes, for: key, lifetime: lifetime)
        draft.put(definition.number, key, value: bytes, isDocument: codec.isDocument, expiry: expiry)
    }

    /// When an item that is put now goes.
    ///
    /// - Throws: what a put over its limits throws.
    private func expiry(of bytes: Span<UInt8>, for key: Key, lifetime: Duration?) throws -> Int64 {
        try key.check()
        try definition.check(lifetime: lifetime)
        try ItemWrite.check(byteCount: bytes.count)
        if let lifetime { return ItemWrite.expiry(after: lifetime, engine.now) }
        return codec.isDocument ? definition.expiry(of: bytes) : ItemVersion.never
    }

    func putWrite(_ item: Item, for key: Key, if condition: Condition?, lifetime: Duration?) throws -> ItemWrite {
        var bytes: [UInt8] = []
        try codec.encode(item) { bytes = $0.bytes }
        let write = ItemWrite(
            table: definition,
            key: key,
            action: .put(bytes, isDocument: codec.isDocument),
            condition: condition,
            lifetime: lifetime
        )
        try write.check()
        return write
    }

    private func commit(
        _ write: ItemWrite,
        _ returned: ReturnedItems,
        _ durability: Durability,
        _ newItem: @Sendable (ItemWrite.Outcome) throws -> Item?
    ) async throws -> WriteResult<Item> {
        try write.check()
        // What is returned is decoded before anything is written: a call that throws has changed nothing.
        let (result, first) = try await engine.commit(durability) { newest, draft in
            let outcome = try write.carryOut(newest, &draft, returnsOld: returned.contains(.old))
            let old = try old(outcome, write.key)
            return (outcome: outcome, old: old, new: returned.contains(.new) ? try newItem(outcome) : nil)
        }
        let version = result.outcome.ordinal.map { first + UInt64($0) } ?? 0
        let expiry = result.outcome.expiry.sinceEpoch
        let new = result.new.map { ItemEntry(key: write.key, item: $0, version: version, expiry: expiry) }
        return WriteResult(version: version, old: result.old, new: new)
    }

    private func old(_ outcome: ItemWrite.Outcome, _ key: Key) throws -> ItemEntry<Item>? {
        guard let old = outcome.old else { return nil }
        return ItemEntry(
            key: key,
            item: try codec.item(old.bytes.span, isDocument: old.isDocument),
            version: old.version,
            expiry: old.expiry
        )
    }
}
