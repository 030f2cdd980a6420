internal import VitrineSync

extension Engine {
    /// How many bytes of a segment are looked through at a time.
    private static let gatheredByteCount = 256 << 10

    /// Looks through the next part of a segment and encodes what may still count; blocks.
    ///
    /// Takes no lock: what is decided here only spares the writer lock the sight of what is long replaced.
    func gather(
        _ walk: SegmentWalk,
        _ rule: RelocationRule
    ) throws -> (walk: SegmentWalk, batches: [RelocationBatch]) {
        var walk = walk
        var batches: [RelocationBatch] = []
        var batch = RelocationBatch()
        let stop = walk.offset + Engine.gatheredByteCount
        while !walk.isDone, walk.offset < stop {
            try walk.next { frame, location, sequence, _ in
                let isReplaced = index.find(frame.key, at: nil) { $0.sequence > sequence } ?? false
                if isReplaced || frame.kind != .put && rule.canDrop(sequence) { return }
                batch.add(frame, sequence: sequence, at: location)
                if batch.isFull {
                    batches.append(batch)
                    batch = RelocationBatch()
                }
            }
        }
        if !batch.isEmpty { batches.append(batch) }
        return (walk, batches)
    }

    /// Writes anew those operations of a batch that count, and has the index lead to them.
    func relocate(_ batch: RelocationBatch) async throws -> (operationCount: Int, byteCount: Int) {
        while true {
            try checkOpen()
            let outcome = try writer.withLock { state in
                try checkOpen()
                return try relocate(batch, &state)
            }
            switch outcome {
            case .moved(let operationCount, let byteCount): return (operationCount, byteCount)
            case .full(let byteCount): try await journal.makeRoom(for: byteCount)
            }
        }
    }

    private enum Relocated {
        case moved(operationCount: Int, byteCount: Int)
        /// There was no room for so many bytes.
        case full(byteCount: Int)
    }

    private func relocate(_ batch: RelocationBatch, _ state: inout EngineState) throws -> Relocated {
        var batch = batch
        let counting = stillCounting(batch)
        if counting.isEmpty { return .moved(operationCount: 0, byteCount: 0) }
        if counting.count < batch.places.count { batch = batch.keeping(counting) }
        let time = UInt64(clamping: now)
        let placement = try journal.append(
            &batch.draft,
            kind: .relocation,
            firstSequence: state.nextSequence,
            time: time
        )
        guard let placement else { return .full(byteCount: batch.draft.byteCount) }
        var position = 0
        batch.draft.forEachFrame { frame, offset in
            let old = batch.places[position]
            position += 1
            let location = placement.location(ofFrameAt: offset, byteCount: frame.byteCount)
            let isHead = index.relocate(frame.key, sequence: frame.sequence ?? 0, to: location)
            // Deletes never count as living: as little as after the next opening, which does not know of them.
            if frame.kind == .put, isHead {
                noteLive(old, -1)
                noteLive(location, 1)
            }
        }
        return .moved(operationCount: counting.count, byteCount: batch.draft.byteCount)
    }

    /// The places in the batch of those operations that are the newest of their keys.
    private func stillCounting(_ batch: RelocationBatch) -> [Int] {
        var counting: [Int] = []
        var position = 0
        batch.draft.forEachFrame { frame, _ in
            let newest = index.newest(frame.key)?.sequence
            // The index forgets deletes that no snapshot needs; in the journal they are needed still.
            let counts = frame.kind == .put ? newest == frame.sequence : newest == nil || newest == frame.sequence
            if counts { counting.append(position) }
            position += 1
        }
        return counting
    }
}

extension RelocationBatch {
    /// The batch with only the operations at these places.
    fileprivate func keeping(_ chosen: [Int]) -> RelocationBatch {
        var kept = RelocationBatch()
        var position = 0
        var next = chosen.makeIterator()
        var wanted = next.next()
        draft.forEachFrame { frame, _ in
            if position == wanted {
                kept.add(frame, sequence: frame.sequence ?? 0, at: places[position])
                wanted = next.next()
            }
            position += 1
        }
        return kept
    }
}
