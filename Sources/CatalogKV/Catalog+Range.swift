extension Catalog {
    /// An item as a read returns it.
    public struct Entry: Sendable, Hashable {
        /// The item's name.
        public var key: Key
        /// The item's bytes.
        public var value: [UInt8]
        /// Grows with every put of the key; no two writes of a catalog have the same.
        public var version: UInt64
        /// From when on the item is gone, as the time since 1970-01-01 00:00 UTC in whole milliseconds, or `nil`.
        public var expiry: Duration?

        /// Describes an item.
        public init(key: Key, value: [UInt8], version: UInt64, expiry: Duration? = nil) {
            self.key = key
            self.value = value
            self.version = version
            self.expiry = expiry
        }

        init(_ located: LocatedEntry) throws {
            let entry = located.entry
            key = entry.key.key
            value = try located.value()
            version = entry.sequence
            expiry = entry.expiry == IndexEntry.never ? nil : .milliseconds(entry.expiry)
        }
    }

    /// The items of a partition in the order of their sort keys, as text in UTF-8; see the variant with bytes.
    public func range(
        of partition: String,
        from: String? = nil,
        after: String? = nil,
        through: String? = nil,
        before: String? = nil,
        prefix: String? = nil,
        limit: Int = .max,
        reversed: Bool = false
    ) throws -> [Entry] {
        try range(
            of: Array(partition.utf8),
            from: from.map { Array($0.utf8) },
            after: after.map { Array($0.utf8) },
            through: through.map { Array($0.utf8) },
            before: before.map { Array($0.utf8) },
            prefix: prefix.map { Array($0.utf8) },
            limit: limit,
            reversed: reversed
        )
    }

    /// The items of a partition in the order of their sort keys, or the other way round when `reversed`.
    ///
    /// The bounds may be given together; an item is returned when it meets them all. `limit` counts items from the
    /// front, or from the back when `reversed`; to read on where a page ended, pass its last sort key as `after`, or
    /// as `before` when `reversed`. Which items are returned, and in which version, is decided at one moment, between
    /// two records of the journal. Everything returned is in memory at once: bound what may be large.
    ///
    /// - Parameters:
    ///   - partition: The partition key.
    ///   - from: The first sort key that may be returned.
    ///   - after: A sort key below all that may be returned.
    ///   - through: The last sort key that may be returned.
    ///   - before: A sort key above all that may be returned.
    ///   - prefix: What the sort keys must begin with.
    ///   - limit: The most items to return.
    ///   - reversed: Whether to go from the highest sort key down.
    /// - Throws: `CatalogError` with `keyTooLong`, `invalidArgument` for a negative limit, `isClosed`, `ioFailed`, or
    ///   `isCorrupt` when the bytes of an item have changed since they were written.
    public func range(
        of partition: [UInt8],
        from: [UInt8]? = nil,
        after: [UInt8]? = nil,
        through: [UInt8]? = nil,
        before: [UInt8]? = nil,
        prefix: [UInt8]? = nil,
        limit: Int = .max,
        reversed: Bool = false
    ) throws -> [Entry] {
        for sort in [[], from, after, through, before, prefix] {
            try Key(partition: partition, sort: sort ?? []).check()
        }
        guard limit >= 0 else {
            throw CatalogError(.invalidArgument, "a range's limit is \(limit); it may be 0 or more")
        }
        metrics.noteRange()
        let start = StoredKey(.items, Key(partition: partition))
        let range = start.range(from: from, after: after, through: through, before: before, prefix: prefix)
        return try located(in: range, limit: limit, reversed: reversed).map(Entry.init)
    }

    /// The living entries in a range of one partition.
    func located(in range: KeyRange, limit: Int = .max, reversed: Bool = false) throws -> [LocatedEntry] {
        try index.partition(of: range.lower)
            .entries(in: range, limit: limit, reversed: reversed, now: nowMilliseconds)
    }
}

extension StoredKey {
    /// The keys of this key's partition whose sort keys meet all bounds.
    func range(
        from: [UInt8]? = nil,
        after: [UInt8]? = nil,
        through: [UInt8]? = nil,
        before: [UInt8]? = nil,
        prefix: [UInt8]? = nil
    ) -> KeyRange {
        let partition = Array(partitionPrefix)
        // The key right behind another is the same with a zero byte appended.
        let lowers = [from, after.map { $0 + [0] }, prefix].compactMap { $0 }.map { StoredKey(bound: partition + $0) }
        var uppers = [before, through.map { $0 + [0] }].compactMap { $0 }.map { StoredKey(bound: partition + $0) }
        uppers.append(StoredKey.behindAll(beginningWith: partition + (prefix ?? [])))
        return KeyRange(
            lower: lowers.max() ?? StoredKey(bound: partition),
            upper: uppers.min() ?? StoredKey.behindAll(beginningWith: partition)
        )
    }

    /// The least key above all that begin with `prefix`, whose first byte is below 255 as a table's number is small.
    private static func behindAll(beginningWith prefix: [UInt8]) -> StoredKey {
        var bytes = prefix
        while let last = bytes.popLast() {
            if last < 0xFF {
                bytes.append(last + 1)
                break
            }
        }
        return StoredKey(bound: bytes)
    }
}
