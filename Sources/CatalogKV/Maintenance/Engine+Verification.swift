internal import VitrineIO
internal import VitrineSync

extension Engine {
    /// Reads everything that is on disk by now.
    func verify(progress: (@Sendable (MaintenanceProgress) -> Void)?) async throws -> VerificationReport {
        try checkOpen()
        // Compaction must take away no file that is to be read.
        _ = try await acquirePermit()
        defer { checkpoints.permit.release() }
        let (place, position) = writer.withLock { state in journal.place(nextSequence: state.nextSequence) }
        try await journal.settle(position)
        let reader = StoreReader(disk: disk, directory: path)
        return try await BlockingWork.run(named: "verify", unless: checkOpen) { work in
            var walk = StoreWalk(reader, try reader.files(), limit: place)
            try walk.run(work) { progress?($0) }
            walk.verifyCheckpoint()
            return walk.report
        }
    }
}
