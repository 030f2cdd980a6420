internal import VitrineIO

/// How safe a write is when its call returns.
public enum Durability: Sendable, Hashable {
    /// On disk: it survives a loss of power. All who wait at a time share one flush.
    case synced
    /// With the operating system: it survives the end of this process, and a loss of power only once the system has
    /// written it, or a later synced write has been acknowledged.
    case buffered

    var forWriter: WriteDurability {
        switch self {
        case .synced: .synced
        case .buffered: .buffered
        }
    }
}
