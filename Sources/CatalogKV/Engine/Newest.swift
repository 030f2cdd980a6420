/// The newest version of each item in journal order, seen or not by readers yet: what conditions are held against
/// while the writer lock is held.
struct Newest {
    /// Milliseconds since the Unix epoch, when the lock was taken; items whose time has come by then are not there.
    let now: Int64
    private let engine: Engine

    init(_ engine: Engine, now: Int64) {
        self.engine = engine
        self.now = now
    }

    /// Runs `body` with the item, or returns `nil` when there is none that lives.
    ///
    /// - Throws: `CatalogError` with `isCorrupt`, and what `body` throws.
    borrowing func read<Result>(
        _ table: TableNumber,
        _ key: Key,
        _ body: (borrowing ItemView) throws -> Result
    ) throws -> Result? {
        try key.withStoredBytes(of: table) { bytes in
            guard let entry = engine.index.newestEntry(bytes), !entry.isDeleted, entry.expiry > now else { return nil }
            // The writer alone takes entries and segments away, and the writer is us.
            return try body(try engine.view(entry, of: bytes))
        }
    }

    /// Has those items fetched that some of the writes look at.
    borrowing func fetchItems(of writes: [ItemWrite]) {
        for write in writes where write.looksAtItem {
            write.key.withStoredBytes(of: write.table.number) { bytes in
                guard let entry = engine.index.newestEntry(bytes), !entry.isDeleted else { return }
                engine.fetch(entry)
            }
        }
    }

    /// The item's version when there is one, expired or not.
    borrowing func version(_ table: TableNumber, _ key: Key) -> ItemVersion? {
        key.withStoredBytes(of: table) { version(of: $0) }
    }

    /// The same for the bytes of a stored key.
    borrowing func version(of key: Span<UInt8>) -> ItemVersion? {
        engine.index.newest(key).flatMap { $0.isDeleted ? nil : $0 }
    }
}
