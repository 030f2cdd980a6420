package import VitrineIO
internal import VitrineSync

/// Where an archive keeps its objects: a directory, or whatever a host has.
///
/// An object is written once and never changed, except `EPOCH`, which is replaced as a whole.
public protocol ArchiveStore: Sendable {
    /// Keeps `bytes` under `name`, whole or not at all, safe from a loss of power when it returns.
    ///
    /// Names are of letters, digits, `-` and `.`; `bytes` are at most 64 MiB.
    func put(_ name: String, _ bytes: [UInt8]) async throws
    /// The bytes under `name`; `nil` when there are none.
    func get(_ name: String) async throws -> [UInt8]?
    /// All names, in any order.
    func list() async throws -> [String]
    /// Removes what is under `name`; nothing is no error.
    func remove(_ name: String) async throws
}

/// An archive's objects as files of a directory.
///
/// Best on another disk than the ledger's: an archive on the same one is lost with it.
public final class ArchiveDirectory: ArchiveStore {
    private let path: String
    private let fileSystem: any FileSystem
    private let threads: BlockingPool

    /// Bytes that an object may have.
    static let objectBytesMax = 64 << 20

    /// Uses the directory at `path`, which is made when it is not there.
    ///
    /// - Throws: ``LedgerError`` with `ioFailed`.
    public convenience init(_ path: String) async throws {
        try await self.init(path, fileSystem: PosixFileSystem())
    }

    package init(_ path: String, fileSystem: any FileSystem) async throws {
        self.path = path
        self.fileSystem = fileSystem
        do {
            threads = try BlockingPool(name: "ledger archive", threadCount: 1)
            try await threads.run { try fileSystem.createDirectories(path) }
        } catch {
            throw LedgerError(.ioFailed, "\(path) cannot be an archive", cause: error)
        }
    }

    /// Keeps `bytes` in a file of that name.
    ///
    /// - Throws: ``LedgerError`` with `ioFailed`.
    public func put(_ name: String, _ bytes: [UInt8]) async throws {
        let file = path.appendingPath(name)
        try await run("written", name) { fileSystem in try fileSystem.replaceFile(at: file, with: bytes.span) }
    }

    /// The bytes of the file of that name.
    ///
    /// - Throws: ``LedgerError`` with `ioFailed`.
    public func get(_ name: String) async throws -> [UInt8]? {
        let file = path.appendingPath(name)
        return try await run("read", name) { fileSystem in
            guard try fileSystem.info(file) != nil else { return nil }
            return try fileSystem.contents(of: file, byteCountMax: Self.objectBytesMax)
        }
    }

    /// The names of the files.
    ///
    /// - Throws: ``LedgerError`` with `ioFailed`.
    public func list() async throws -> [String] {
        let path = path
        return try await run("listed", "") { fileSystem in
            // A ".new" is what a crash has left of a file that never got its name.
            try fileSystem.list(path).filter { !$0.hasSuffix(".new") }
        }
    }

    /// Removes the file of that name.
    ///
    /// - Throws: ``LedgerError`` with `ioFailed`.
    public func remove(_ name: String) async throws {
        let file = path.appendingPath(name)
        try await run("removed", name) { fileSystem in
            if try fileSystem.info(file) != nil { try fileSystem.remove(file) }
        }
    }

    private func run<Value: Sendable>(
        _ what: String,
        _ name: String,
        _ body: @escaping @Sendable (any FileSystem) throws -> Value
    ) async throws -> Value {
        let fileSystem = fileSystem
        do {
            return try await threads.run { try body(fileSystem) }
        } catch {
            throw LedgerError(.ioFailed, "\(path.appendingPath(name)) could not be \(what)", cause: error)
        }
    }
}
