extension Catalog {
    /// Gives back the space of replaced and deleted items until the journal is as small as the configuration asks, or
    /// nothing more can be won.
    ///
    /// `run()` does the same, a little at a time. Reading and writing go on meanwhile. Files that a snapshot still reads
    /// from are removed later, by the next call or by `run()`.
    ///
    /// - Parameters:
    ///   - isPaced: whether to move no more bytes a second than `CatalogConfiguration.compactionBytesPerSecond`.
    ///   - progress: told what was done so far, after every file.
    /// - Throws: `CatalogError` with `isClosed`, `isReadOnly`, `diskFull` or `ioFailed`; `CancellationError` when the task
    ///   is cancelled: what was moved by then stays moved.
    @discardableResult
    public func compact(
        isPaced: Bool = false,
        progress: (@Sendable (CompactionReport) -> Void)? = nil
    ) async throws -> CompactionReport {
        var total = CompactionReport()
        total.spaceAmplification = statistics.spaceAmplification
        while let step = try await engine.compactIfDue(isPaced: isPaced) {
            total.add(step)
            progress?(total)
            try Task.checkCancellation()
        }
        return total
    }
}
