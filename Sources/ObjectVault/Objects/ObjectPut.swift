internal import Metrics
internal import VitrineIO
internal import VitrineSQLite
internal import VitrineSync

/// An object on its way into the vault: cut into chunks, of which those are stored that the vault does not have.
///
/// Nobody but the put's own task uses it. Memory holds the bytes of at most two chunks, those of records that the disk
/// has not taken, 4 MiB at most, and a segment's list of chunks, whatever the object's size.
final class ObjectPut {
    private static let segmentChunks = 1_024
    /// Bytes that are appended before the disk must have taken them.
    private static let unwrittenMax = 4 << 20

    private let vault: Vault
    private let scope: Int64
    private let writer: ChunkWriter
    private let chunker: Chunker
    private var whole = Digester()
    private(set) var size: Int64 = 0
    private var pending: [UInt8] = []
    private var isChunked = false
    private var parts: [NewSegment.Part] = []
    /// Where each part ends, counted from the segment's start.
    private var ends: [UInt32] = []
    private var freshIndex: [ObjectID: Int] = [:]
    /// Chunks that were found, and must not be collected until the segment that names them is kept.
    private var held: [Int64] = []
    private var segmentStart: Int64 = 0
    /// The content whose first segments are kept already.
    private var content: Int64?
    private var appended: [PackSet.Appended] = []
    private var unwritten = 0

    init(into vault: Vault, scope: Int64, key: DataKey?) {
        self.vault = vault
        self.scope = scope
        let configuration = vault.configuration
        chunker = Chunker(configuration.chunkSizes)
        writer = ChunkWriter(
            compression: configuration.hot.compression,
            key: key,
            random: configuration.random
        )
    }

    /// Takes more of the object.
    func take(_ bytes: [UInt8]) async throws {
        guard Int64(bytes.count) <= vault.configuration.objectBytesMax - size else {
            throw VaultError(
                .objectTooLarge,
                "objects of more than \(vault.configuration.objectBytesMax) bytes are refused: cut it into several, or "
                    + "raise VaultConfiguration.objectBytesMax"
            )
        }
        var position = 0
        while position < bytes.count {
            try Task.checkCancellation()
            try vault.health.checkWritable()
            // A piece of any size passes through a buffer of bounded size.
            let end = min(bytes.count, position + (1 << 20))
            whole.update(bytes.span.extracting(position..<end))
            unsafe bytes.withUnsafeBufferPointer { unsafe pending.append(contentsOf: $0[position..<end]) }
            size += Int64(end - position)
            position = end
            if size > vault.configuration.chunkThreshold { try await cut(isEnd: false) }
        }
    }

    /// Ends the object; `commit` names the content in the transaction that makes it.
    func finish<Value: Sendable>(
        _ commit: @escaping @Sendable (Database, ContentRow) throws -> Value
    ) async throws -> Value {
        try Task.checkCancellation()
        let digest = whole.finish()
        if isChunked || size > vault.configuration.chunkThreshold {
            try await cut(isEnd: true)
        } else if size > 0 {
            let buffer = pending
            pending = []
            try await add([(0..<buffer.count, digest)], of: buffer)
        }
        try Task.checkCancellation()
        let held = try await flushAppended()
        defer { withExtendedLifetime(held) {} }
        let segment = takeSegment()
        let (scope, size, earlier) = (scope, size, content)
        let (pins, damaged, now) = (vault.pins, vault.damaged, vault.configuration.now().wholeMilliseconds)
        defer { unpin(segment) }
        let value = try await vault.metadata.write { database in
            let ids = try database.insert(segment, scope: scope, pins: pins, damaged: damaged)
            let content = try database.finishContent(
                PendingContent(id: earlier, scope: scope, size: size, digest: digest, now: now),
                segment,
                chunks: ids
            )
            return try commit(database, content)
        }
        content = nil
        vault.metrics.puts.increment()
        vault.metrics.putBytes.increment(by: size)
        return value
    }

    /// Lets go of what was found, and forgets what was stored: collection removes it.
    func abandon() async {
        unpin(takeSegment())
        guard let content = content.take() else { return }
        // What cannot be deleted now is when the vault is opened next.
        _ = try? await vault.metadata.write { try $0.deletePending(content) }
    }

