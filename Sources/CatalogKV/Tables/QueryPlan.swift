/// What a query or scan was asked for, and the moment it reads at.
///
/// A class, so that a sequence and its iterators are one reference.
@usableFromInline
final class QueryPlan: Sendable {
    let engine: Engine
    /// The moment that is read at.
    let sequence: UInt64
    let tableName: String
    let range: ItemRange
    let limit: Int?
    let projection: Projection?
    let filter: Condition?
    let start: QueryCursor?
    // What holds the moment: the caller's snapshot, or a place of our own among the index's.
    private let snapshot: CatalogSnapshot?
    private let hold: SnapshotHold?

    /// Not generic over the items, as a table is: what is not specialised costs more than the reading.
    ///
    /// - Throws: as ``Table/query(_:_:order:limit:projection:filter:after:at:)``.
    convenience init(
        _ engine: Engine,
        _ table: TableDefinition,
        partition: [UInt8],
        _ range: SortRange,
        isReversed: Bool,
        limit: Int?,
        projection: Projection?,
        filter: Condition?,
        start: QueryCursor?,
        at snapshot: CatalogSnapshot?
    ) throws {
        try Key.check(partition: partition)
        try range.check()
        let range = ItemRange.partition(table.number, partition, range, isReversed: isReversed)
        // On its way while the rest of the plan is made.
        range.withBounds { lower, _ in engine.index.fetchRoot(of: lower) }
        try self.init(
            engine,
            table,
            range,
            limit: limit,
            projection: projection,
            filter: filter,
            start: start,
            at: snapshot
        )
    }

    init(
        _ engine: Engine,
        _ table: TableDefinition,
        _ range: ItemRange,
        limit: Int?,
        projection: Projection?,
        filter: Condition?,
        start: QueryCursor?,
        at snapshot: CatalogSnapshot?
    ) throws {
        try projection?.check()
        try filter?.check()
        guard (limit ?? 1) > 0 else {
            throw CatalogError(.invalidArgument, "the limit is \(limit ?? 0); it is at least 1")
        }
        try engine.checkOpen()
        if let snapshot { try engine.check(snapshot) }
        let hold = snapshot == nil ? engine.index.hold() : nil
        self.engine = engine
        self.snapshot = snapshot
        self.hold = hold
        sequence = snapshot?.sequence ?? hold?.sequence ?? 0
        tableName = table.name
        self.range = range
        self.limit = limit
        self.projection = projection
        self.filter = filter
        self.start = start
        guard let start else { return }
        let fingerprint = try fingerprint()
        try start.check(fingerprint: fingerprint, lower: range.lower, upper: range.upper)
    }

    deinit {
        hold?.release()
    }

    /// Whether so few items are looked at that it never pauses.
    var endsInOneGo: Bool {
        guard let limit, filter == nil, start == nil, range.segment == nil else { return false }
        return limit <= RangeReader.stepCount
    }

    /// What a cursor must agree with: everything that decides which items come in which order, but not how many.
    func fingerprint() throws -> UInt64 {
        var request = CanonicalBytes()
        request.append(Array(tableName.utf8))
        request.append(range.lower)
        request.append(range.upper)
        request.append(tag: range.isReversed ? 1 : 0)
        if let segment = range.segment {
            request.append(UInt64(segment.index))
            request.append(UInt64(segment.count))
            // The order of a scan depends on it.
            request.append(UInt64(engine.index.partitionCount))
        }
        try request.append(filter)
        return request.fingerprint
    }
}

/// A query on its way through its items.
struct QueryRun {
    private let plan: QueryPlan
    private var reader: RangeReader
    private var remaining: Int

    @inline(__always)
    init(_ plan: QueryPlan) {
        self.plan = plan
        reader = RangeReader(plan.engine, plan.range, at: plan.sequence, keptBy: plan)
        remaining = plan.limit ?? .max
        guard let start = plan.start else { return }
        // Where a query's items are may have changed with the number of trees since; a scan's cursor is then refused.
        let tree = plan.range.segment == nil ? reader.tree : start.tree
        reader.resume(after: start.lastKey, inTree: tree)
    }

    /// Hands over the items that pass the filter until `body` returns `false`, the limit is reached or none is left.
    ///
    /// - Parameter isLast: Nobody goes on behind it.
    @inline(__always)
    mutating func read(isLast: Bool = false, _ body: (borrowing ItemView) throws -> Bool) throws {
        guard remaining > 0 else { return }
        let filter = plan.filter
        var left = remaining
        try reader.read(isLast: isLast) { item in
            if let filter {
                let subject = ConditionSubject(item.value, isDocument: item.isDocument, version: item.version)
                guard try filter.holds(for: subject) else { return true }
            }
            left -= 1
            let wantsMore = try body(item)
            return wantsMore && left > 0
        }
        remaining = left
    }

    /// Where to go on from when the limit ended the query and there is another item behind it; costs one more look.
    mutating func cursor() throws -> QueryCursor? {
        guard remaining == 0, let key = reader.lastKey else { return nil }
        let tree = reader.tree
        guard try reader.read({ _ in false }) else { return nil }
        return QueryCursor(fingerprint: try plan.fingerprint(), tree: tree, lastKey: key)
    }
}
