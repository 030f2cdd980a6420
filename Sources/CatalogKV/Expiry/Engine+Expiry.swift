internal import VitrineSync

extension Engine {
    /// Keys that a sweep has at hand at a time, at most, and bytes of them: the more there are, the more of them stand in
    /// each leaf of the index, which is made anew once for all of these.
    private static let dueCountMax = 1 << 19
    private static let dueByteCountMax = 15 << 20
    /// Keys that are taken from the wheel while the writer lock is held.
    private static let takenCountMax = 256
    /// Keys after which other tasks get their turn.
    private static let turnCount = 1_024
    /// Operations in one record of a sweep, at most.
    private static let sweepOperationCountMax = 100
    /// Once a record of a sweep has so many bytes, of old images above all, the rest waits for the next.
    private static let sweepByteCountMax = 1 << 20
    /// Keys whose memory is asked for at a time: about as many fetches as a processor keeps under way.
    private static let fetchedKeyCount = 16
    /// Items that an audit looks at while it holds the writer lock.
    private static let auditItemCount = 256

    /// Removes items whose time has come, at most `limit`, and returns how many they were.
    ///
    /// Works in turns of a thousand items, a record for each hundred, and lets other tasks run between them.
    ///
    /// - Throws: `CatalogError` with `isClosed`, `isReadOnly`, `diskFull` or `ioFailed`.
    func sweepExpired(limit: Int) async throws -> Int {
        var sweptCount = 0
        while sweptCount < limit {
            try checkOpen()
            var due = DueKeys()
            let isDone = await takeDue(limit: limit - sweptCount, into: &due)
            if due.count > 0 {
                due.sort()
                sweptCount += try await expire(due)
            }
            if isDone { break }
        }
        while writer.withLock({ state in audit(&state) }) { await Task.yield() }
        return sweptCount
    }

    /// Takes keys that may have expired from the schedule, at most `limit`, and says whether there are no more.
    private func takeDue(limit: Int, into due: inout DueKeys) async -> Bool {
        let countMax = min(limit, Engine.dueCountMax)
        while due.count < countMax, due.byteCount < Engine.dueByteCountMax {
            let now = now
            let limit = min(countMax - due.count, Engine.takenCountMax)
            let isDone = writer.withLock { state in
                state.expiries.takeDue(now: now, limit: limit) { key in
                    due.append(key, tree: index.partition(of: key))
                }
            }
            if isDone { return true }
            if due.count % Engine.turnCount == 0 { await Task.yield() }
        }
        return false
    }

    /// Removes those of the keys whose newest version has expired; the others go back to the schedule.
    private func expire(_ due: DueKeys) async throws -> Int {
        var sweptCount = 0
        var first = 0
        var turnEnd = Engine.turnCount
        while first < due.count {
            do {
                let (count, next) = try await expire(due, from: first)
                metrics.noteExpirations(count)
                sweptCount += count
                if count < next - first { putBack(due, first..<next) }
                first = next
            } catch {
                putBack(due, first..<due.count)
                throw error
            }
            if first >= turnEnd {
                await Task.yield()
                turnEnd = first + Engine.turnCount
            }
        }
        return sweptCount
    }

    /// Removes, in one record, those of the keys from one on whose newest version has expired; returns how many there were,
    /// and which key comes after those that were looked at.
    private func expire(_ due: DueKeys, from first: Int) async throws -> (count: Int, next: Int) {
        let places = first..<min(first + Engine.sweepOperationCountMax, due.count)
        fetch(due, places)
        while true {
            try checkOpen()
            var sweep = Sweep()
            let entered = try writer.withLock { state in
                gather(due, places, at: now, &sweep)
                return sweep.draft.isEmpty ? nil : try enter(&sweep, due, &state)
            }
            if let entered, try await finish(entered) == nil { continue }
            return (sweep.draft.count, sweep.next)
        }
    }

    /// Has the memory fetched that the keys will need, for many at a time and before anybody has to wait for the writer
    /// lock.
    private func fetch(_ due: DueKeys, _ places: Range<Int>) {
        index.pinned {
            var last = -1
            for place in places where due.tree(at: place) != last {
                last = due.tree(at: place)
                index.fetchRoot(ofTree: last)
            }
            for first in stride(from: places.lowerBound, to: places.upperBound, by: Engine.fetchedKeyCount) {
                let window = first..<min(first + Engine.fetchedKeyCount, places.upperBound)
                for place in window { index.fetchLeaf(of: due.key(at: place), inTree: due.tree(at: place)) }
                for place in window { index.fetchEntries(around: due.key(at: place), inTree: due.tree(at: place)) }
            }
        }
    }