    /// Cuts off chunks for as long as their ends are certain, and looks all of them up at once.
    private func cut(isEnd: Bool) async throws {
        isChunked = true
        let buffer = pending
        pending = []
        var position = 0
        var cuts: [(range: Range<Int>, digest: ObjectID)] = []
        while position < buffer.count, isEnd || buffer.count - position >= chunker.sizes.max {
            let length = chunker.firstCut(in: buffer.span.extracting(position..<buffer.count))
            var digester = Digester()
            digester.update(buffer.span.extracting(position..<position + length))
            cuts.append((position..<position + length, digester.finish()))
            position += length
        }
        pending.append(contentsOf: buffer[position...])
        try await add(cuts, of: buffer)
    }

    /// Adds chunks to the object, and stores those that the vault does not have.
    private func add(_ cuts: [(range: Range<Int>, digest: ObjectID)], of buffer: [UInt8]) async throws {
        let found = try pinned(Set(cuts.map(\.digest)).subtracting(freshIndex.keys))
        // Held until the segment is kept that ends after all of these, or the put is abandoned.
        defer { held += found.values }
        for (range, digest) in cuts {
            let end = (ends.last ?? 0) + UInt32(range.count)
            if let index = freshIndex[digest] {
                parts.append(parts[index])
                vault.metrics.duplicateBytes.increment(by: range.count)
            } else if let known = found[digest] {
                parts.append(.known(known))
                vault.metrics.duplicateBytes.increment(by: range.count)
            } else {
                let (record, encoding) = try writer.record(of: buffer.span.extracting(range), digest: digest)
                try await store(record, encoding, digest, rawBytes: range.count)
            }
            ends.append(end)
            if parts.count >= Self.segmentChunks { try await keepSegment() }
        }
    }

    private func store(_ record: [UInt8], _ encoding: ChunkEncoding, _ digest: ObjectID, rawBytes: Int) async throws {
        let place = try await vault.packs.append(record)
        if let last = appended.last, last.pack === place.pack { appended.removeLast() }
        appended.append(place)
        freshIndex[digest] = parts.count
        parts.append(
            .fresh(
                FreshChunk(
                    digest: digest,
                    pack: place.pack.row.id,
                    offset: place.offset,
                    rawBytes: rawBytes,
                    storedBytes: record.count,
                    encoding: encoding
                )
            )
        )
        unwritten += record.count
        if unwritten > Self.unwrittenMax {
            for place in appended { try await vault.packs.commit(place, .buffered) }
            unwritten = 0
        }
    }

    /// Those of the chunks that are there and not known to be damaged, each held once.
    private func pinned(_ digests: Set<ObjectID>) throws -> [ObjectID: Int64] {
        if digests.isEmpty { return [:] }
        while true {
            let generation = vault.pins.generation
            let places = try vault.metadata.read { database in
                try digests.compactMap { try database.chunk(scope: scope, digest: $0) }
            }
            var found: [ObjectID: Int64] = [:]
            var isStale = false
            for place in places where !isStale && !vault.damaged.contains(place.id) {
                switch vault.pins.pin(place.id, generation: generation) {
                case .pinned: found[place.digest] = place.id
                // By the time that the new one gets its row, the old one's is gone.
                case .doomed: break
                case .stale: isStale = true
                }
            }
            if !isStale { return found }
            for id in found.values { vault.pins.unpin(id) }
        }
    }

    /// Suspends until all records are safe; returns their packs, which must be held until the records are named.
    private func flushAppended() async throws -> [PackSet.Appended] {
        let places = appended
        for place in places { try await vault.packs.commit(place, .synced) }
        appended = []
        unwritten = 0
        return places
    }

    /// Keeps a full segment under a content that nobody can see yet.
    private func keepSegment() async throws {
        let held = try await flushAppended()
        defer { withExtendedLifetime(held) {} }
        let segment = takeSegment()
        let (scope, earlier, pins, damaged) = (scope, content, vault.pins, vault.damaged)
        let now = vault.configuration.now().wholeMilliseconds
        defer { unpin(segment) }
        content = try await vault.metadata.write { database in
            let ids = try database.insert(segment, scope: scope, pins: pins, damaged: damaged)
            let content = try earlier ?? database.insertPending(scope: scope, now: now)
            try database.insertSegment(content, segment, chunks: ids)
            return content
        }
    }

    private func takeSegment() -> NewSegment {
        let segment = NewSegment(start: segmentStart, parts: parts, ends: ends, held: held)
        segmentStart += Int64(ends.last ?? 0)
        (parts, ends, freshIndex, held) = ([], [], [:], [])
        return segment
    }

    private func unpin(_ segment: NewSegment) {
        for id in segment.held { vault.pins.unpin(id) }
    }
}
