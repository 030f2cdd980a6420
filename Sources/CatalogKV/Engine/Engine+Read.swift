internal import VitrineCIntrinsics
internal import VitrineIO
internal import VitrineSync

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
        return try key.withStoredBytes(of: table) { bytes in
            let found = try index.findEntry(bytes, at: snapshot?.sequence) { entry -> Result? in
                let expiry = entry.expiry
                if expiry != ItemVersion.never, expiry <= now { return nil }
                let item = try view(entry, of: bytes)
                if !item.isResident { noteJournalRead(item) }
                return try body(item)
            }
            return found ?? nil
        }
    }

    /// Now and then puts an item that had to be read from the journal beside its key, so that what is read often gets
    /// there; a reader does so only while no writer is at work.
    private func noteJournalRead(_ item: borrowing ItemView) {
        guard item.value.count <= residentValueByteCountMax, vitrine_cycle_count() & 0x70 == 0,
            index.shouldAdmit(item.version)
        else { return }
        writer.withLockIfAvailable { _ in
            index.admit(item.storedKey, sequence: item.version, value: item.value, isDocument: item.isDocument)
        }
    }

    /// Calls `body` with each living item of one tree from `lower` up to `upper`, or the other way round, until it
    /// returns `false`.
    ///
    /// They are as they were at `sequence`, which a snapshot must hold. The index is pinned meanwhile: callers stop after
    /// a page, and go on from its last key.
    ///
    /// - Throws: as `read`.
    @inline(__always)
    func scan(
        _ partition: Int,
        from lower: Span<UInt8>,
        to upper: Span<UInt8>,
        at sequence: UInt64,
        reversed: Bool = false,
        _ body: (borrowing ItemView) throws -> Bool
    ) throws {
        try checkOpen()
        // Asked for at the first item that expires.
        var now: Int64?
        // Values beside their keys have come with them.
        @inline(__always)
        func fetchFrame(of entry: Entry) {
            if !entry.hasValue { fetch(entry) }
        }
        try index.scanEntries(
            partition,
            from: lower,
            to: upper,
            at: sequence,
            reversed: reversed,
            ahead: fetchFrame
        ) { entry in
            let expiry = entry.expiry
            if expiry != ItemVersion.never {
                let time = now ?? self.now
                now = time
                if expiry <= time { return true }
            }
            return try body(try view(entry, of: entry.key.span(for: self)))
        }
    }

    /// Has memory fetched for reads of these items that follow, so that they wait for it together and not one by one.
    func fetch(_ table: TableNumber, _ keys: ArraySlice<Key>) {
        index.pinned {
            for key in keys { key.withStoredBytes(of: table) { index.fetchLeaf(of: $0) } }
            for key in keys { key.withStoredBytes(of: table) { index.fetchEntry(of: $0) } }
            for key in keys {
                key.withStoredBytes(of: table) { bytes in
                    _ = index.findEntry(bytes, at: nil) { entry in fetch(entry) }
                }
            }
        }
    }

    /// Has an item's value fetched, beside its key or in the journal; the caller holds the index pinned.
    @inline(__always)
    func fetch(_ entry: Entry) {
        if entry.hasValue { return entry.prefetchValue() }
        // Looking a place up has it fetched; nothing is read there.
        _ = unsafe segments.place(of: entry.location)
    }

    /// The present moment, held until it is released.
    func snapshot() throws -> IndexSnapshot {
        try checkOpen()
        return index.snapshot()
    }

    /// The item of an entry: beside its key, or found in the journal as the other `view` does.
    @_lifetime(borrow self)
    @inline(__always)
    func view(_ entry: Entry, of key: Span<UInt8>) throws -> ItemView {
        guard let value = entry.value else { return try view(entry.version, of: key) }
        entry.noteRead()
        return ItemView(
            storedKey: entry.key.span(for: self),
            value: value.bytes.span(for: self),
            isDocument: value.isDocument,
            version: entry.sequence,
            expiry: entry.expiry,
            isResident: true
        )
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
        return ItemView(
            storedKey: frame.key,
            value: frame.value,
            isDocument: frame.isDocument,
            version: version.sequence,
            expiry: version.expiry,
            isResident: false
        )
    }
}

extension RawKey {
    /// The bytes as a span that the engine's life bounds: they lie in the index's memory, and the caller is pinned or the
    /// writer.
    @_lifetime(borrow engine)
    @inline(__always)
    fileprivate func span(for engine: Engine) -> Span<UInt8> {
        let span = unsafe Span<UInt8>(_unsafeStart: base.assumingMemoryBound(to: UInt8.self), count: count)
        return unsafe _overrideLifetime(span, borrowing: engine)
    }
}
