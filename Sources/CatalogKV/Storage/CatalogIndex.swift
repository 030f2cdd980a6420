/// The index of a whole catalog: parts by the hash of the partition key.
///
/// The parts exist in memory only, so their number may differ from one opening to the next.
final class CatalogIndex: Sendable {
    private let partitions: [IndexPartition]

    init(partitionCount: Int) {
        partitions = (0..<partitionCount).map { _ in IndexPartition() }
    }

    /// The part that holds the items of a key's partition.
    func partition(of key: StoredKey) -> IndexPartition {
        partitions[Int(key.partitionHash % UInt64(partitions.count))]
    }

    /// Applies the changes of one record: per part together, and in their order.
    func apply(_ changes: [IndexChange]) {
        if changes.count == 1 {
            partition(of: changes[0].key).apply(changes)
            return
        }
        var byPartition: [Int: [IndexChange]] = [:]
        for change in changes {
            byPartition[Int(change.key.partitionHash % UInt64(partitions.count)), default: []].append(change)
        }
        for (number, changes) in byPartition { partitions[number].apply(changes) }
    }

    /// Makes a segment known to every part.
    func install(_ segment: Segment) {
        for partition in partitions { partition.install(segment) }
    }

    /// Ends all reads.
    func close() {
        for partition in partitions { partition.close() }
    }

    /// Up to `limit` versions whose time has come, taken out of the expiry queues.
    func takeExpired(limit: Int, now: Int64) throws -> [IndexEntry] {
        var expired: [IndexEntry] = []
        for partition in partitions where expired.count < limit {
            expired += try partition.takeExpired(limit: limit - expired.count, now: now)
        }
        return expired
    }

    /// The sums over all parts.
    func size() -> (keyCount: Int, liveByteCount: Int) {
        partitions.reduce(into: (keyCount: 0, liveByteCount: 0)) { sum, partition in
            let size = partition.size()
            sum.keyCount += size.keyCount
            sum.liveByteCount += size.liveByteCount
        }
    }
}
