internal import VitrineIO

extension Engine {
    /// Runs `body` with an item where it stands, or returns `nil` when there is none that lives.
    ///
    /// Waits for nobody. With a snapshot the item is that of the snapshot's moment, though one whose time has come
    /// since is gone.
    ///
    /// - Throws: `CatalogError` with `isClosed`, or `isCorrupt` when the bytes have changed since they were written;
    ///   what `body` throws.
    func read<Result>(
        _ table: TableNumber,
        _ key: Key,
        at snapshot: IndexSnapshot? = nil,
        _ body: (borrowing ItemView) throws -> Result
    ) throws -> Result? {
        try checkOpen()
        return try StoredKey.withBytes(table, key) { bytes in
            let found = try index.find(bytes, at: snapshot?.sequence) { version -> Result? in
                if version.expiry != ItemVersion.never, version.expiry <= now { return nil }
                return try body(try view(version, of: bytes))
            }
            return found ?? nil
        }
    }

    /// Calls `body` with each living item of one tree from `lower` up to `upper`, or the other way round, until it
    /// returns `false`.
    ///
    /// The index is pinned meanwhile: callers stop after a page, and go on from its last key.
    ///
    /// - Throws: as `read`.
    func scan(
        _ partition: Int,
        from lower: Span<UInt8>,
        to upper: Span<UInt8>,
        at snapshot: IndexSnapshot,
        reversed: Bool = false,
        _ body: (borrowing ItemView) throws -> Bool
    ) throws {
        try checkOpen()
        let now = now
        try index.scan(
            partition,
            from: lower,
            to: upper,
            at: snapshot.sequence,
            reversed: reversed,
            ahead: fetch
        ) { key, version in
            guard version.expiry > now else { return true }
            return try body(try view(version, of: key))
        }
    }

    /// Has memory fetched for reads of these items that follow, so that they wait for it together and not one by one.
    func fetch(_ table: TableNumber, _ keys: ArraySlice<Key>) {
        index.pinned {
            for key in keys { StoredKey.withBytes(table, key) { index.fetchLeaf(of: $0) } }
            for key in keys { StoredKey.withBytes(table, key) { index.fetchEntry(of: $0) } }
            for key in keys {
                StoredKey.withBytes(table, key) { bytes in
                    _ = index.find(bytes, at: nil) { version in fetch(version.location) }
                }
            }
        }
    }

    /// Has the beginning of a frame fetched; the caller holds the index pinned.
    @inline(__always)
    func fetch(_ location: Location) {
        // Looking a place up has it fetched; nothing is read there.
        _ = unsafe segments.place(of: location)
    }

    /// The present moment, held until it is released.
    func snapshot() throws -> IndexSnapshot {
        try checkOpen()
        return index.snapshot()
    }

    /// Finds a frame and holds it against its checksum and the key that led to it; the caller keeps its segment from
    /// going, by a pin of the index or by the writer lock.
    @_lifetime(borrow self)
    func view(_ version: ItemVersion, of key: Span<UInt8>) throws -> ItemView {
        // The mapping lives as long as the caller's pin, and the table of segments as long as the engine.
        let place = unsafe segments.place(of: version.location)
        let bytes = unsafe _overrideLifetime(Span(_unsafeElements: place), borrowing: self)
        guard let frame = OperationFrame(bytes), frame.isIntact(), frame.key.isEqual(to: key) else {
            throw CatalogError.corrupt(
                path.appendingPath("journal/" + SegmentHeader.fileName(version.location.segment)),
                at: Int(version.location.offset),
                "the item \(StoredKey(bound: key.bytes).key) has changed since it was written"
            )
        }
        return ItemView(frame, version)
    }
}
