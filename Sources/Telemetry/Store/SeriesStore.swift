package import VitrineIO
internal import VitrineSync

/// What series were, on disk: samples of every second for hours, of every minute for weeks, of every hour for a year.
///
/// ```swift
/// let store = try await SeriesStore.open(at: "/var/lib/shop/metrics")
/// try await store.run(sampling: telemetry.registry)
/// ```
///
/// Samples go to a log and to memory, from there in compressed blocks to the disk, and with time into coarser blocks
/// that keep each window's least, greatest, first and last value, sum and count, or its histogram. One store has a
/// directory open at a time, whichever process it is in. All methods may be called from any task; reading is a plain
/// call, writing waits on a thread of the store's own. Close the store when done.
///
/// Times are wall time. A sample further ahead of the clock than ``StoreConfiguration/futureTolerance`` is refused and
/// counted, and so is one more than ``StoreConfiguration/outOfOrderWindow`` older than the newest, or than the clock where
/// the newest is ahead of it. A clock that jumps ahead for up to ten minutes costs nothing: what it stamped stays where it
/// is, upkeep waits, and right times are taken again as soon as the clock is right. One that stays wrong for longer is
/// believed: then time that was put together by it takes no more samples until the clock has caught up, and retention
/// counts from it.
public final class SeriesStore: Sendable {
    /// The bounds that the store was opened with.
    public let configuration: StoreConfiguration
    let core: StoreCore
    /// One thread for appends, one for what takes long.
    private let appending: BlockingPool
    private let maintaining: BlockingPool

    /// Opens the store at `path`, and makes one where there is none.
    ///
    /// Takes the directory's lock, checks header and index of each block, and reads the log, of which there is at most
    /// about ``StoreConfiguration/headBytesMax``. `progress` is called with each file that was read.
    ///
    /// - Throws: `TelemetryError`: `storeIsLocked` with the holder's process id, `notStore`, `unsupportedFormat`,
    ///   `storeIsDamaged` for a format file that is damaged, `invalidArgument`, `storeFailed`. A damaged block or log does
    ///   not stop the store: ``SeriesStore/statistics`` names it.
    public static func open(
        at path: String,
        configuration: StoreConfiguration = StoreConfiguration(),
        progress: @escaping @Sendable (StoreProgress) -> Void = { _ in }
    ) async throws -> SeriesStore {
        try await open(
            at: path,
            on: PosixFileSystem(),
            configuration: configuration,
            clock: { WallClock.sinceEpoch() },
            progress: progress
        )
    }

    /// Opens the store with a clock of the caller's, which tells the time since 1970-01-01 00:00 UTC.
    public static func open(
        at path: String,
        configuration: StoreConfiguration = StoreConfiguration(),
        clock: @escaping @Sendable () -> Duration
    ) async throws -> SeriesStore {
        try await open(at: path, on: PosixFileSystem(), configuration: configuration, clock: clock)
    }

    /// Opens the store at `path` of `disk`.
    package static func open(
        at path: String,
        on disk: any FileSystem,
        configuration: StoreConfiguration = StoreConfiguration(),
        clock: @escaping @Sendable () -> Duration,
        progress: @escaping @Sendable (StoreProgress) -> Void = { _ in }
    ) async throws -> SeriesStore {
        let (appending, maintaining): (BlockingPool, BlockingPool)
        do {
            appending = try BlockingPool(name: "series-append", threadCount: 1)
            maintaining = try BlockingPool(name: "series-upkeep", threadCount: 1)
        } catch {
            throw TelemetryError(.storeFailed, "the store at \(path) cannot be opened without threads", cause: error)
        }
        do {
            let core = try await maintaining.run {
                try StoreCore.open(
                    at: path,
                    on: disk,
                    configuration: configuration,
                    clock: clock,
                    progress: progress
                )
            }
            return SeriesStore(configuration, core, appending, maintaining)
        } catch {
            await appending.close()
            await maintaining.close()
            throw error
        }
    }

    private init(
        _ configuration: StoreConfiguration,
        _ core: StoreCore,
        _ appending: BlockingPool,
        _ maintaining: BlockingPool
    ) {
        self.configuration = configuration
        self.core = core
        self.appending = appending
        self.maintaining = maintaining
    }