    /// Finds out which keys have expired, and writes their removal down, as many as fit into a record; the caller has the
    /// writer lock.
    private func gather(_ due: DueKeys, _ places: Range<Int>, at now: Int64, _ sweep: inout Sweep) {
        for place in places where sweep.draft.byteCount < Engine.sweepByteCountMax {
            sweep.next = place + 1
            let key = due.key(at: place)
            guard let (entry, slot) = index.newestPlace(of: key, inTree: due.tree(at: place)), !entry.isDeleted,
                entry.expiry <= now
            else { continue }
            let offset = sweep.draft.byteCount
            // A key is due twice when it was written anew with another time and both times have come.
            if entry.previous == 0 {
                guard sweep.withdrawal.add(slot) else { continue }
                expire(key, entry, &sweep.draft)
            } else {
                guard !sweep.layered.contains(where: { $0.slot == slot }) else { continue }
                let number = sweep.draft.count
                expire(key, entry, &sweep.draft)
                let frame = offset..<sweep.draft.byteCount
                sweep.layered.append(Sweep.Layered(slot: slot, place: place, number: number, frame: frame))
            }
        }
    }

    /// Appends the removals and brings them into the index; the caller has the writer lock.
    private func enter(_ sweep: inout Sweep, _ due: DueKeys, _ state: inout EngineState) throws -> Entered {
        try checkEntry(state, onlyDeletes: true)
        let first = state.nextSequence
        guard let placement = try journal.append(&sweep.draft, firstSequence: first, time: UInt64(clamping: now)) else {
            return .full(byteCount: sweep.draft.byteCount)
        }
        state.nextSequence += UInt64(sweep.draft.count)
        for item in sweep.layered {
            let version = ItemVersion(
                sequence: first + UInt64(item.number),
                expiry: ItemVersion.never,
                location: placement.location(ofFrameAt: item.frame.lowerBound, byteCount: item.frame.count),
                isDeleted: true
            )
            let key = due.key(at: item.place)
            note(key, version, replacing: index.apply(key, version), &state.expiries)
        }
        // No read shows an expired item, at whatever moment's state it looks, so that none needs its delete.
        index.withdraw(sweep.withdrawal) { entry in noteLive(entry.location, -1) }
        state.expiries.noteSwept(sweep.withdrawal.count)
        return conclude(first, .buffered, placement, &state)
    }

    /// Adds the removal of an item, which carries the item as it was unless it is one of the catalog's own.
    private func expire(_ key: Span<UInt8>, _ entry: Entry, _ draft: inout Draft) {
        let table = UInt16(key[0]) << 8 | UInt16(key[1])
        if table >= TableNumber.firstUser {
            do {
                let item = try view(entry, of: key)
                draft.delete(key, kind: .expire, oldImage: item.value, oldIsDocument: item.isDocument)
                return
            } catch {
                // A damaged item goes without its image: nobody could read it, and it must not hold up the sweep.
            }
        }
        draft.delete(key, kind: .expire)
    }

    /// Puts keys back that still have a time to come, and those that a record had no room for.
    private func putBack(_ due: DueKeys, _ places: Range<Int>) {
        writer.withLock { state in
            for place in places {
                let key = due.key(at: place)
                state.expiries.putBack(key, index.newest(key))
            }
        }
    }

    /// Does a piece of the schedule's audit, if it needs one, and says whether there is more to do.
    private func audit(_ state: inout EngineState) -> Bool {
        guard state.expiries.needsAudit else { return false }
        state.expiries.audit(now: now, limit: Engine.auditItemCount) { key in index.newest(key) }
        return state.expiries.needsAudit
    }
}

/// Removals of expired items on their way into one record.
private struct Sweep {
    /// An item that has older versions, which a snapshot may ask for: it gets a delete in front of them.
    struct Layered {
        let slot: LeafSlot
        /// Among the keys that came due.
        let place: Int
        /// Among the operations.
        let number: Int
        /// Where in the record.
        let frame: Range<Int>
    }

    var draft = Draft(byteCapacity: 8 << 10)
    /// Items that go at once.
    var withdrawal = Withdrawal()
    var layered: [Layered] = []
    /// The first key that was not looked at.
    var next = 0
}
