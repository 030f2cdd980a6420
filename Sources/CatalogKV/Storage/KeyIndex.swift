/// Where an item's newest value stands, and until when it lives.
struct IndexEntry: Sendable {
    /// The expiry of an item that has none.
    static let never = Int64.max

    let key: StoredKey
    /// The item's version: the number of the operation that put it.
    let sequence: UInt64
    /// Milliseconds since the Unix epoch; from this one on the item is gone.
    let expiry: Int64
    /// The journal segment that holds the value.
    let segment: UInt32
    /// Where in the segment the value begins.
    let offset: UInt32
    let byteCount: UInt32
    /// CRC-32C of the value, checked at each read.
    let checksum: UInt32

    func isLive(at now: Int64) -> Bool { now < expiry }
    /// What the item counts for in the statistics.
    var liveByteCount: Int { key.bytes.count - 4 + Int(byteCount) }
}

/// Entries in the order of their keys: a list of sorted chunks of at most `chunkCountMax` entries.
///
/// Finding takes two binary searches. Inserting moves entries within one chunk; every half chunk of inserts, one split
/// moves the references to the chunks behind it, which at a million keys is 64 KiB moved per 64 inserts.
struct KeyIndex: Sendable {
    private static let chunkCountMax = 128

    private var chunks: [[IndexEntry]] = []
    /// Entries held.
    private(set) var count = 0

    /// A place between chunks and entries; comparable within one unchanged index.
    struct Position: Equatable {
        var chunk: Int
        var slot: Int
    }

    /// The place behind the last entry.
    var end: Position { Position(chunk: chunks.count, slot: 0) }

    /// The entry of exactly `key`.
    func find(_ key: StoredKey) -> IndexEntry? {
        let position = lowerBound(key)
        guard position.chunk < chunks.count else { return nil }
        let entry = chunks[position.chunk][position.slot]
        return entry.key == key ? entry : nil
    }

    /// The place of the first entry whose key is not below `key`.
    func lowerBound(_ key: StoredKey) -> Position {
        // The first chunk whose last key is not below the wanted one holds it, if any does.
        var low = 0
        var high = chunks.count
        while low < high {
            let middle = (low + high) / 2
            if let last = chunks[middle].last, last.key < key { low = middle + 1 } else { high = middle }
        }
        guard low < chunks.count else { return end }
        return Position(chunk: low, slot: KeyIndex.slot(of: key, in: chunks[low]))
    }

    /// The entry at a place before the end.
    func entry(at position: Position) -> IndexEntry { chunks[position.chunk][position.slot] }

    /// The place after one that is before the end.
    func position(after position: Position) -> Position {
        let next = Position(chunk: position.chunk, slot: position.slot + 1)
        return next.slot < chunks[position.chunk].count ? next : Position(chunk: position.chunk + 1, slot: 0)
    }

    /// The place before `position`, or `nil` at the front.
    func position(before position: Position) -> Position? {
        if position.slot > 0 { return Position(chunk: position.chunk, slot: position.slot - 1) }
        guard position.chunk > 0 else { return nil }
        return Position(chunk: position.chunk - 1, slot: chunks[position.chunk - 1].count - 1)
    }

    /// Puts `entry` in its place and returns the one of the same key that stood there.
    @discardableResult
    mutating func insert(_ entry: IndexEntry) -> IndexEntry? {
        var position = lowerBound(entry.key)
        if position.chunk < chunks.count {
            let old = chunks[position.chunk][position.slot]
            if old.key == entry.key {
                chunks[position.chunk][position.slot] = entry
                return old
            }
        } else if chunks.isEmpty {
            chunks.append([])
        } else {
            position = Position(chunk: chunks.count - 1, slot: chunks[chunks.count - 1].count)
        }
        chunks[position.chunk].insert(entry, at: position.slot)
        count += 1
        if chunks[position.chunk].count > KeyIndex.chunkCountMax { split(position.chunk) }
        return nil
    }

    /// Removes the entry of exactly `key` and returns it.
    @discardableResult
    mutating func remove(_ key: StoredKey) -> IndexEntry? {
        let position = lowerBound(key)
        guard position.chunk < chunks.count, chunks[position.chunk][position.slot].key == key else { return nil }
        let old = chunks[position.chunk].remove(at: position.slot)
        count -= 1
        mergeIfSmall(position.chunk)
        return old
    }

    private static func slot(of key: StoredKey, in chunk: [IndexEntry]) -> Int {
        var low = 0
        var high = chunk.count
        while low < high {
            let middle = (low + high) / 2
            if chunk[middle].key < key { low = middle + 1 } else { high = middle }
        }
        return low
    }

    /// Keys often come in rising order; then a chunk that splits at its end stays nearly full.
    private mutating func split(_ index: Int) {
        let isLast = index == chunks.count - 1
        let middle = chunks[index].count * (isLast ? 7 : 4) / 8
        let upper = Array(chunks[index][middle...])
        chunks[index].removeSubrange(middle...)
        chunks.insert(upper, at: index + 1)
    }

    /// Keeps chunks from becoming many and tiny after deletes.
    private mutating func mergeIfSmall(_ index: Int) {
        if chunks[index].isEmpty {
            chunks.remove(at: index)
        } else if index + 1 < chunks.count, chunks[index].count + chunks[index + 1].count <= KeyIndex.chunkCountMax / 2
        {
            chunks[index].append(contentsOf: chunks[index + 1])
            chunks.remove(at: index + 1)
        }
    }
}
