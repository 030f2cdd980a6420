internal import VitrineSync

/// What stores have of a registry's histograms.
///
/// Stores keep what was recorded between two samples. A store that is closed and opened again, while the registry goes
/// on, asks here where its last sample stood, or all that the registry ever recorded would count anew. Kept with the
/// registry, for as long as that lives.
final class StoredTotals: Sendable {
    /// What one store has.
    struct Memory {
        /// By number of the series.
        var histograms: [UInt32: RegistrySampler.Stored]
        /// When the last sample was taken.
        var time: Duration
    }

    private let byDirectory = Locked<[String: Memory]>([:])

    /// What the store of a directory had when it was closed.
    subscript(directory: String) -> Memory? {
        get { byDirectory.withLock { $0[directory] } }
        set { byDirectory.withLock { $0[directory] = newValue } }
    }
}
