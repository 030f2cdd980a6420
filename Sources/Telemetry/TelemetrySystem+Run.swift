extension TelemetrySystem {
    /// Keeps the process's own metrics up to date, and takes idle series out, until the task is cancelled.
    ///
    /// The shape is that of swift-service-lifecycle's `Service`. A graceful shutdown does not cancel a service's task, so a
    /// host puts a service of its own into the `ServiceGroup`, whose `run()` calls this one inside of
    /// `cancelWhenGracefulShutdown`. It returns soon after the task was cancelled, and leaves nothing undone.
    ///
    /// - Throws: `TelemetryError`: `typeConflict` or `tooManyFamilies` when ``ProcessMetrics`` cannot be registered.
    public func run() async throws {
        try await run(every: configuration.upkeepInterval, clock: ContinuousClock())
    }

    /// The same at another pace and by another clock.
    package func run(every interval: Duration, clock: some Clock<Duration>) async throws {
        let process = try ProcessMetrics(registry)
        while !Task.isCancelled {
            process.sample()
            await process.probeTaskStart()
            expireIdle()
            do { try await clock.sleep(until: clock.now.advanced(by: interval), tolerance: nil) } catch { return }
        }
    }
}
