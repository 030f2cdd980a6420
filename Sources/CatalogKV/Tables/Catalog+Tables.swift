internal import VitrineSync

extension Catalog {
    /// The table of that name, for documents; made when it is not there yet.
    ///
    /// - Parameters:
    ///   - name: 1 to 255 bytes in UTF-8.
    ///   - options: How the table treats its items. `nil` takes those that it has, or the usual ones for a new table.
    /// - Throws: `CatalogError` with `invalidArgument` for the name, `tableConflict` when the table has other options or
    ///   no more tables can be made, and what a synced put throws.
    public func table(_ name: String, options: TableOptions? = nil) async throws -> Table<Document> {
        Table(engine, try await definition(of: name, options), .documents)
    }

    /// The table of that name, for values of a Swift type; made when it is not there yet.
    ///
    /// The values are stored as documents, so that conditions, updates and other programs see their attributes.
    ///
    /// - Throws: as ``table(_:options:)``.
    public func table<Item: Codable & Sendable>(
        _ name: String,
        of type: Item.Type,
        options: TableOptions? = nil
    ) async throws -> Table<Item> {
        Table(engine, try await definition(of: name, options), .coded())
    }

    /// The table of that name, for bytes that mean nothing to the catalog; made when it is not there yet.
    ///
    /// The fastest kind: nothing is encoded, and ``Table/withValue(for:at:_:)`` reads without a copy. Conditions can ask
    /// for the item's being there and its version.
    ///
    /// - Throws: as ``table(_:options:)``.
    public func bytesTable(_ name: String, options: TableOptions? = nil) async throws -> Table<[UInt8]> {
        Table(engine, try await definition(of: name, options), .bytes)
    }

    /// All tables, in the order of their names' bytes.
    ///
    /// - Throws: `CatalogError` with `isClosed`, `isCorrupt` or `unsupportedFormat`.
    public func tables() throws -> [TableDescription] {
        var definitions: [TableDefinition] = []
        var reader = try RangeReader(
            engine,
            .partition(.definitions, Array(TableDefinition.partition.utf8), .all, isReversed: false)
        )
        try reader.read { item in
            let name = String(decoding: item.sort.bytes, as: UTF8.self)
            definitions.append(try TableDefinition(name: name, DocumentView(trusted: item.value)))
            return true
        }
        return definitions.filter { !$0.isDropping }.map(\.description)
    }

    /// Changes how a table treats items that are written from then on.
    ///
    /// Values of `Table` that were made before keep the options they were made with.
    ///
    /// - Throws: `CatalogError` with `noSuchTable`, and what a synced put throws.
    public func setOptions(_ options: TableOptions, ofTable name: String) async throws {
        _ = try await engine.commit(.synced) { newest, draft in
            guard let old = try newest.tableDefinition(named: name), !old.isDropping else {
                throw CatalogError(.noSuchTable, "there is no table \"\(name)\"")
            }
            try draft.put(TableDefinition(name: name, number: old.number, options: options))
        }
    }

    /// Removes a table and all its items; a table of that name may be made again, and is a new one.
    ///
    /// The change stream shows each of the items as deleted. Takes time in proportion to the items, in steps between which
    /// others write. After a crash, or when it throws, the
    /// rest goes when the table is dropped or made again. Values of `Table` that were made before read nothing from then on,
    /// and their puts throw `noSuchTable`.
    ///
    /// - Throws: `CatalogError` with `noSuchTable`, and what a synced put throws.
    public func dropTable(_ name: String) async throws {
        let definition = try await engine.commit(.synced) { newest, draft in
            guard var definition = try newest.tableDefinition(named: name) else {
                throw CatalogError(.noSuchTable, "there is no table \"\(name)\"")
            }
            definition.isDropping = true
            try draft.put(definition)
            return definition
        }.result
        try await removeItems(of: definition)
    }

    private func definition(of name: String, _ options: TableOptions?) async throws -> TableDefinition {
        try TableDefinition.check(name: name)
        while true {
            let known = try engine.tableDefinition(named: name)
            if let known, !known.isDropping { return try known.agreeing(with: options) }
            if let known { try await removeItems(of: known) }
            let made = try await engine.commit(.synced) { newest, draft -> TableDefinition? in
                if let other = try newest.tableDefinition(named: name) { return other.isDropping ? nil : other }
                let number = try newest.unusedTableNumber()
                let definition = TableDefinition(name: name, number: number, options: options ?? TableOptions())
                try draft.put(definition)
                return definition
            }.result
            if let made { return try made.agreeing(with: options) }
        }
    }

    /// Removes what is in a table that is being dropped, then its definition.
    private func removeItems(of definition: TableDefinition) async throws {
        // From here on nothing is put to it, and what was is seen by who looks for its items.
        engine.writer.withLock { state in _ = state.droppedTables.insert(definition.number) }
        try await engine.flush()
        engine.publishSettled()
        var reader = try RangeReader(engine, .table(definition.number, segment: 0, of: 1))
        while true {
            var keys: [Key] = []
            try reader.read { item in
                keys.append(item.key)
                return keys.count < 1_000
            }
            if keys.isEmpty { break }
            let writes = keys.map { key in
                ItemWrite(table: definition, key: key, action: .delete, condition: nil, lifetime: nil)
            }
            // As deletes that somebody asked for, with old images where the table's stream shows them.
            _ = try await engine.commit(.buffered) { newest, draft in
                for write in writes { _ = try write.carryOut(newest, &draft) }
            }
        }
        _ = try await engine.commit(.synced) { newest, draft in
            let key = TableDefinition.key(named: definition.name)
            let other = try newest.tableDefinition(named: definition.name)
            if other?.number == definition.number { draft.delete(.definitions, key) }
        }
    }
}

extension TableDefinition {
    /// - Throws: `CatalogError` with `tableConflict`.
    fileprivate func agreeing(with options: TableOptions?) throws -> TableDefinition {
        guard let options, options != self.options else { return self }
        throw CatalogError(
            .tableConflict,
            "the table \"\(name)\" is there with other options; change them with setOptions(_:ofTable:)"
        )
    }
}

extension Draft {
    /// Adds both items that define a table.
    mutating func put(_ definition: TableDefinition) throws {
        let document = try definition.document()
        put(.definitions, TableDefinition.key(named: definition.name), value: document.bytes.span, isDocument: true)
        let copy = try definition.document(isNamed: true)
        put(.definitions, TableDefinition.key(numbered: definition.number), value: copy.bytes.span, isDocument: true)
    }
}

extension Newest {
    fileprivate borrowing func tableDefinition(named name: String) throws -> TableDefinition? {
        try read(.definitions, TableDefinition.key(named: name)) { item in
            try TableDefinition(name: name, DocumentView(trusted: item.value))
        }
    }

    /// - Throws: `CatalogError` with `tableConflict` when every number was given.
    fileprivate borrowing func unusedTableNumber() throws -> TableNumber {
        // Numbers are given in order and never taken back, so the first unused one is found by halving.
        var lower = Int(TableNumber.firstUser)
        var upper = Int(UInt16.max)
        while lower < upper {
            let middle = (lower + upper) / 2
            let number = TableNumber(rawValue: UInt16(middle))
            if version(.definitions, TableDefinition.key(numbered: number)) == nil {
                upper = middle
            } else {
                lower = middle + 1
            }
        }
        if lower < Int(UInt16.max) { return TableNumber(rawValue: UInt16(lower)) }
        throw CatalogError(.tableConflict, "the store has had as many tables as it can tell apart")
    }
}
