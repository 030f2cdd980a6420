/// What a query or scan was asked for, and the moment it reads at.
///
/// A class, so that a sequence and its iterators are one reference.
final class QueryPlan: Sendable {
    let engine: Engine
    let snapshot: CatalogSnapshot
    let table: TableDefinition
    let range: ItemRange
    let limit: Int?
    let projection: Projection?
    let filter: Condition?
    let start: QueryCursor?

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
        self.engine = engine
        self.snapshot = try snapshot ?? CatalogSnapshot(engine)
        self.table = table
        self.range = range
        self.limit = limit
        self.projection = projection
        self.filter = filter
        self.start = start
        guard let start else { return }
        let fingerprint = try fingerprint()
        try start.check(fingerprint: fingerprint, lower: range.lower, upper: range.upper)
    }

    /// What a cursor must agree with: everything that decides which items come in which order, but not how many.
    func fingerprint() throws -> UInt64 {
        var request = CanonicalBytes()
        request.append(Array(table.name.utf8))
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

    init(_ plan: QueryPlan) throws {
        self.plan = plan
        reader = try RangeReader(plan.engine, plan.range, at: plan.snapshot)
        remaining = plan.limit ?? .max
        if let start = plan.start { reader.resume(after: start.lastKey, inTree: start.tree) }
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
