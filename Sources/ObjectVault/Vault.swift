internal import Logging
package import VitrineIO
internal import VitrineSync

/// A store of objects in a directory: buckets of named, versioned objects, kept by content.
///
/// A put streams, and when it returns the object is on disk, whole, and stays there through a loss of power. A read
/// is checked by digest, or by range against checksums of 64 KiB frames: what is returned is what was put. Equal chunks
/// are kept once, whoever names them. Memory is constant whatever the size.
///
/// One vault has a directory open at a time, whichever process it is in; all its methods may be called from any task
/// or thread. Reads are plain calls that never wait for a write. Close it when done: what is merely dropped leaves
/// nothing half-done either, but holds its lock until the last reference is gone.
public final class Vault: Sendable {
    /// What the vault was opened with.
    public let configuration: VaultConfiguration

    let directory: VaultDirectory
    let metadata: MetadataStore
    let packs: PackSet
    let chunks: ChunkStore
    let keys: KeyRing
    let pool: BlockingPool
    let health: VaultHealth
    let metrics: VaultMetrics
    let accesses: AccessLog
    let pins = Pins()
    let contentPins = Pins()
    let damaged: DamagedChunks
    let largePuts: AsyncPermits
    /// Collection, compaction, moves and scrubs: one at a time.
    let maintenance = AsyncPermits(count: 1)
    private let lock: any FileLock

    init(_ parts: OpenedVault, configuration: VaultConfiguration) {
        self.configuration = configuration
        directory = parts.directory
        metadata = parts.metadata
        packs = parts.packs
        keys = parts.keys
        pool = parts.pool
        health = parts.health
        metrics = parts.metrics
        lock = parts.lock
        let keys = parts.keys
        damaged = parts.damaged
        chunks = ChunkStore(
            metadata: parts.metadata,
            packs: parts.packs,
            damaged: parts.damaged,
            reader: ChunkReader { try keys.key($0) }
        )
        accesses = AccessLog(halfLife: configuration.accessHalfLife)
        largePuts = AsyncPermits(count: configuration.largePutsMax)
    }

    /// Opens the vault at `path`, and makes one where there is no directory or an empty one.
    ///
    /// Takes the directory's lock and removes what an earlier process left half-done. The cost grows with the number
    /// of packs, not with that of objects.
    ///
    /// - Throws: `VaultError`: `.isLocked` with the holder's process id when the vault is open elsewhere, `.notVault`
    ///   when the directory holds something else, `.unsupportedFormat` when another release made it, `.isCorrupt`
    ///   when its format file or its metadata are damaged, `.keyUnavailable` when a data key cannot be unwrapped,
    ///   `.invalidArgument` for a limit that cannot work, `.ioFailed` and `.outOfSpace` for what the disk refused.
    public static func open(at path: String, configuration: VaultConfiguration = .init()) async throws -> Vault {
        try await open(at: path, on: PosixFileSystem(), configuration: configuration)
    }

    /// Opens the vault at `path` of `disk`.
    package static func open(
        at path: String,
        on disk: any FileSystem,
        configuration: VaultConfiguration = .init()
    ) async throws -> Vault {
        try configuration.check()
        let directory = VaultDirectory(disk: disk, path: path)
        let vault = Vault(try await OpenedVault(directory, configuration), configuration: configuration)
        configuration.logger?.debug("vault is open", metadata: ["path": "\(path)"])
        return vault
    }

    /// Finishes the puts and deletes that are already on their way to the disk, and gives the directory back.
    ///
    /// Puts that still gather their bytes fail with `.isClosed`, and so does every later call, reads of open streams
    /// included. A second call does nothing.
    public func close() async throws {
        if (try? health.checkWritable()) != nil { try? await flushAccesses() }
        guard health.close() else { return }
        await packs.close()
        await metadata.close()
        await pool.close()
        lock.release()
    }
}
