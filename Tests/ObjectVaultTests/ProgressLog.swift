import ObjectVault
import VitrineSync

/// What a verification said of its progress.
final class ProgressLog: Sendable {
    private let steps: Locked<[VerifyProgress]> = Locked([])

    var all: [VerifyProgress] { steps.withLock { $0 } }

    func add(_ step: VerifyProgress) {
        steps.withLock { $0.append(step) }
    }
}
