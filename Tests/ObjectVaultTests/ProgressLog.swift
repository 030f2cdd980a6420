import ObjectVault
import VitrineSync

/// Keeps what a verify told of its progress.
final class ProgressLog: Sendable {
    private let entries: Locked<[VerifyProgress]> = Locked([])

    func append(_ progress: VerifyProgress) {
        entries.withLock { $0.append(progress) }
    }

    var all: [VerifyProgress] { entries.withLock { $0 } }
}
