internal import Logging

extension Catalog {
    /// Keeps the catalog in shape until the task is cancelled, and then returns: sweeps expired items, compacts the
    /// journal and writes checkpoints of the index, each under its budget.
    ///
    /// Run it in a task of your own for as long as the catalog is open. Without it, expired items still vanish from
    /// reads at once, and their space and that of replaced items is not reclaimed. It runs on no actor of the caller's.
    ///
    /// A full disk does not end it, nor an index without memory: what could not be done is tried again in the next round,
    /// and compaction, which may free the disk, comes first.
    ///
    /// - Throws: `CatalogError` with `isReadOnly` or `ioFailed` once the disk has failed, and `isClosed` when the catalog is
    ///   closed meanwhile: cancel the task first.
    @concurrent
    public func run() async throws {
        while !Task.isCancelled {
            let isBehind = try await maintainOnce()
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
    @discardableResult
    package func maintainOnce() async throws -> Bool {
        // Expired items are swept while a backup is under way, so nothing here may wait for it.
        let compacted = try await unlessFull { try await self.engine.compactInBackground() } ?? nil
        let countMax = engine.configuration.sweepItemCountMax
        let sweptCount = try await unlessFull { try await self.engine.sweepExpired(limit: countMax) } ?? 0
        _ = try await unlessFull { try await self.engine.checkpointIfDue(waits: false) }
        return sweptCount >= countMax || compacted.map { $0.removedSegmentCount > 0 } == true
    }

    /// Does one step, or returns `nil` when there is no room for it now, or the task was cancelled in the midst of it.
    private func unlessFull<Result>(_ step: () async throws -> Result) async throws -> Result? {
        do {
            return try await step()
        } catch let error as CatalogError where error.code == .diskFull || error.code == .indexFull {
            engine.configuration.logger?.info("catalog maintenance waits for room", metadata: ["reason": "\(error)"])
            return nil
        } catch is CancellationError {
            return nil
        }
    }
}
