/// What to do to one item, once the writer lock is held: the one place where conditions, updates, expiry and old images
/// meet.
///
/// An object, for a transaction hands its writes from hand to hand, and each of their parts would be counted each time.
final class ItemWrite: Sendable {
    enum Action: Sendable {
        /// The bytes of the item, and whether they are a document.
        case put([UInt8], isDocument: Bool)
        case update(Update)
        case delete
        /// Only the condition is looked at.
        case check
    }

    /// What became of it.
    struct Outcome: Sendable {
        /// Where the operation stands in its record; `nil` when it wrote nothing.
        var ordinal: Int?
        /// The version that a check has found; 0 for no item.
        var foundVersion: UInt64 = 0
        /// The item before, where it was asked for and there was one.
        var old: StoredItem?
        /// The bytes of the item afterwards, where an update made them.
        var updatedBytes: [UInt8]?
        /// The expiry of the item afterwards.
        var expiry = ItemVersion.never
    }

    let table: TableDefinition
    /// Whether the table's items are documents, so that an update may begin one.
    let isOfDocuments: Bool
    let key: Key
    let action: Action
    let condition: Condition?
    /// How long a put or update lets the item live.
    let lifetime: Duration?

    init(
        table: TableDefinition,
        isOfDocuments: Bool = true,
        key: Key,
        action: Action,
        condition: Condition?,
        lifetime: Duration?
    ) {
        self.table = table
        self.isOfDocuments = isOfDocuments
        self.key = key
        self.action = action
        self.condition = condition
        self.lifetime = lifetime
    }

    /// Refuses what is over its limits whatever the item is.
    ///
    /// - Throws: `CatalogError` with `keyTooLong`, `valueTooLarge`, `invalidExpression` or `invalidArgument`.
    func check() throws {
        try key.check()
        try condition?.check()
        try table.check(lifetime: lifetime)
        switch action {
        case .put(let bytes, _): try ItemWrite.check(byteCount: bytes.count)
        case .update(let update):
            guard isOfDocuments else { throw CatalogError.notADocument(key, "an update") }
            try update.check()
        case .delete, .check: break
        }
    }

    /// Bytes that the write is sure to take.
    var byteCountLeast: Int {
        guard case .put(let bytes, _) = action else { return 0 }
        return key.byteCount + bytes.count
    }

    /// Whether nothing is written whatever the item is.
    var isCheck: Bool {
        if case .check = action { true } else { false }
    }

    /// Whether the item that is there matters, rather than only that the write replaces it.
    var looksAtItem: Bool {
        if case .update = action { return true }
        return condition != nil || table.options.changeImages.includesOld
    }

    static func check(byteCount: Int) throws {
        if byteCount <= Catalog.itemByteCountMax { return }
        throw CatalogError(
            .valueTooLarge,
            "an item has \(byteCount) bytes; it may have at most \(Catalog.itemByteCountMax)"
        )
    }

    /// Adds to `draft` what the write does to the newest item.
    ///
    /// - Throws: `CatalogError` with `conditionFailed`, what evaluating the condition and the update throws, and
    ///   `isCorrupt`.
    func carryOut(_ newest: borrowing Newest, _ draft: inout Draft, returnsOld: Bool = false) throws -> Outcome {
        let now = newest.now
        if condition == nil, !returnsOld, !table.options.changeImages.includesOld {
            // Nothing of the item that is there matters, so it is not read.
            switch action {
            case .put(let bytes, let isDocument): return add(bytes, isDocument: isDocument, now, &draft)
            case .delete:
                guard let version = newest.version(table.number, key), version.expiry > now else { return Outcome() }
                draft.delete(table.number, key)
                return Outcome(ordinal: draft.count - 1, foundVersion: version.sequence)
            case .update, .check: break
            }
        }
        let outcome = try newest.read(table.number, key) { item in
            try carryOut(on: item, now, &draft, returnsOld: returnsOld)
        }
        return try outcome ?? carryOutOnNothing(now, &draft)
    }

