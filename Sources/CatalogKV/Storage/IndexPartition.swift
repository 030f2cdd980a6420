internal import VitrineSync

/// An entry together with the segment that its value is read from.
struct LocatedEntry: Sendable {
    let entry: IndexEntry
    let segment: Segment

    /// The value, checked against the checksum that the index keeps.
    func value() throws -> [UInt8] { try segment.value(of: entry) }
}

/// A half-open stretch of keys within one partition.
struct KeyRange: Sendable {
    /// The first key that may be in it.
    let lower: StoredKey
    /// The first key behind it.
    let upper: StoredKey
}

/// One of the parts into which the hash of the partition key divides the items, with a lock of its own.
///
/// All items of a partition key stand in the same part. What a record holds for one part is applied in one hold of
/// its lock, so a range sees a batch whole or not at all.
final class IndexPartition: Sendable {
    private let state = Locked(PartitionState())

    /// Makes a segment known before entries point to it, or replaces it by its sealed self.
    func install(_ segment: Segment) {
        state.withLock { state in
            let place = Int(segment.number) - 1
            if place < state.segments.count {
                state.segments[place] = segment
            } else {
                state.segments.append(segment)
            }
        }
    }

    /// Lets go of the segments; later reads throw.
    func close() {
        state.withLock { state in
            state.segments = []
            state.isClosed = true
        }
    }

    /// The entry of `key` if it lives at `now`.
    func find(_ key: StoredKey, now: Int64) throws -> LocatedEntry? {
        try state.withLock { state in
            if state.isClosed { throw CatalogError.closed() }
            guard let entry = state.index.find(key), entry.isLive(at: now) else { return nil }
            return LocatedEntry(entry: entry, segment: state.segments[Int(entry.segment) - 1])
        }
    }

    /// The entry of `key`, expired or not.
    func newest(_ key: StoredKey) -> IndexEntry? {
        state.withLock { $0.index.find(key) }
    }

    /// The first `limit` living entries of `range` from its front, or from its back.
    func entries(in range: KeyRange, limit: Int, reversed: Bool, now: Int64) throws -> [LocatedEntry] {
        try state.withLock { state in
            if state.isClosed { throw CatalogError.closed() }
            var found: [LocatedEntry] = []
            guard range.lower < range.upper else { return found }
            let index = state.index
            var cursor: KeyIndex.Position? =
                reversed ? index.position(before: index.lowerBound(range.upper)) : index.lowerBound(range.lower)
            while found.count < limit, let position = cursor, position != index.end {
                let entry = index.entry(at: position)
                guard reversed ? !(entry.key < range.lower) : entry.key < range.upper else { break }
                if entry.isLive(at: now) {
                    found.append(LocatedEntry(entry: entry, segment: state.segments[Int(entry.segment) - 1]))
                }
                cursor = reversed ? index.position(before: position) : index.position(after: position)
            }
            return found
        }
    }

    /// Brings in what one record holds for this part, in its order.
    func apply(_ changes: [IndexChange]) {
        state.withLock { state in
            for change in changes { state.apply(change) }
        }
    }

    /// Takes up to `limit` versions whose time has come out of the expiry queue and returns those that still stand.
    func takeExpired(limit: Int, now: Int64) throws -> [IndexEntry] {
        try state.withLock { state in
            if state.isClosed { throw CatalogError.closed() }
            var expired: [IndexEntry] = []
            while expired.count < limit, let due = state.expiries.popDue(at: now) {
                if let entry = state.index.find(due.key), entry.sequence == due.sequence { expired.append(entry) }
            }
            return expired
        }
    }

    /// Keys, living or expired and not yet swept, and the bytes of their keys and values.
    func size() -> (keyCount: Int, liveByteCount: Int) {
        state.withLock { ($0.index.count, $0.liveByteCount) }
    }
}

/// What an operation of the journal does to the index.
enum IndexChange: Sendable {
    case put(IndexEntry)
    case remove(StoredKey)

    var key: StoredKey {
        switch self {
        case .put(let entry): entry.key
        case .remove(let key): key
        }
    }
}

/// What a part's lock guards.
private struct PartitionState {
    var index = KeyIndex()
    var expiries = ExpiryQueue()
    var expiringCount = 0
    var liveByteCount = 0
    /// By number, from 1; empty once the catalog is closed.
    var segments: [Segment] = []
    var isClosed = false

    mutating func apply(_ change: IndexChange) {
        let old: IndexEntry?
        switch change {
        case .put(let entry):
            old = index.insert(entry)
            liveByteCount += entry.liveByteCount
            if entry.expiry != IndexEntry.never {
                expiringCount += 1
                expiries.insert(ExpiryQueue.Item(expiry: entry.expiry, sequence: entry.sequence, key: entry.key))
            }
        case .remove(let key):
            old = index.remove(key)
        }
        if let old {
            liveByteCount -= old.liveByteCount
            if old.expiry != IndexEntry.never { expiringCount -= 1 }
        }
        // Paid for by the changes that made so many versions stale.
        if expiries.count > 2 * expiringCount + 64 {
            expiries.keep { index.find($0.key)?.sequence == $0.sequence }
        }
    }
}
