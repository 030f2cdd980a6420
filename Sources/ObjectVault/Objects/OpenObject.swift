internal import VitrineSQLite

/// An object whose bytes are held for reading.
struct OpenObject: Sendable {
    /// What to call it in messages.
    let title: String
    let content: ContentRow
    let chunks: ChunkStore
    let pin: ContentPin

    /// The range, or all; within the object.
    func check(_ range: Range<Int64>?) throws(VaultError) -> Range<Int64> {
        guard let range else { return 0..<content.size }
        guard range.lowerBound >= 0, range.upperBound <= content.size else {
            throw VaultError(
                .invalidRange,
                "the range \(range.lowerBound)..<\(range.upperBound) does not lie within \(title), which has "
                    + "\(content.size) bytes: ask stat for the size first"
            )
        }
        return range
    }

    /// Reads a range chunk by chunk.
    func cursor(_ range: Range<Int64>) -> ContentCursor {
        ContentCursor(object: self, range: range)
    }
}

/// Goes through a range of a content, a chunk at a time.
struct ContentCursor {
    let object: OpenObject
    let range: Range<Int64>
    private(set) var position: Int64
    /// Chunks of the segment that `position` is in, and where each begins.
    private var places: [ChunkPlace] = []
    private var starts: [Int64] = []
    private var index = 0

    init(object: OpenObject, range: Range<Int64>) {
        self.object = object
        self.range = range
        position = range.lowerBound
    }

    /// The next piece, verified; `nil` at the end.
    mutating func next() throws -> [UInt8]? {
        guard position < range.upperBound else { return nil }
        if index >= places.count { try load() }
        let place = places[index]
        let start = starts[index]
        let from = Int(position - start)
        let to = Int(min(range.upperBound, start + Int64(place.rawBytes)) - start)
        let chunks = object.chunks
        let piece: [UInt8]
        do {
            // With all of a chunk at hand its digest can be checked, which says more than the frames' checksums.
            piece =
                from == 0 && to == place.rawBytes && range.count == object.content.size
                ? try chunks.chunk(place) : try chunks.bytes(from..<to, of: place)
        } catch let error as VaultError {
            throw error.code == .isCorrupt ? error.naming(object.title) : error
        }
        position += Int64(piece.count)
        index += 1
        return piece
    }

    /// Looks up where the chunks from `position` on are: the rest of a segment, as far as the range goes.
    private mutating func load() throws {
        (places, starts) = ([], [])
        index = 0
        let (content, chunks) = (object.content, object.chunks)
        if let chunk = content.chunk {
            if let place = try chunks.cache.places([chunk], chunks.metadata)[0], Int64(place.rawBytes) == content.size {
                (places, starts) = ([place], [0])
            }
        } else if let segment = try chunks.cache.segment(content.id, at: position, chunks.metadata) {
            try load(segment)
        }
        guard let first = starts.first, first <= position else {
            throw VaultError(
                .isCorrupt,
                "the metadata of \(object.title) do not say where its bytes from \(position) on are: run Vault.verify, "
                    + "and restore metadata.sqlite3 from a copy"
            )
        }
    }

    private mutating func load(_ segment: PlaceCache.Segment) throws {
        let (entries, chunks) = (segment.entries, object.chunks)
        let first = segment.index(of: position)
        var last = first
        while last < entries.count, last - first < 256,
            last == 0 || segment.start + Int64(entries[last - 1].end) < range.upperBound
        {
            last += 1
        }
        let found = try chunks.cache.places(entries[first..<last].map(\.chunk), chunks.metadata)
        for (index, place) in zip(first..<last, found) {
            let start = index == 0 ? segment.start : segment.start + Int64(entries[index - 1].end)
            // A list that does not fit its chunks is worth no more than none.
            guard let place, Int64(place.rawBytes) == segment.start + Int64(entries[index].end) - start else {
                (places, starts) = ([], [])
                return
            }
            places.append(place)
            starts.append(start)
        }
    }
}

extension VaultError {
    /// The same, naming the object that cannot be read.
    func naming(_ title: String) -> VaultError {
        VaultError(code, "\(title) cannot be read: \(message)", cause: cause)
    }
}
