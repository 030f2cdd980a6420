extension Catalog {
    /// Removes items whose time has come, durably, and returns how many: at most `limit`, those of the session store
    /// included.
    ///
    /// No read returns such items anyway; a sweep frees their memory and lets their bytes in the journal count as dead.
    /// An item that is put anew meanwhile stays. Costs a search per item, and a flush per hundred.
    ///
    /// - Throws: `CatalogError` with `isReadOnly`, `isClosed` or `ioFailed`.
    @discardableResult
    public func sweepExpired(limit: Int = .max) async throws -> Int {
        var sweptCount = 0
        while sweptCount < limit {
            let batch = min(limit - sweptCount, WriteBatch.operationCountMax)
            let expired = try index.takeExpired(limit: batch, now: nowMilliseconds)
            if expired.isEmpty { break }
            sweptCount += try await remove(expired.map(Operation.expire))
        }
        if sweptCount > 0 { metrics.noteExpirations(sweptCount) }
        return sweptCount
    }

    /// Sweeps expired items now and then, until the task is cancelled, and then returns.
    ///
    /// Run it in a task of your own for as long as the catalog is open.
    ///
    /// - Throws: `CatalogError` with `isReadOnly`, `isClosed` or `ioFailed`.
    public func run() async throws {
        while !Task.isCancelled {
            let sweptCount = try await sweepExpired(limit: configuration.sweepItemCountMax)
            if sweptCount == configuration.sweepItemCountMax {
                await Task.yield()
                continue
            }
            do {
                try await Task.sleep(for: configuration.sweepInterval)
            } catch {
                return  // Cancelled.
            }
        }
    }

    /// Writes the operations whose conditions hold and returns how many those were.
    private func remove(_ operations: [Operation]) async throws -> Int {
        var remaining = operations
        while !remaining.isEmpty {
            switch try await write(remaining, .synced) {
            case .written: return remaining.count
            case .refused(let operation): remaining.remove(at: operation)
            }
        }
        return 0
    }
}
