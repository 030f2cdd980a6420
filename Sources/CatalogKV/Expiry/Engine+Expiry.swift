internal import VitrineSync

extension Engine {
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
    /// Works in turns of a hundred items and lets other tasks run between them.
    ///
    /// - Throws: `CatalogError` with `isClosed`, `isReadOnly`, `diskFull` or `ioFailed`.
    func sweepExpired(limit: Int) async throws -> Int {
        var due = DueKeys()
        var sweptCount = 0
        while sweptCount < limit {
            try checkOpen()
            due.removeAll()
            let now = now
            let countMax = min(limit - sweptCount, Engine.sweepOperationCountMax)
            let isDone = writer.withLock { state in
                state.expiries.takeDue(now: now, limit: countMax, into: &due)
            }
            if due.count > 0 { sweptCount += try await expire(due) }
            if isDone { break }
            await Task.yield()
        }
        while writer.withLock({ state in audit(&state) }) { await Task.yield() }
        return sweptCount
    }

    /// Removes, in one record, those of the keys whose newest version has expired; the others go back to the schedule.
    private func expire(_ due: DueKeys) async throws -> Int {
        fetch(due)
        do {
            let count = try await commit(.buffered) { newest, draft in
                // A key is due twice when it was written anew with another time and both times have come.
                var expired: Set<UInt64> = []
                due.visit { key in
                    guard draft.byteCount < Engine.sweepByteCountMax, let version = newest.version(of: key),
                        version.expiry <= newest.now, expired.insert(version.sequence).inserted
                    else { return }
                    expire(key, version, &draft)
                }
                return draft.count
            }.result
            metrics.noteExpirations(count)
            if count < due.count { putBack(due) }
            return count
        } catch {
            putBack(due)
            throw error
        }
    }

    /// Has the memory fetched that the keys will need, for many at a time and before anybody has to wait for the writer
    /// lock.
    private func fetch(_ due: DueKeys) {
        index.pinned {
            for first in stride(from: 0, to: due.count, by: Engine.fetchedKeyCount) {
                let window = first..<min(first + Engine.fetchedKeyCount, due.count)
                due.visit(window) { index.fetchLeaf(of: $0) }
                due.visit(window) { index.fetchEntry(of: $0) }
            }
        }
    }

    /// Adds the removal of an item, which carries the item as it was unless it is one of the catalog's own.
    private func expire(_ key: Span<UInt8>, _ version: ItemVersion, _ draft: inout Draft) {
        let table = UInt16(key[0]) << 8 | UInt16(key[1])
        if table >= TableNumber.firstUser {
            do {
                let item = try view(version, of: key)
                draft.delete(key, kind: .expire, oldImage: item.value, oldIsDocument: item.isDocument)
                return
            } catch {
                // A damaged item goes without its image: nobody could read it, and it must not hold up the sweep.
            }
        }
        draft.delete(key, kind: .expire)
    }

    /// Puts keys back that still have a time to come, and those that a record had no room for.
    private func putBack(_ due: DueKeys) {
        writer.withLock { state in
            due.visit { key in state.expiries.putBack(key, index.newest(key)) }
        }
    }

    /// Does a piece of the schedule's audit, if it needs one, and says whether there is more to do.
    private func audit(_ state: inout EngineState) -> Bool {
        guard state.expiries.needsAudit else { return false }
        state.expiries.audit(now: now, limit: Engine.auditItemCount) { key in index.newest(key) }
        return state.expiries.needsAudit
    }
}
