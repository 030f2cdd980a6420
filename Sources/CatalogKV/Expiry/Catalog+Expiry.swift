internal import VitrineSync

extension Catalog {
    /// Removes items whose time has come and returns how many: at most `limit`, those of the session store included.
    ///
    /// No read returns such items anyway. A sweep frees their memory, lets their bytes in the journal count as dead, and
    /// puts an expiry, with the item as it was, into the change stream. An item that is put anew meanwhile stays. The
    /// removal does not wait for a flush: after a loss of power the item may be there to be swept again, unseen by reads.
    ///
    /// `run()` does this in the background.
    ///
    /// - Throws: `CatalogError` with `isReadOnly`, `isClosed`, `diskFull` or `ioFailed`.
    @discardableResult
    public func sweepExpired(limit: Int = .max) async throws -> Int {
        try await engine.sweepExpired(limit: limit)
    }
}

extension Catalog {
    /// Items in the timing wheel, those included that are worth nothing any more.
    package var expiryItemCount: Int { engine.writer.withLock { $0.expiries.itemCount } }
}
