internal import Logging
internal import Synchronization
package import VitrineIO
internal import VitrineSync

/// A store of objects in a directory, each named by the SHA-256 digest of its bytes.
///
/// A put streams, and when it returns the object is on disk, whole, and stays there through a loss of power. A read
/// is checked against the digest, or by range against checksums of 64 KiB frames: what is returned is what was put.
/// Equal objects are kept once. Memory is constant whatever the size.
///
/// One vault has a directory open at a time, whichever process it is in; all its methods may be called from any task
/// or thread. Reads are plain calls that never wait for a write. Close it when done: what is merely dropped leaves
/// nothing half-done either, but holds its lock until the last reference is gone.
public final class Vault: Sendable {
    /// The limits that the vault was opened with.
    public let configuration: VaultConfiguration

    let directory: VaultDirectory
    let pool: BlockingPool
    let commits: CommitQueue
    let health: VaultHealth
    let metrics: VaultMetrics
    let largePuts: AsyncPermits
    private let lock: any FileLock
    // Relaxed: the numbers need only differ.
    private let lastStaged = Atomic<UInt64>(0)

    /// Opens the vault at `path`, and makes one where there is no directory or an empty one.
    ///
    /// Takes the directory's lock and removes what unfinished puts of an earlier process left. The cost does not grow
    /// with the number of objects.
    ///
    /// - Throws: `VaultError`: `.isLocked` with the holder's process id when the vault is open elsewhere, `.notVault`
    ///   when the directory holds something else, `.unsupportedFormat` when a later release made it, `.isCorrupt`
    ///   when its format file is damaged, `.invalidArgument` for a limit that cannot work, `.ioFailed` and
    ///   `.outOfSpace` for what the disk refused.
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
        let pool: BlockingPool
        do {
            pool = try BlockingPool(name: "vault-io", threadCount: configuration.threadCount)
        } catch {
            throw VaultError(.ioFailed, "the vault at \(path) cannot be opened without threads", cause: error)
        }
        do {
            let (lock, fanOut) = try await pool.run { try directory.prepare() }
            let vault = try Vault(directory, fanOut: fanOut, lock: lock, pool: pool, configuration: configuration)
            configuration.logger?.debug("vault is open", metadata: ["path": "\(path)"])
            return vault
        } catch {
            await pool.close()
            throw error
        }
    }

    private init(
        _ directory: VaultDirectory,
        fanOut: Set<UInt8>,
        lock: any FileLock,
        pool: BlockingPool,
        configuration: VaultConfiguration
    ) throws(VaultError) {
        self.directory = directory
        self.lock = lock
        self.pool = pool
        self.configuration = configuration
        health = VaultHealth(path: directory.path, logger: configuration.logger)
        metrics = VaultMetrics(factory: configuration.metrics)
        largePuts = AsyncPermits(count: configuration.largePutsMax)
        commits = try CommitQueue(directory: directory, fanOut: fanOut, health: health, metrics: metrics)
    }

    /// Finishes the puts and removes that are already on their way to the disk, and gives the directory back.
    ///
    /// Puts that still gather their bytes fail with `.isClosed`, and so does every later call; streams that are open
    /// can be read to their end. A second call does nothing.
    public func close() async throws {
        guard health.close() else { return }
        await commits.close()
        await pool.close()
        // Best effort, while the lock still says whose files these are: the next open removes what is left.
        try? directory.emptyStaging()
        lock.release()
    }

    /// A path in the staging directory that nothing else uses.
    func makeStagedPath() -> String {
        directory.stagedPath(lastStaged.wrappingAdd(1, ordering: .relaxed).newValue)
    }
}
