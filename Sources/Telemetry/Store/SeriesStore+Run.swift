internal import VitrineSync

extension SeriesStore {
    /// Keeps the store until the task is cancelled, and then returns with everything safe: samples `registry` at the
    /// first tier's resolution, flushes the log, and does the upkeep.
    ///
    /// Samples fall on whole multiples of the resolution; one that comes too late, because the machine was busy, is left
    /// out rather than taken twice. Errors of the disk that do not end the store are tried again; the last one is in
    /// ``statistics``. Run it in a task of your own for as long as the store is open.
    ///
    /// - Throws: `TelemetryError` with `storeIsReadOnly` or `storeIsClosed`.
    @concurrent
    public func run(sampling registry: MetricRegistry) async throws {
        let resolution = core.layout[0].resolution
        let synchronizeEvery = configuration.synchronizeInterval.wholeMilliseconds
        var last = core.now / resolution
        var synchronized = core.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { try await self.keepUp() }
            while !Task.isCancelled {
                let now = core.now
                let wait = resolution - now % resolution
                do {
                    try await Task.sleep(for: .milliseconds(wait))
                } catch {
                    break
                }
                let tick = core.now / resolution
                // A clock that was set back begins anew where it is.
                if tick == last { continue }
                last = tick
                do {
                    try await record(registry.snapshot(), at: .milliseconds(tick * resolution))
                    if core.now - synchronized >= synchronizeEvery || core.now < synchronized {
                        try await synchronize()
                        synchronized = core.now
                    }
                    core.sampler.withLock { $0.failure = nil }
                } catch let error as TelemetryError where error.code == .storeFailed {
                    // What is final says so the next time.
                    core.sampler.withLock { $0.failure = error }
                }
            }
            group.cancelAll()
            try await group.waitForAll()
        }
        try await synchronize()
    }

    /// Upkeep, round after round.
    private func keepUp() async throws {
        while !Task.isCancelled {
            var isBehind = false
            do {
                isBehind = try await maintain()
                noteUpkeep(nil)
            } catch let error as TelemetryError where error.code == .storeFailed {
                noteUpkeep(error)
            }
            if isBehind {
                await Task.yield()
                continue
            }
            do {
                try await Task.sleep(for: .seconds(1))
            } catch {
                return  // Cancelled.
            }
        }
    }

    private func noteUpkeep(_ error: TelemetryError?) {
        core.maintenance.withLock { $0.failure = error }
    }

    /// What the store holds and what happened to it since it was opened.
    ///
    /// Waits for an upkeep that is under way.
    public var statistics: StoreStatistics {
        let (samplingFailure, leftOutCount) = core.sampler.withLock { ($0.failure ?? $0.problem, $0.leftOutCount) }
        let failure = core.maintenance.withLock { $0.failure }
        return core.contents.withLock { contents in
            StoreStatistics(
                seriesCount: contents.table.count,
                headSampleCount: contents.head.sampleCount + contents.frozen.reduce(0) { $0 + $1.sampleCount },
                headBytes: contents.head.byteCount + contents.frozen.reduce(0) { $0 + $1.byteCount },
                diskBytes: contents.diskBytes,
                tiers: contents.blocks.map { blocks in
                    StoreStatistics.Tier(
                        blockCount: blocks.count,
                        bytes: blocks.reduce(0) { $0 + Int64($1.byteCount) },
                        pointCount: blocks.reduce(0) { $0 + $1.pointCount },
                        oldest: blocks.first.map { .milliseconds($0.header.start) }
                    )
                },
                refusedSampleCount: contents.refusedCount,
                droppedPointCount: contents.droppedPointCount,
                damage: contents.damage,
                upkeepFailure: failure,
                samplingFailure: samplingFailure,
                leftOutSeriesCount: leftOutCount
            )
        }
    }
}

/// What a store holds and what happened to it since it was opened.
public struct StoreStatistics: Sendable {
    /// One tier's blocks.
    public struct Tier: Sendable {
        /// How many.
        public let blockCount: Int
        /// Their files' bytes.
        public let bytes: Int64
        /// Their points.
        public let pointCount: UInt64
        /// Where the oldest begins.
        public let oldest: Duration?
    }

    /// Series there are.
    public let seriesCount: Int
    /// Samples in memory.
    public let headSampleCount: Int
    /// About the memory that they take.
    public let headBytes: Int
    /// Bytes of all files.
    public let diskBytes: Int64
    /// The tiers, finest first.
    public let tiers: [Tier]
    /// Samples that were too old, too far in the future, or had no room.
    public let refusedSampleCount: UInt64
    /// Points that went before their time to keep the disk budget.
    public let droppedPointCount: UInt64
    /// What was found damaged, in words.
    public let damage: [String]
    /// Why the last round of upkeep in ``SeriesStore/run(sampling:)`` failed, if it did.
    public let upkeepFailure: TelemetryError?
    /// Why the last sampling failed, or left a series out: one whose name the store knows as another kind, for example.
    public let samplingFailure: TelemetryError?
    /// Series of the registry that the last sampling left out.
    public let leftOutSeriesCount: Int
}
