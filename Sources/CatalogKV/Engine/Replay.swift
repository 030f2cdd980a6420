/// Takes what the checkpoint and the journal hold into the index, in journal order.
///
/// Most of the time goes by waiting for memory. So operations are taken in windows, and the memory that all of a window
/// need is asked for before the first of them is done.
struct Replay: ~Copyable {
    private static let windowCount = 16
    private static let publishCount = 4_096

    private struct Operation {
        var keyStart: Int
        var keyEnd: Int
        var version: ItemVersion
        /// Whether compaction has written it anew.
        var isMoved: Bool
    }

    let index: VersionedIndex
    private let segments: SegmentTable
    private var expiries: ExpirySchedule
    /// What the checkpoint may hold already.
    private var loadedSequence: UInt64 = 0
    private var window: [Operation] = []
    private var keys: [UInt8] = []
    private var countSincePublish = 0

    init(index: VersionedIndex, segments: SegmentTable, expiries: consuming ExpirySchedule) {
        self.index = index
        self.segments = segments
        self.expiries = expiries
    }

    /// Takes over what a checkpoint has brought into the index.
    mutating func take(_ loaded: CheckpointLoader.Loaded) {
        loadedSequence = loaded.header.snapshotSequence
        index.publish(loaded.header.snapshotSequence)
        for (segment, byteCount) in loaded.liveByteCounts.enumerated() where byteCount > 0 {
            segments.adjustLive(UInt32(segment), by: byteCount)
        }
        if loaded.header.expiringCount == 0 { return }
        let upper = [UInt8](repeating: 0xFF, count: 8)
        for partition in 0..<index.partitionCount {
            index.scan(
                partition,
                from: Span(),
                to: upper.span,
                at: loaded.header.snapshotSequence,
                reversed: false
            ) { key, version in
                if version.expiry != ItemVersion.never { expiries.note(key, version, replacing: nil) }
                return true
            }
        }
    }

    /// Takes the journal's next operation.
    ///
    /// - Throws: `CatalogError` with `indexFull`.
    mutating func take(_ frame: borrowing OperationFrame, _ location: Location, _ sequence: UInt64) throws {
        guard index.makeRoom() else { throw CatalogError.indexFull() }
        let version = ItemVersion(
            sequence: sequence,
            expiry: frame.expiry,
            location: location,
            isDeleted: frame.kind != .put
        )
        let start = keys.count
        // Copied inside the closure.
        unsafe frame.key.withUnsafeBufferPointer { unsafe keys.append(contentsOf: $0) }
        window.append(
            Operation(keyStart: start, keyEnd: keys.count, version: version, isMoved: frame.sequence != nil)
        )
        if window.count == Replay.windowCount { finishWindow() }
    }

    /// The expiries of what is in the index now, after the last operation.
    consuming func finish() -> ExpirySchedule {
        finishWindow()
        return expiries
    }

    private mutating func finishWindow() {
        // Out of `self` while operations change it, and back for their storage.
        var keys: [UInt8] = []
        var window: [Operation] = []
        swap(&keys, &self.keys)
        swap(&window, &self.window)
        for operation in window {
            index.fetchLeaf(of: keys.span.extracting(operation.keyStart..<operation.keyEnd))
        }
        for operation in window {
            index.fetchEntry(of: keys.span.extracting(operation.keyStart..<operation.keyEnd))
        }
        for operation in window {
            settle(keys.span.extracting(operation.keyStart..<operation.keyEnd), operation)
        }
        window.removeAll(keepingCapacity: true)
        keys.removeAll(keepingCapacity: true)
        swap(&keys, &self.keys)
        swap(&window, &self.window)
    }

    private mutating func settle(_ key: Span<UInt8>, _ operation: Operation) {
        let version = operation.version
        // The checkpoint shows a moment somewhat after its place in the journal.
        if operation.isMoved || version.sequence <= loadedSequence, let newest = index.newest(key),
            newest.sequence >= version.sequence
        {
            // Compaction moved it; what has come after it meanwhile stands in the index already.
            if newest.sequence == version.sequence { move(key, newest, to: version.location) }
            return
        }
        let replaced = index.apply(key, version)
        if let replaced, !replaced.isDeleted { noteLive(replaced.location, -1) }
        if !version.isDeleted { noteLive(version.location, 1) }
        if version.expiry != ItemVersion.never || replaced.map({ $0.expiry != ItemVersion.never }) == true {
            expiries.note(key, version, replacing: replaced)
        }
        countSincePublish += 1
        // Replaced versions are given back as we go.
        if countSincePublish == Replay.publishCount {
            countSincePublish = 0
            index.publish(max(index.visible, version.sequence))
        }
    }

    private func move(_ key: Span<UInt8>, _ newest: ItemVersion, to location: Location) {
        guard newest.location != location, index.relocate(key, sequence: newest.sequence, to: location),
            !newest.isDeleted
        else { return }
        noteLive(newest.location, -1)
        noteLive(location, 1)
    }

    private func noteLive(_ location: Location, _ sign: Int) {
        segments.adjustLive(location.segment, by: sign * Int(location.byteCount))
    }
}
