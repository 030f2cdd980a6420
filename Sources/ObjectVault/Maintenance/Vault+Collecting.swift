internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// What a collection removed.
public struct CollectionReport: Sendable, Hashable {
    /// Contents that no version names any more.
    public var contentCount = 0
    /// Chunks that no content refers to any more.
    public var chunkCount = 0
    /// Packs that were emptied or written anew, and are gone.
    public var packCount = 0
    /// Bytes that the vault's packs take less than before.
    public var freedByteCount: Int64 = 0

    /// A report of nothing yet.
    public init() {}
}

/// Giving back the space of what was deleted.
extension Vault {
    /// Removes what no name leads to, then writes packs anew of which much is dead.
    ///
    /// Reachability decides: marks go from versions over contents to chunks, in one snapshot; what is put, copied or read
    /// meanwhile is left alone. Puts and reads go on. One collection, move or scrub runs at a time; others wait. A crash
    /// leaves each step done or not. Memory grows with a bit for each chunk number.
    ///
    /// - Parameters:
    ///   - deadShareMin: a pack is written anew when at least this share of it is dead, from 0 (any byte) to 1 (only
    ///     packs that are dead altogether).
    ///   - bytesMax: compaction ends when it has read and written so many bytes; by default it does not.
    /// - Throws: `VaultError`: `.invalidArgument`, `.isCorrupt` when a live chunk of such a pack cannot be read,
    ///   `.outOfSpace`, `.ioFailed`, `.isReadOnly`, `.isClosed`; `CancellationError`.
    @concurrent @discardableResult
    public func collect(deadShareMin: Double = 0.25, bytesMax: Int64 = .max) async throws -> CollectionReport {
        guard (0...1).contains(deadShareMin) else {
            throw VaultError(.invalidArgument, "a dead share of \(deadShareMin) is refused: choose from 0 to 1")
        }
        try await maintenance.acquire()
        defer { maintenance.release() }
        try health.checkWritable()
        let before = try await packBytes()
        var report = CollectionReport()
        contentPins.beginCollection()
        pins.beginCollection()
        defer {
            contentPins.endCollection()
            pins.endCollection()
        }
        report.contentCount = try await collectContents()
        report.chunkCount = try await collectChunks()
        report.packCount = try await compact(deadShareMin, bytesMax)
        report.freedByteCount = before - (try await packBytes())
        return report
    }

    /// Bytes of all packs' files.
    func packBytes() async throws -> Int64 {
        let (places, rows) = (packs.places, packs.all)
        return try await onPool("the packs cannot be measured") { _ in
            var total: Int64 = 0
            for row in rows {
                for shard in 0..<row.shardCount {
                    if let file = try? places.open(row, shard: shard) { total += try file.size() }
                }
            }
            return total
        }
    }

    /// Bytes of packs that belong to no chunk: what a collection would free.
    package func deadByteCount() async throws -> Int64 {
        var dead: Int64 = 0
        for row in packs.all {
            let live = try metadata.read { try $0.chunks(inPack: row.id) }.reduce(0) { $0 + Int64($1.storedBytes) }
            dead += try await contentBytes(of: row) - live
        }
        return dead
    }

    private func collectContents() async throws -> Int {
        let pins = contentPins
        var (count, last) = (0, Int64(0))
        while true {
            try Task.checkCancellation()
            let after = last
            defer { pins.endDooming() }
            let (removed, end) = try await metadata.write { database in
                let found = try database.all(.selectUnnamed, after, Int64(512)) { $0.int64(0) }
                let doomed = pins.doom(found)
                for content in doomed { try database.deletePending(content) }
                return (doomed.count, found.last)
            }
            count += removed
            guard let end else { return count }
            last = end
        }
    }

    private func collectChunks() async throws -> Int {
        let (live, end) = try metadata.read { database -> (BitSet, Int64) in
            let end = try database.first(.selectLastChunk, read: { $0.int64(0) }) ?? 0
            var live = BitSet(count: Int(end) + 1)
            try database.each(.walkSingleChunks) { row in live.insert(Int(row.int64(0))) }
            var isWhole = true
            try database.each(.walkSegments) { row in
                guard let entries = SegmentEntry.decode(row.bytes(0)) else {
                    isWhole = false
                    return
                }
                for entry in entries { live.insert(Int(entry.chunk)) }
            }
            // With an unreadable list of chunks nobody knows what is live.
            guard isWhole else {
                throw VaultError(.isCorrupt, "a list of chunks in \(database.path) is damaged: restore it from a copy")
            }
            return (live, end)
        }
        var (count, last) = (0, Int64(0))
        let pins = pins
        while true {
            try Task.checkCancellation()
            let after = last
            let ids = try metadata.read { try $0.all(.walkChunks, after, end, Int64(4_096)) { $0.int64(0) } }
            guard let highest = ids.last else { return count }
            last = highest
            let dead = ids.filter { !live.contains(Int($0)) }
            if dead.isEmpty { continue }
            defer { pins.endDooming() }
            count += try await metadata.write { database in
                let doomed = pins.doom(dead)
                for chunk in doomed {
                    try database.run(.deleteChunk, chunk)
                    try database.run(.deleteQuarantine, chunk)
                }
                return doomed.count
            }
        }
    }

