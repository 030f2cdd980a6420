internal import VitrineIO
internal import VitrineSync

extension Journal {
    /// Has the keeper give back most of the room that is set aside for writing, for nothing is written now.
    ///
    /// A megabyte stays in the segment at hand, and a segment of one megabyte behind it. When writing goes on it finds
    /// these, and segments get their usual size again.
    package func rest() {
        let isNew = state.withLock { state in
            guard state.preparesAhead, !state.isAtRest, state.failure == nil, !state.isClosed else { return false }
            state.isAtRest = true
            return true
        }
        if isNew { signalKeeper() }
    }

    /// The keeper's part of `rest`.
    package func giveBackRoom() {
        let least = JournalOptions.preparedByteCountMin
        let work = state.withLock { state -> (active: SegmentFile, limit: Int?, spare: SegmentFile?)? in
            guard state.isAtRest, state.failure == nil, !state.isClosed, state.roomWaiters.isEmpty else { return nil }
            let limit = state.active.limit(toFree: least)
            guard let spare = state.spare, spare.capacity > least else { return (state.active.segment, limit, nil) }
            // Another is made in its place.
            state.spare = nil
            state.wantedByteCount = max(0, state.wantedByteCount ?? 0)
            return (state.active.segment, limit, spare)
        }
        guard let work else { return }
        if let limit = work.limit {
            // Nothing is stored behind the limit any more. If the disk cannot, the room stays set aside.
            try? work.active.file.giveBack(from: Int64(limit))
        }
        guard let spare = work.spare else { return }
        do {
            try updateManifest { $0.segments.removeAll { $0 == spare.number } }
        } catch {
            // Of the failures only a full disk leaves the journal as it was.
            return state.withLock { $0.spare = spare }
        }
        // Nothing was ever written to it, so that nobody looks for anything there.
        _ = segments.remove(spare.number)
        // A file that is still there when the store is opened next is removed then.
        try? options.disk.remove(options.path(ofSegment: spare.number))
    }
}
