extension Catalog {
    /// Keeps the catalog in shape until the task is cancelled, and then returns: sweeps expired items, compacts the
    /// journal and writes checkpoints of the index, each under its budget.
    ///
    /// Run it in a task of your own for as long as the catalog is open. Without it, expired items still vanish from
    /// reads at once, and their space and that of replaced items is not reclaimed. It runs on no actor of the caller's.
    ///
    /// - Throws: `CatalogError` with `isReadOnly`, `isClosed` or `ioFailed`.
    @concurrent
    public func run() async throws {
        while !Task.isCancelled {
            let isBehind = try await maintain()
            if isBehind {
                await Task.yield()
                continue
            }
            do {
                try await Task.sleep(for: engine.configuration.maintenanceInterval)
            } catch {
                return  // Cancelled.
            }
        }
    }

    /// One round of everything; returns whether the next round should follow at once.
    private func maintain() async throws -> Bool {
        let countMax = engine.configuration.sweepItemCountMax
        let hasSweptAll = try await engine.sweepExpired(limit: countMax) < countMax
        do {
            // Expired items are swept while a backup is under way, so nothing here may wait for it.
            _ = try await engine.checkpointIfDue(waits: false)
            let compacted = try await engine.compactInBackground()
            return !hasSweptAll || compacted.map { $0.removedSegmentCount > 0 } == true
        } catch is CancellationError {
            return false
        }
    }
}