    /// Removes packs without chunks, and moves what is left in those that are mostly dead; returns how many went.
    private func compact(_ deadShareMin: Double, _ bytesMax: Int64) async throws -> Int {
        try packs.retire { row, size in
            let live = try metadata.read { try $0.chunks(inPack: row.id) }.reduce(0) { $0 + Int64($1.storedBytes) }
            return size > live && Double(size - live) >= deadShareMin * Double(size)
        }
        var count = try await removeEmptyPacks()
        var budget = bytesMax
        for tier in Tier.allCases {
            let relocation = Relocation(self, to: tier, compresses: false)
            do {
                for row in packs.idle where row.tier == tier && budget > 0 {
                    let places = try metadata.read { try $0.chunks(inPack: row.id) }
                    let live = places.reduce(Int64(0)) { $0 + Int64($1.storedBytes) }
                    let size = try await contentBytes(of: row)
                    guard size > live, Double(size - live) >= deadShareMin * Double(size) else { continue }
                    // What is in quarantine stays where somebody may still mend it.
                    if places.contains(where: { damaged.contains($0.id) }) { continue }
                    for place in places {
                        try Task.checkCancellation()
                        budget -= Int64(try await relocation.move(place))
                    }
                }
                try await relocation.finish()
            } catch {
                relocation.abandon()
                throw error
            }
        }
        count += try await removeEmptyPacks()
        return count
    }

    /// Bytes of a pack that chunks, live or dead, take.
    private func contentBytes(of row: PackRow) async throws -> Int64 {
        if row.isErasureCoded { return row.bytes }
        let places = packs.places
        return try await onPool("the pack \(row.id) cannot be measured") { _ in
            var most: Int64 = 0
            for shard in 0..<row.shardCount {
                if let file = try? places.open(row, shard: shard) { most = max(most, try file.size()) }
            }
            return max(0, most - Int64(ShardHeader.byteCount))
        }
    }

    /// Removes packs that nothing is in and nothing is put into.
    func removeEmptyPacks() async throws -> Int {
        let idle = packs.idle
        let empty = try metadata.read { database in
            try idle.filter { try database.endOfChunks(inPack: $0.id) == 0 }
        }
        if empty.isEmpty { return 0 }
        let gone = try await metadata.write { database in
            // A put that had appended to it may have named its chunk since.
            let gone = try empty.filter { try database.endOfChunks(inPack: $0.id) == 0 }
            for row in gone { try database.run(.deletePack, row.id) }
            return gone
        }
        let packs = packs
        try await onPool("an empty pack cannot be removed") { _ in
            for row in gone { packs.remove(row) }
        }
        return gone.count
    }
}

/// A set of numbers from 0 on, a bit each.
struct BitSet: Sendable {
    private var words: [UInt64]

    init(count: Int) {
        words = [UInt64](repeating: 0, count: (max(0, count) + 63) / 64)
    }

    /// Adds a number; one that the set has no room for is left out.
    mutating func insert(_ number: Int) {
        guard number >= 0, number / 64 < words.count else { return }
        words[number / 64] |= 1 << UInt64(number % 64)
    }

    func contains(_ number: Int) -> Bool {
        number >= 0 && number / 64 < words.count && words[number / 64] >> UInt64(number % 64) & 1 == 1
    }
}

extension Database {
    /// Shows each row to `body`.
    func each(_ query: Query, _ body: (Statement) throws -> Void) throws {
        let statement = try statement(query)
        defer { statement.reset() }
        while try statement.step() { try body(statement) }
    }
}

extension Query {
    static let selectUnnamed = Query(
        """
        SELECT id FROM content c WHERE id > ?1 AND is_pending = 0
            AND NOT EXISTS (SELECT 1 FROM version WHERE content = c.id)
        ORDER BY id LIMIT ?2
        """
    )
    static let selectLastChunk = Query("SELECT coalesce(max(id), 0) FROM chunk")
    static let walkSingleChunks = Query("SELECT chunk FROM content WHERE chunk IS NOT NULL")
    static let walkSegments = Query("SELECT chunks FROM segment")
    static let walkChunks = Query("SELECT id FROM chunk WHERE id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3")
    static let deleteChunk = Query("DELETE FROM chunk WHERE id = ?1")
}