    private func carryOut(
        on item: borrowing ItemView,
        _ now: Int64,
        _ draft: inout Draft,
        returnsOld: Bool
    ) throws -> Outcome {
        if let condition {
            let subject = ConditionSubject(item.value, isDocument: item.isDocument, version: item.version)
            guard try condition.holds(for: subject) else { throw failure(StoredItem(item)) }
        }
        var outcome = Outcome(foundVersion: item.version, old: returnsOld ? StoredItem(item) : nil)
        let oldImage = table.options.changeImages.includesOld ? item.value : nil
        switch action {
        case .check: return outcome
        case .delete:
            draft.delete(table.number, key, oldImage: oldImage, oldIsDocument: item.isDocument)
        case .put(let bytes, let isDocument):
            outcome.expiry = expiry(of: bytes.span, isDocument: isDocument, now)
            draft.put(
                table.number,
                key,
                value: bytes.span,
                isDocument: isDocument,
                expiry: outcome.expiry,
                oldImage: oldImage,
                oldIsDocument: item.isDocument
            )
        case .update(let update):
            guard item.isDocument else {
                throw CatalogError.notADocument(key, "an update")
            }
            let bytes = try update.applied(to: DocumentView(trusted: item.value)).bytes
            // Without a word on it, an item keeps the expiry that it has.
            let keeps = table.options.expiryAttribute == nil && lifetime == nil
            outcome.expiry = keeps ? item.expiry : expiry(of: bytes.span, isDocument: true, now)
            outcome.updatedBytes = bytes
            draft.put(
                table.number,
                key,
                value: bytes.span,
                isDocument: true,
                expiry: outcome.expiry,
                oldImage: oldImage,
                oldIsDocument: true
            )
        }
        outcome.ordinal = draft.count - 1
        return outcome
    }

    private func carryOutOnNothing(_ now: Int64, _ draft: inout Draft) throws -> Outcome {
        if let condition {
            guard try condition.holds(for: ConditionSubject()) else { throw failure(nil) }
        }
        switch action {
        case .check, .delete: return Outcome()
        case .put(let bytes, let isDocument): return add(bytes, isDocument: isDocument, now, &draft)
        case .update(let update):
            let bytes = try update.applied(to: nil).bytes
            var outcome = add(bytes, isDocument: true, now, &draft)
            outcome.updatedBytes = bytes
            return outcome
        }
    }

    /// Adds a put of an item of which nothing is kept.
    private func add(_ bytes: [UInt8], isDocument: Bool, _ now: Int64, _ draft: inout Draft) -> Outcome {
        let expiry = expiry(of: bytes.span, isDocument: isDocument, now)
        draft.put(table.number, key, value: bytes.span, isDocument: isDocument, expiry: expiry)
        return Outcome(ordinal: draft.count - 1, expiry: expiry)
    }

    private func failure(_ item: StoredItem?) -> CatalogError {
        .conditionFailed(ConditionFailure(table: table.name, key: key, item: item))
    }

    private func expiry(of bytes: Span<UInt8>, isDocument: Bool, _ now: Int64) -> Int64 {
        if let lifetime { return ItemWrite.expiry(after: lifetime, now) }
        return isDocument ? table.expiry(of: bytes) : ItemVersion.never
    }

    /// The millisecond from which on an item is gone that lives for so long from `now` on.
    static func expiry(after lifetime: Duration, _ now: Int64) -> Int64 {
        // Ten thousand years, so that the sum stays far from the range's end.
        let bounded = min(max(lifetime, .zero), .seconds(315_576_000_000))
        let (seconds, attoseconds) = bounded.components
        // Rounded up: an item lives for as long as it was promised.
        return now + seconds * 1_000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}

extension TableDefinition {
    /// - Throws: `CatalogError` with `invalidArgument` when the table's documents say themselves when they are gone.
    func check(lifetime: Duration?) throws {
        guard lifetime != nil, let attribute = options.expiryAttribute else { return }
        throw CatalogError(
            .invalidArgument,
            "items of table \"\(name)\" live until what their attribute \"\(attribute)\" says; set that in place of a "
                + "lifetime"
        )
    }
}
