internal import VitrineSQLite
internal import VitrineSync

/// Where the chunks of what was read lately are, so that a range of a large object costs no query.
///
/// What an object is made of never changes, and its content's number is never given again. A chunk may move: whoever
/// finds it gone looks it up anew, and notes where it is now. At most 3 MB.
final class PlaceCache: Sendable {
    /// Chunks of an object in a row.
    struct Segment: Sendable {
        var start: Int64
        var entries: [SegmentEntry]

        var end: Int64 { start + Int64(entries.last?.end ?? 0) }

        /// The first entry that ends after `position`.
        func index(of position: Int64) -> Int {
            var (low, high) = (0, entries.count)
            while low < high {
                let middle = (low + high) / 2
                if start + Int64(entries[middle].end) > position { high = middle } else { low = middle + 1 }
            }
            return low
        }
    }

    private struct State {
        var segments: [Int64: [Segment]] = [:]
        var segmentCount = 0
        var places: [Int64: ChunkPlace] = [:]
    }

    private static let segmentsMax = 64
    private static let placesMax = 16_384
    private let state = Locked(State())

    /// The segment of a content that holds `position`.
    func segment(_ content: Int64, at position: Int64, _ metadata: MetadataStore) throws -> Segment? {
        let known = state.withLock { state in
            state.segments[content]?.first { $0.start <= position && position < $0.end }
        }
        if let known { return known }
        guard let (start, entries) = try metadata.readOnce({ try $0.segment(content, at: position) }) else {
            return nil
        }
        let segment = Segment(start: start, entries: entries)
        state.withLock { state in
            if state.segmentCount >= Self.segmentsMax { (state.segments, state.segmentCount) = ([:], 0) }
            state.segments[content, default: []].append(segment)
            state.segmentCount += 1
        }
        return segment
    }

    /// Where chunks are, in the order asked for; `nil` for one that has no row.
    func places(_ ids: some Collection<Int64>, _ metadata: MetadataStore) throws -> [ChunkPlace?] {
        var places = state.withLock { state in ids.map { state.places[$0] } }
        let missing = zip(places.indices, ids).filter { places[$0.0] == nil }
        if missing.isEmpty { return places }
        let found = try metadata.read { database in try missing.map { try database.chunk($0.1) } }
        for ((index, _), place) in zip(missing, found) { places[index] = place }
        state.withLock { state in
            if state.places.count + found.count > Self.placesMax { state.places = [:] }
            for place in found { if let place { state.places[place.id] = place } }
        }
        return places
    }

    /// Notes that a chunk was found elsewhere.
    func note(_ place: ChunkPlace) {
        state.withLock { state in
            if state.places[place.id] != nil { state.places[place.id] = place }
        }
    }
}
