internal import VitrineSync

/// A put that has got as far as it could without waiting.
@usableFromInline
enum StartedPut: Sendable {
    /// It is as safe as was asked, and readers see it.
    case done(version: UInt64)
    /// It waits for a flush or for room: `finish` ends it.
    case unfinished(UnfinishedPut)
}

/// What is left to do of a put.
@usableFromInline
struct UnfinishedPut: Sendable {
    let entered: Entered
    let draft: Draft
    let durability: Durability
}

extension Engine {
    /// Writes one item, whatever is there, as far as that goes without waiting: a buffered put is done when it returns.
    ///
    /// Most of such a put is waiting for memory. So what the index will need is asked for in steps, and the record is
    /// encoded, checked and copied between them.
    ///
    /// - Throws: `CatalogError` with `isClosed`, `isReadOnly` or `ioFailed`.
    func put(
        _ table: TableNumber,
        _ key: Key,
        value: Span<UInt8>,
        isDocument: Bool,
        expiry: Int64,
        _ durability: Durability
    ) throws -> StartedPut {
        try checkOpen()
        return try key.withStoredBytes(of: table) { key in
            index.fetchRoot(of: key)
            // Frames have at most 44 bytes besides.
            var draft = Draft(byteCapacity: 64 + key.count + value.count)
            draft.put(key, value: value, isDocument: isDocument, expiry: expiry)
            let entered = try writer.withLock { state in
                if !state.droppedTables.isEmpty, state.droppedTables.contains(table) {
                    throw CatalogError.droppedTable(table)
                }
                return try enter(&state, key, value, isDocument: isDocument, &draft, expiry: expiry, durability)
            }
            if case .seen(let version) = entered {
                metrics.noteWrite()
                return .done(version: version)
            }
            return .unfinished(UnfinishedPut(entered: entered, draft: draft, durability: durability))
        }
    }

    /// Ends a put that was begun, and returns the item's version.
    ///
    /// - Throws: `CatalogError` with `isClosed`, `isReadOnly`, `diskFull` or `ioFailed`.
    func finish(_ put: UnfinishedPut) async throws -> UInt64 {
        if let version = try await finish(put.entered) { return version }
        return try await commit(put.draft, put.durability)
    }

    private func enter(
        _ state: inout EngineState,
        _ key: Span<UInt8>,
        _ value: Span<UInt8>,
        isDocument: Bool,
        _ draft: inout Draft,
        expiry: Int64,
        _ durability: Durability
    ) throws -> Entered {
        index.fetchLeaf(of: key)
        try checkEntry(state)
        let first = state.nextSequence
        let time = UInt64(clamping: now)
        index.fetchEntry(of: key)
        guard let placement = try journal.append(&draft, firstSequence: first, time: time) else {
            return .full(byteCount: draft.byteCount)
        }
        let location = placement.location(
            ofFrameAt: RecordHeader.byteCount,
            byteCount: draft.byteCount - RecordHeader.byteCount
        )
        state.nextSequence = first + 1
        let version = ItemVersion(sequence: first, expiry: expiry, location: location)
        let replaced = index.apply(key, version, value: value, isDocument: isDocument)
        note(key, version, replacing: replaced, &state.expiries)
        return conclude(first, durability, placement, &state)
    }
}

extension Engine {
    /// Has the first of the memory fetched that a write or read of an item will need.
    func fetchRoot(_ table: TableNumber, _ key: Key) {
        key.withStoredBytes(of: table) { index.fetchRoot(of: $0) }
    }

    /// The next of it, for all of the writes at once.
    func fetchLeaves(of writes: [ItemWrite]) {
        index.pinned {
            for write in writes { write.key.withStoredBytes(of: write.table.number) { index.fetchLeaf(of: $0) } }
        }
    }

    /// The rest of it.
    func fetchEntries(of writes: [ItemWrite]) {
        index.pinned {
            for write in writes { write.key.withStoredBytes(of: write.table.number) { index.fetchEntry(of: $0) } }
        }
    }
}
