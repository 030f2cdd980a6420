internal import Logging
internal import Synchronization
internal import VitrineSync

extension Engine {
    /// Writes the operations of `draft` as one record, all or none, and returns the number of the first, once they are
    /// safe and readers see them.
    ///
    /// - Throws: `CatalogError` with `isClosed`, `isReadOnly`, `diskFull` or `ioFailed`.
    func commit(_ draft: consuming Draft, _ durability: Durability) async throws -> UInt64 {
        var draft = draft
        while true {
            try checkOpen()
            let entered = try writer.withLock { state in
                try enter(&state, &draft, durability, at: now, isFetched: false)
            }
            if let first = try await finish(entered) { return first }
        }
    }

    /// Has `prepare` decide, under the writer lock, what to write by what is newest; then as the other `commit`.
    ///
    /// An empty draft writes nothing. What `prepare` throws reaches the caller once everything that it may have read is
    /// safe. It may run more than once, each time with an empty draft, which has room for `capacity` bytes of frames.
    /// `isFetched` says that the caller has had the memory of the keys fetched.
    func commit<Result>(
        _ durability: Durability,
        capacity: Int = 0,
        isFetched: Bool = false,
        _ prepare: (borrowing Newest, inout Draft) throws -> Result
    ) async throws -> (result: Result, first: UInt64) {
        while true {
            try checkOpen()
            var outcome: Swift.Result<Result, any Error>?
            let entered = try writer.withLock { state in
                var draft = Draft(byteCapacity: capacity)
                let now = now
                do {
                    outcome = .success(try prepare(Newest(self, now: now), &draft))
                } catch {
                    outcome = .failure(error)
                    draft.removeAll()
                }
                return try enter(&state, &draft, durability, at: now, isFetched: isFetched)
            }
            if let first = try await finish(entered), let outcome { return (try outcome.get(), first) }
        }
    }

    /// Suspends until everything written so far is on disk.
    ///
    /// - Throws: `CatalogError` with `isClosed`, `isReadOnly` or `ioFailed`.
    func flush() async throws {
        try checkOpen()
        let position = writer.withLock { state in journal.place(nextSequence: state.nextSequence).position }
        try await settle(position)
    }
}

/// How far a write got under the lock.
enum Entered: Sendable {
    /// Readers see the record whose first operation has this number.
    case seen(first: UInt64)
    /// They will once the journal is flushed up to a position.
    case waiting(first: UInt64, position: UInt64, last: UInt64)
    /// There was no room for so many bytes.
    case full(byteCount: Int)
}

extension Engine {
    /// No record begins at or behind this number: the index could not hold all of its operations.
    private static let sequenceEnd = Entry.sequenceMax - UInt64(UInt16.max)

    /// Appends the draft and brings it into the index; for an empty one, finds out what must be safe before the caller
    /// may be told what it saw.
    private func enter(
        _ state: inout EngineState,
        _ draft: inout Draft,
        _ durability: Durability,
        at now: Int64,
        isFetched: Bool
    ) throws -> Entered {
        try checkEntry(state, onlyDeletes: !draft.hasPut)
        let first = state.nextSequence
        if draft.isEmpty {
            guard let position = state.unpublished.lastPosition else { return .seen(first: first) }
            return .waiting(first: first, position: position, last: first - 1)
        }
        if !state.droppedTables.isEmpty { try refuseDropped(draft, state) }
        if !isFetched {
            // What the index will need comes while the journal takes the record.
            draft.forEachFrame { frame, _ in index.fetchLeaf(of: frame.key) }
            if draft.count > 1 { draft.forEachFrame { frame, _ in index.fetchEntry(of: frame.key) } }
        }
        guard let placement = try journal.append(&draft, firstSequence: first, time: UInt64(clamping: now)) else {
            return .full(byteCount: draft.byteCount)
        }
        apply(draft, at: placement, &state)
        return conclude(first, durability, placement, &state)
    }

