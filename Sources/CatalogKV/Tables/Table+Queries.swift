extension Table {
    /// The items of a partition whose sort keys are in a range, in the order of their sort keys.
    ///
    /// - Parameters:
    ///   - partition: The partition key, as text in UTF-8.
    ///   - range: Which sort keys; see ``SortRange``.
    ///   - order: Whether to go from the lowest sort key up, or from the highest down.
    ///   - limit: The most items to return, counted behind the filter; `nil` for all.
    ///   - projection: The attributes that are returned; the item is then made of these alone.
    ///   - filter: What items must be like to be returned; it costs a look at each item that the range holds.
    ///   - cursor: Where an earlier run of the same query stopped.
    ///   - snapshot: The moment to read at; `nil` reads the newest.
    /// - Throws: `CatalogError` with `keyTooLong`, `invalidExpression`, `invalidArgument`, `invalidCursor` or `isClosed`;
    ///   taking items throws as ``get(_:at:)``, and `typeMismatch` when the filter asks for attributes of raw bytes.
    @inlinable
    public func query(
        _ partition: String,
        _ range: SortRange = .all,
        order: SortOrder = .ascending,
        limit: Int? = nil,
        projection: Projection? = nil,
        filter: Condition? = nil,
        after cursor: QueryCursor? = nil,
        at snapshot: CatalogSnapshot? = nil
    ) throws -> ItemSequence<Item> {
        try query(
            Array(partition.utf8),
            range,
            order: order,
            limit: limit,
            projection: projection,
            filter: filter,
            after: cursor,
            at: snapshot
        )
    }

    /// The same for a partition key of bytes.
    ///
    /// - Throws: as the other.
    @inlinable
    public func query(
        _ partition: [UInt8],
        _ range: SortRange = .all,
        order: SortOrder = .ascending,
        limit: Int? = nil,
        projection: Projection? = nil,
        filter: Condition? = nil,
        after cursor: QueryCursor? = nil,
        at snapshot: CatalogSnapshot? = nil
    ) throws -> ItemSequence<Item> {
        let plan = try _plan(partition, range, order, limit, projection, filter, cursor, snapshot)
        return ItemSequence(codec: codec, plan: plan)
    }

    @usableFromInline
    func _plan(
        _ partition: [UInt8],
        _ range: SortRange,
        _ order: SortOrder,
        _ limit: Int?,
        _ projection: Projection?,
        _ filter: Condition?,
        _ cursor: QueryCursor?,
        _ snapshot: CatalogSnapshot?
    ) throws -> QueryPlan {
        try QueryPlan(
            engine,
            definition,
            partition: partition,
            range,
            isReversed: order == .descending,
            limit: limit,
            projection: projection,
            filter: filter,
            start: cursor,
            at: snapshot
        )
    }

    /// The items of the table, or of one of several segments that together hold each item once, in no order that means
    /// anything.
    ///
    /// Give each task a segment to scan a table in parallel; with a snapshot that all of them share, they see one moment.
    ///
    /// - Parameters:
    ///   - segment: Which segment, from 0.
    ///   - count: How many segments there are, at most ``Catalog/scanSegmentCountMax``. More than the catalog's
    ///     `indexPartitionCount` are empty.
    ///   - limit: The most items to return, counted behind the filter; `nil` for all.
    ///   - projection: The attributes that are returned; the item is then made of these alone.
    ///   - filter: What items must be like to be returned.
    ///   - cursor: Where an earlier run of the same scan stopped.
    ///   - snapshot: The moment to read at; `nil` reads the newest.
    /// - Throws: as a query. A cursor is also refused when the catalog was
    ///   opened with another `indexPartitionCount` since.
    public func scan(
        segment: Int = 0,
        of count: Int = 1,
        limit: Int? = nil,
        projection: Projection? = nil,
        filter: Condition? = nil,
        after cursor: QueryCursor? = nil,
        at snapshot: CatalogSnapshot? = nil
    ) throws -> ItemSequence<Item> {
        guard (1...Catalog.scanSegmentCountMax).contains(count), (0..<count).contains(segment) else {
            throw CatalogError(
                .invalidArgument,
                "there is no segment \(segment) of \(count); a scan has 1 to \(Catalog.scanSegmentCountMax)"
            )
        }
        let plan = try QueryPlan(
            engine,
            definition,
            .table(definition.number, segment: segment, of: count),
            limit: limit,
            projection: projection,
            filter: filter,
            start: cursor,
            at: snapshot
        )
        return ItemSequence(codec: codec, plan: plan)
    }
}
