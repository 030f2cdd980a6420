internal import VitrineIO
internal import VitrineSQLite

/// What a writer has for its sinks: the thread that makes segments, once it is needed, and the links.
///
/// Confined to the writer's thread, but for the hub and the fence.
final class Replication {
    let hub: ReplicationHub
    let fence: Fence
    /// Makes the segments, from the moment on that somebody can have a copy.
    private(set) var shipper: Shipper?
    /// Copies of the database file that are being made: no checkpoint may change it.
    var snapshots = 0
    private let fileSystem: any FileSystem
    private let vfs: String?

    init(configuration: LedgerConfiguration, fileSystem: any FileSystem, vfs: String?) {
        fence = Fence(lease: configuration.lease)
        hub = ReplicationHub(configuration: configuration.replication, fence: fence, now: configuration.steadyNow)
        self.fileSystem = fileSystem
        self.vfs = vfs
    }

    /// Why nothing may be written or shipped any more.
    var failure: LedgerError? { fence.refusal ?? shipper?.failure }

    /// Starts making segments of what is committed, if none were made yet.
    func start(path: String) throws(LedgerError) {
        if shipper != nil { return }
        let connection = try Connection(path: path, role: .reader, vfs: vfs, cacheBytesMax: 65_536)
        let builder = try SegmentBuilder(path: path, fileSystem: fileSystem, connection: connection)
        shipper = try Shipper(builder, hub: hub)
    }

    /// Ends the links and the thread.
    func stop() {
        shipper?.stop()
        shipper = nil
        hub.close()
    }
}