    /// What must hold before anything is appended; the caller has the writer lock.
    @inline(__always)
    func checkEntry(_ state: borrowing EngineState, onlyDeletes: Bool = false) throws {
        // Under the lock: `close` takes the journal's last number under it, and nothing may come behind that.
        try checkOpen()
        guard state.nextSequence < Engine.sequenceEnd else { throw CatalogError.sequencesUsedUp() }
        guard index.makeRoom(onlyDeletes: onlyDeletes) else { throw CatalogError.indexFull() }
    }

    /// Refuses puts to tables that were dropped, where nothing would ever find or remove them.
    private func refuseDropped(_ draft: Draft, _ state: borrowing EngineState) throws {
        let tables = state.droppedTables
        try draft.forEachFrame { frame, _ in
            if frame.kind == .put, tables.contains(frame.table) { throw CatalogError.droppedTable(frame.table) }
        }
    }

    /// Lets readers see what has entered the index from `first` on, now or once it is as safe as was asked.
    func conclude(
        _ first: UInt64,
        _ durability: Durability,
        _ placement: Placement,
        _ state: inout EngineState
    ) -> Entered {
        let last = state.nextSequence - 1
        let position = durability == .synced ? placement.end : state.unpublished.lastPosition
        guard let position else {
            publish(last)
            return .seen(first: first)
        }
        state.unpublished.append(position: position, lastSequence: last)
        return .waiting(first: first, position: position, last: last)
    }

    /// Brings the operations of a record into the index, unseen until they are published.
    private func apply(_ draft: Draft, at placement: Placement, _ state: inout EngineState) {
        draft.forEachFrame { frame, offset in
            let version = ItemVersion(
                sequence: state.nextSequence,
                expiry: frame.expiry,
                location: placement.location(ofFrameAt: offset, byteCount: frame.byteCount),
                isDeleted: frame.kind != .put
            )
            state.nextSequence += 1
            let replaced =
                version.isDeleted
                ? index.apply(frame.key, version)
                : index.apply(frame.key, version, value: frame.value, isDocument: frame.isDocument)
            note(frame.key, version, replacing: replaced, &state.expiries)
        }
    }

    /// Brings a version that the index has taken into the expiry schedule and the account of live bytes.
    func note(
        _ key: Span<UInt8>,
        _ version: ItemVersion,
        replacing replaced: ItemVersion?,
        _ expiries: inout ExpirySchedule
    ) {
        if let replaced, !replaced.isDeleted { noteLive(replaced.location, -1) }
        if !version.isDeleted { noteLive(version.location, 1) }
        if version.expiry != ItemVersion.never || replaced.map({ $0.expiry != ItemVersion.never }) == true {
            expiries.note(key, version, replacing: replaced)
        }
    }

    /// Counts a frame's bytes as living, or no longer with a `sign` of -1.
    func noteLive(_ location: Location, _ sign: Int) {
        segments.adjustLive(location.segment, by: sign * Int(location.byteCount))
    }

    /// Waits for what a write waits for; `nil` when it has to be tried again.
    func finish(_ entered: Entered) async throws -> UInt64? {
        switch entered {
        case .seen(let first):
            metrics.noteWrite()
            return first
        case .waiting(let first, let position, let last):
            try await settle(position)
            if index.visible < last { publishSettled() }
            metrics.noteWrite()
            return first
        case .full(let byteCount):
            try await journal.makeRoom(for: byteCount)
            return nil
        }
    }

    /// Lets readers see every record that is as safe as it was asked to be.
    func publishSettled() {
        let flushed = journal.flushedPosition
        writer.withLock { state in
            if let last = state.unpublished.takeSettled(through: flushed) { publish(last) }
        }
    }

    /// Lets readers see everything up to `sequence`; the caller has the writer lock.
    private func publish(_ sequence: UInt64) {
        index.publish(sequence)
        changeSignal.raise()
    }

    private func settle(_ position: UInt64) async throws {
        do {
            try await journal.settle(position)
        } catch {
            // All who waited for the flush get here.
            if journal.failure != nil, !hasLoggedFailure.exchange(true, ordering: .relaxed) {
                configuration.logger?.error(
                    "catalog is read-only from now on",
                    metadata: ["path": "\(path)", "reason": "\(error)"]
                )
            }
            throw error
        }
    }
}
