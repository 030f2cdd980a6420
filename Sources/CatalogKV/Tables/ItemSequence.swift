/// The items that a query or scan finds, read as they are asked for.
///
/// All of it is one consistent moment, that of the call that made the sequence: what is written later is not seen,
/// however slowly the items are taken. The moment's versions stay on disk for as long as the sequence or an iterator
/// lives, so let go of both when done. Items whose expiry comes meanwhile are left out.
///
///     for try await entry in try orders.query("alice", .prefix("2026-"), order: .descending) { … }
///
/// Taking the next item never waits; `await` is there because Swift's loops take errors from asynchronous sequences
/// only. ``readEach(_:)``, ``page()`` and ``visit(_:)`` read the same without it.
public struct ItemSequence<Item: Sendable>: Sendable {
    @usableFromInline let codec: ItemCodec<Item>
    @usableFromInline let plan: QueryPlan

    // Inlined, as what makes and visits it: else each query asks the runtime for this type.
    @inlinable
    init(codec: ItemCodec<Item>, plan: QueryPlan) {
        self.codec = codec
        self.plan = plan
    }

    /// Runs `body` with each item in turn.
    ///
    /// - Throws: as ``Table/get(_:at:)``, and what `body` throws.
    public func readEach(_ body: (ItemEntry<Item>) throws -> Void) throws {
        var run = QueryRun(plan)
        try run.read(isLast: true) { view in
            try body(try entry(view))
            return true
        }
    }

    /// Runs `body` with each item where it stands, until it returns `false`: nothing is copied or decoded, and the item
    /// is gone after `body`.
    ///
    /// A projection has no effect here. Keep `body` short: what was overwritten meanwhile can only be freed after it.
    ///
    /// - Throws: `CatalogError` with `isClosed` or `isCorrupt`, and what `body` throws.
    @inlinable
    public func visit(_ body: (borrowing EntryView) throws -> Bool) throws {
        try plan.visit(body)
    }

    /// All items up to the limit of the query, and the cursor to go on from when there may be more.
    ///
    /// - Throws: as ``Table/get(_:at:)``.
    public func page() throws -> Page<Item> {
        var entries: [ItemEntry<Item>] = []
        var run = QueryRun(plan)
        try run.read { view in
            entries.append(try entry(view))
            return true
        }
        return Page(entries: entries, cursor: try run.cursor())
    }

    func entry(_ view: borrowing ItemView) throws -> ItemEntry<Item> {
        ItemEntry(key: view.key, item: try item(view), version: view.version, expiry: view.expiry.sinceEpoch)
    }

    private func item(_ view: borrowing ItemView) throws -> Item {
        guard let projection = plan.projection else { return try codec.item(view.value, isDocument: view.isDocument) }
        guard view.isDocument else { throw CatalogError.notADocument(view.key, "a projection") }
        let part = try projection.applied(to: DocumentView(trusted: view.value))
        return try codec.item(part.bytes.span, isDocument: true)
    }
}

extension QueryPlan {
    /// Not generic, so that what is called for each item is specialised here.
    @usableFromInline
    func visit(_ body: (borrowing EntryView) throws -> Bool) throws {
        if let limit, endsInOneGo { return try visitInOneGo(limit, body) }
        var run = QueryRun(self)
        try run.read(isLast: true) { view in try body(EntryView(view)) }
    }

    /// What most queries are: a few items of one partition, for which nothing is kept to go on from.
    private func visitInOneGo(_ limit: Int, _ body: (borrowing EntryView) throws -> Bool) throws {
        let isReversed = range.isReversed
        var left = limit
        // It is ours that keeps the moment.
        defer { withExtendedLifetime(self) {} }
        try range.withBounds { lower, upper in
            let tree = engine.index.partition(of: lower)
            try engine.scan(tree, from: lower, to: upper, at: sequence, reversed: isReversed) { view in
                left -= 1
                return try body(EntryView(view)) && left > 0
            }
        }
    }
}

extension ItemSequence: AsyncSequence {
    /// Takes items one by one; they are read a few at a time.
    public struct Iterator: AsyncIteratorProtocol {
        private let sequence: ItemSequence
        private var run: QueryRun?
        private var entries: [ItemEntry<Item>] = []
        private var taken = 0
        private var batchCount = 16

        init(_ sequence: ItemSequence) {
            self.sequence = sequence
        }

        /// The next item; `nil` when there is none left.
        public mutating func next() async throws -> ItemEntry<Item>? {
            if taken == entries.count { try fill() }
            guard taken < entries.count else { return nil }
            defer { taken += 1 }
            return entries[taken]
        }

        private mutating func fill() throws {
            var run = self.run ?? QueryRun(sequence.plan)
            var entries: [ItemEntry<Item>] = []
            let count = batchCount
            try run.read { view in
                entries.append(try sequence.entry(view))
                return entries.count < count
            }
            self.run = run
            self.entries = entries
            taken = 0
            batchCount = Swift.min(256, batchCount * 2)
        }
    }

    /// Starts at the beginning.
    public func makeAsyncIterator() -> Iterator {
        Iterator(self)
    }
}

/// Items that a query returned at once.
public struct Page<Item: Sendable>: Sendable {
    /// The items, in the query's order.
    public let entries: [ItemEntry<Item>]
    /// Where to go on from; `nil` when nothing is left.
    public let cursor: QueryCursor?
}

/// An item where it stands, for as long as a visit lasts.
public struct EntryView: ~Escapable, BitwiseCopyable {
    let view: ItemView
    /// The item's bytes: the user's own, or an encoded document.
    public let value: Span<UInt8>

    @_lifetime(copy view)
    @inline(__always)
    init(_ view: borrowing ItemView) {
        self.view = copy view
        value = view.value
    }

    /// The item's document, to read in place; empty for raw bytes.
    public var document: DocumentView {
        @_lifetime(copy self)
        get { DocumentView(trusted: view.isDocument ? value : Span()) }
    }
    /// The partition key.
    public var partition: Span<UInt8> {
        @_lifetime(copy self)
        get { view.partition }
    }
    /// The sort key.
    public var sort: Span<UInt8> {
        @_lifetime(copy self)
        get { view.sort }
    }
    /// The item's name, copied.
    public var key: Key { view.key }
    /// The item's version.
    public var version: UInt64 { view.version }
    /// When the item is gone, as the time since 1970-01-01 00:00 UTC; `nil` when it stays.
    public var expiry: Duration? { view.expiry.sinceEpoch }
}
