internal import Synchronization
internal import VitrineIO

/// Reads the journal forwards, transaction by transaction.
struct ChangeReader: Sendable {
    /// Records that are passed over in one step, at most.
    private static let passedCountMax = 1_000

    /// What a step came to.
    enum Step {
        case found(ChangeSet)
        /// Only changes that are not shown; there may be more.
        case passed
        /// Readers may see nothing beyond.
        case end
    }

    private let engine: Engine
    /// Everything through this number was handed out or passed over.
    private(set) var position: UInt64
    /// Where in the journal the next record begins, once that was looked up.
    private var place: ChangePlace?
    private var tables: ChangeTables

    init(_ engine: Engine, after position: UInt64) {
        self.engine = engine
        self.position = position
        tables = ChangeTables(engine)
    }

    /// Waits until readers see more than was read, or the catalog is closed.
    func waitForMore() async {
        let engine = engine
        let position = position
        await engine.changeSignal.wait {
            engine.index.visible > position || engine.isClosed.load(ordering: .relaxed)
        }
    }

    /// Reads on to the next transaction with a change to show.
    ///
    /// - Throws: `CatalogError` with `changesTrimmed`, `isClosed`, or `isCorrupt`.
    mutating func step() throws -> Step {
        try engine.checkOpen()
        // What is visible was stored before, and everything before it in the journal too.
        let visible = engine.index.visible
        let engine = engine
        return try engine.index.pinned {
            for _ in 0..<ChangeReader.passedCountMax {
                guard position < visible else { return .end }
                if let set = try readRecord(visible) { return .found(set) }
            }
            return .passed
        }
    }

    /// Takes one record, up to `visible`; `nil` when it has nothing to show.
    private mutating func readRecord(_ visible: UInt64) throws -> ChangeSet? {
        let place = try place ?? engine.changePlace(after: position)
        self.place = place
        guard let header = try record(at: place) else {
            self.place = try engine.changePlace(behind: place, after: position)
            return nil
        }
        if header.kind == .seal {
            self.place = try engine.changePlace(behind: place, after: position)
            return nil
        }
        self.place?.offset += header.recordByteCount
        let first = place.baseSequence + UInt64(header.relativeSequence)
        guard header.kind == .batch, header.operationCount > 0 else { return nil }
        let last = first + UInt64(header.operationCount) - 1
        // One that was handed out before this reader began.
        guard last > position else { return nil }
        // Opening did not read what stands before the checkpoint: a number that leaves others out would end the stream.
        guard first <= position + 1, last <= visible else { throw damaged(place, 0) }
        let changes = try changes(of: header, at: place, first: first)
        position = last
        if changes.isEmpty { return nil }
        return ChangeSet(sequences: first...last, time: .milliseconds(header.time), changes: changes)
    }

    /// The header of the record there; `nil` where the segment has no more.
    private func record(at place: ChangePlace) throws -> RecordHeader? {
        let segments = engine.segments
        let bytes = segments.bytes(
            ofSegment: place.segment,
            from: place.offset,
            count: RecordHeader.byteCount
        )
        if let header = RecordHeader(bytes, at: place.offset, seed: place.seed) { return header }
        // A segment that is gone, or that was filled to its last byte.
        if try engine.isBehindRecords(place) { return nil }
        throw damaged(place, 0)
    }

    private mutating func changes(of header: RecordHeader, at place: ChangePlace, first: UInt64) throws -> [Change] {
        let start = place.offset + RecordHeader.byteCount
        let segments = engine.segments
        let body = segments.bytes(ofSegment: place.segment, from: start, count: header.bodyByteCount)
        var changes: [Change] = []
        var offset = 0
        var sequence = first
        for _ in 0..<header.operationCount {
            guard offset < body.count, let frame = OperationFrame(body.extracting(offset..<body.count)),
                frame.isIntact()
            else { throw damaged(place, RecordHeader.byteCount + offset) }
            if let change = try tables.change(frame, sequence) { changes.append(change) }
            offset += frame.byteCount
            sequence += 1
        }
        return changes
    }

    private func damaged(_ place: ChangePlace, _ offset: Int) -> CatalogError {
        .corrupt(
            engine.journal.options.path(ofSegment: place.segment),
            at: place.offset + offset,
            "a change has been damaged since it was written"
        )
    }
}

/// What the tables want their changes to show.
private struct ChangeTables: Sendable {
    private let engine: Engine
    /// Definitions by table number; emptied when one of them changes.
    private var definitions: [UInt16: TableDefinition?] = [:]

    init(_ engine: Engine) {
        self.engine = engine
    }

    /// What an operation did; `nil` when it was to one of the catalog's own items, or to a table that nothing is known of.
    mutating func change(_ frame: borrowing OperationFrame, _ sequence: UInt64) throws -> Change? {
        let number = frame.table.rawValue
        if number < TableNumber.firstUser {
            if frame.table == .definitions { definitions = [:] }
            return nil
        }
        guard let table = try definition(of: frame.table) else { return nil }
        let images = table.options.changeImages
        let new =
            frame.kind == .put && images.includesNew
            ? ItemImage(bytes: frame.value.bytes, isDocument: frame.isDocument) : nil
        var old: ItemImage?
        // It is there when it was asked for as the change was made.
        if let image = frame.oldImage {
            old = ItemImage(bytes: image.bytes, isDocument: frame.oldIsDocument)
        }
        return Change(
            sequence: sequence,
            table: table.name,
            key: Key(partition: frame.partition, sort: frame.sort),
            kind: ChangeTables.kind(frame.kind),
            newImage: new,
            oldImage: old
        )
    }

    private mutating func definition(of table: TableNumber) throws -> TableDefinition? {
        if let known = definitions[table.rawValue] { return known }
        let found = try engine.tableDefinition(numbered: table)
        definitions[table.rawValue] = .some(found)
        return found
    }

    private static func kind(_ kind: OperationFrame.Kind) -> Change.Kind {
        switch kind {
        case .put: .put
        case .delete: .delete
        case .expire: .expire
        }
    }
}