    /// Makes what was appended safe from a crash and gives the directory back.
    ///
    /// Series that were sampled from a registry end here. A second call does nothing.
    ///
    /// - Throws: `TelemetryError` with `storeFailed` or `storeIsReadOnly`; the store is closed all the same.
    public func close() async throws {
        var failure: (any Error)?
        do {
            try await onAppendThread { try $0.endSampling() }
        } catch let error as TelemetryError where [.storeIsClosed, .storeIsReadOnly].contains(error.code) {
            // Closing says so itself.
        } catch {
            failure = error
        }
        do {
            try await maintaining.run { [core] in try core.close() }
        } catch is BlockingPoolClosed {
            return
        } catch {
            failure = error
        }
        await appending.close()
        await maintaining.close()
        if let failure { throw failure }
    }

    /// The series of this name and these labels, made if it is new.
    ///
    /// Ask once and keep the answer. A series of which every sample has gone is forgotten at last, and then asked for
    /// again.
    ///
    /// - Parameters:
    ///   - name: As in the data model of Prometheus.
    ///   - labels: Names and values, in any order; a name may stand once. A label whose value is empty is as one that is
    ///     not there.
    ///   - kind: What the values mean; of a series that is there only whether they are histograms counts.
    /// - Throws: `TelemetryError`: `invalidName`, `typeConflict`, `storeIsClosed`, `storeIsReadOnly`.
    public func series(
        _ name: String,
        labels: [(String, String)] = [],
        kind: SeriesKind = .gauge
    ) throws -> SeriesID {
        try core.series(name, labels.map { MetricLabel(name: $0.0, value: $0.1) }.sorted(), kind)
    }

    /// Adds samples, and returns when they are safe from a loss of power.
    ///
    /// A sample of a time that the series has already takes the place of the earlier one.
    ///
    /// - Returns: how many were taken; those too old or too far in the future are left out and counted.
    /// - Throws: `TelemetryError`: `storeFailed`, `storeIsReadOnly`, `storeIsClosed`, `invalidArgument` for a series that
    ///   was forgotten, or `typeConflict` for a number to a series of histograms or the other way round.
    @discardableResult
    public func append(_ batch: SampleBatch) async throws -> Int {
        try await onAppendThread { try $0.append(batch, .synced) }
    }

    /// Adds samples, and returns when the system has them: they survive the end of the process, not of the machine until
    /// ``synchronize()`` or the next flush.
    @discardableResult
    public func appendBuffered(_ batch: SampleBatch) async throws -> Int {
        try await onAppendThread { try $0.append(batch, .buffered) }
    }

    /// Adds a sample of everything in `snapshot`, as ``appendBuffered(_:)`` does.
    ///
    /// A series that was in the snapshot before and is not in this one ends here, and when the store is closed all do. Of
    /// histograms goes what was recorded since the snapshot before, also where the store was closed and opened again since,
    /// and at first all. A series that the store cannot take, such as one whose name it knows
    /// as another kind, is left out, and ``StoreStatistics/samplingFailure`` says why.
    @discardableResult
    public func record(_ snapshot: RegistrySnapshot, at time: Duration) async throws -> Int {
        try await onAppendThread { core in
            let generation = core.contents.withLock { $0.generation }
            do throws(TelemetryError) {
                return try core.record(snapshot, at: time)
            } catch {
                // A series without samples yet may have been forgotten between its making and its first: it is made again.
                guard error.code == .invalidArgument, core.contents.withLock({ $0.generation }) != generation else {
                    throw error
                }
                return try core.record(snapshot, at: time)
            }
        }
    }

    /// Makes all that was appended safe from a loss of power.
    public func synchronize() async throws {
        try await onAppendThread { try $0.synchronize() }
    }

    /// Writes the samples in memory to a block now.
    public func flush() async throws {
        try await onUpkeepThread { try $0.flush() }
    }

    /// One round of upkeep: writes the samples in memory when they are due, puts blocks of one stretch of time together
    /// and rolls them up, and drops what is too old or too much.
    ///
    /// - Returns: whether there is more to do now.
    @discardableResult
    public func maintain() async throws -> Bool {
        try await onUpkeepThread { try $0.maintain() }
    }

    private func onAppendThread<Value: Sendable>(
        _ body: @escaping @Sendable (StoreCore) throws -> Value
    ) async throws -> Value {
        try await on(appending, body)
    }

    private func onUpkeepThread<Value: Sendable>(
        _ body: @escaping @Sendable (StoreCore) throws -> Value
    ) async throws -> Value {
        try await on(maintaining, body)
    }

    private func on<Value: Sendable>(
        _ pool: BlockingPool,
        _ body: @escaping @Sendable (StoreCore) throws -> Value
    ) async throws -> Value {
        do {
            return try await pool.run { [core] in try body(core) }
        } catch is BlockingPoolClosed {
            throw TelemetryError(.storeIsClosed, "the store was closed; open it again")
        }
    }
}
