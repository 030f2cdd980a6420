internal import Synchronization
internal import VitrineIO
internal import VitrineSync

/// A store's work, in blocking calls.
///
/// Locks are taken in this order: `sampler`, `maintenance` for whoever makes or removes blocks, `writer` for whoever appends,
/// `contents` for what readers see, which is never held during a call to the disk.
final class StoreCore: Sendable {
    let directory: StoreDirectory
    let configuration: StoreConfiguration
    let layout: [TierLayout]
    let clock: @Sendable () -> Duration
    let lock: any FileLock
    let maintenance = Locked<MaintenanceState>(MaintenanceState())
    let writer: Locked<StoreWriter>
    let contents: Locked<StoreContents>
    /// Taken before all others.
    let sampler: Locked<RegistrySampler>

    /// What maintenance remembers between its rounds.
    struct MaintenanceState {
        var headStart: Int64?
        /// Whether blocks went since it was last looked which series are still used.
        var hasDropped = false
        /// Why the last round failed, if it did.
        var failure: TelemetryError?
    }

    init(
        _ directory: StoreDirectory,
        _ configuration: StoreConfiguration,
        _ layout: [TierLayout],
        clock: @escaping @Sendable () -> Duration,
        lock: any FileLock,
        writer: sending StoreWriter,
        contents: sending StoreContents
    ) {
        self.directory = directory
        self.configuration = configuration
        self.layout = layout
        self.clock = clock
        self.lock = lock
        sampler = Locked(RegistrySampler(window: configuration.outOfOrderWindow))
        self.writer = Locked(writer)
        self.contents = Locked(contents)
    }

    var disk: any FileSystem { directory.disk }

    /// Now, in milliseconds since 1970.
    var now: Int64 { StoredTime.clamped(clock()) }

    /// Runs `body` with the writer, unless an earlier failure or a close forbids it.
    ///
    /// What it fails with is final, but for a write that found the disk full: that left nothing behind, and the next may
    /// find room.
    func writing<Value>(
        _ doing: String,
        _ body: (inout sending StoreWriter) throws(IOError) -> sending Value
    ) throws(TelemetryError) -> sending Value {
        try writer.withLock { (writer: inout sending StoreWriter) throws(TelemetryError) -> sending Value in
            try Self.check(writer)
            do throws(IOError) {
                return try body(&writer)
            } catch {
                let failure = TelemetryError(io: error, doing)
                if error.isRefusedForRoom { throw failure }
                writer.failure = TelemetryError(
                    .storeIsReadOnly,
                    "\(directory.path) takes no more, for \(doing) failed; open it again",
                    cause: failure
                )
                throw failure
            }
        }
    }

    static func check(_ writer: borrowing StoreWriter) throws(TelemetryError) {
        if writer.isClosed { throw TelemetryError(.storeIsClosed, "the store was closed; open it again") }
        if let failure = writer.failure { throw failure }
    }

    /// Refuses what is asked of a store that was closed.
    func checkOpen() throws(TelemetryError) {
        if contents.withLock({ $0.isClosed }) {
            throw TelemetryError(.storeIsClosed, "the store was closed; open it again")
        }
    }

    func close() throws(TelemetryError) {
        contents.withLock { $0.isClosed = true }
        let failure: TelemetryError? = writer.withLock { writer in
            if writer.isClosed { return nil }
            writer.isClosed = true
            defer {
                writer.log.close()
                writer.catalog.close()
            }
            if let failure = writer.failure { return failure }
            do throws(IOError) {
                try writer.catalog.synchronize()
                try writer.log.synchronize()
                return nil
            } catch {
                return TelemetryError(io: error, "flushing the log")
            }
        }
        lock.release()
        if let failure { throw failure }
    }
}
