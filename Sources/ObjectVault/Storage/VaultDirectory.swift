// A vault's directory, format 2:
//
//   format             20 bytes: "VTRNVLT\n", version (4 bytes, little-endian: 2), 4 bytes of zeros, CRC-32C of the
//                      16 before; written last when a vault is made
//   lock               the advisory lock; holds the process id of whoever has the vault open
//   metadata.sqlite3   names, versions, where each chunk is, access figures; with its write-ahead log
//   hot/, warm/, …     the packs of each tier, unless the configuration puts them elsewhere

internal import Glibc
internal import VitrineIO
internal import VitrineSync

/// The names of a vault's files, all made from ids and numbers, so that none can lead out of its directory.
struct VaultDirectory: Sendable {
    let disk: any FileSystem
    let path: String

    var formatPath: String { path.appendingPath("format") }
    var lockPath: String { path.appendingPath("lock") }
    var metadataPath: String { path.appendingPath("metadata.sqlite3") }
}

/// Opening: the lock, the format, and what an earlier end left behind.
extension VaultDirectory {
    private static let magic = Array("VTRNVLT\n".utf8)
    private static let version: UInt32 = 2
    private static let formatBytes = 20

    /// Takes the lock and checks the format.
    ///
    /// - Returns: the lock, and whether the vault is still to be made: `finishMaking` ends that.
    func prepare() throws(VaultError) -> (lock: any FileLock, isNew: Bool) {
        try refuseForeign()
        let lock = try takeLock()
        do throws(VaultError) {
            if try !checkFormat() { return (lock, true) }
            guard try hasMetadata() else {
                throw VaultError(
                    .isCorrupt,
                    "\(metadataPath) is missing, without which no object is found: restore it from a copy"
                )
            }
            return (lock, false)
        } catch {
            lock.release()
            throw error
        }
    }

    /// Refuses a directory that holds other things than a vault's, before anything is written to it.
    private func refuseForeign() throws(VaultError) {
        let names: [String]
        do throws(IOError) {
            guard let info = try disk.info(path) else { return }
            guard info.isDirectory else {
                throw IOError(.list, path: path, errno: ENOTDIR)
            }
            if try disk.info(formatPath) != nil { return }
            names = try disk.list(path)
        } catch {
            throw VaultError(error, "the directory of a vault cannot be read")
        }
        let ours: Set = [
            "format", "format.new", "lock", "metadata.sqlite3", "metadata.sqlite3-wal", "metadata.sqlite3-journal",
        ]
        if let foreign = names.first(where: { !ours.contains($0) }) {
            throw VaultError(
                .notVault,
                "\(path) holds \"\(foreign)\" and no vault's format file: choose an empty directory, or a vault"
            )
        }
    }

    private func hasMetadata() throws(VaultError) -> Bool {
        do throws(IOError) {
            return try disk.info(metadataPath) != nil
        } catch {
            throw VaultError(error, "the vault at \(path) cannot be opened")
        }
    }

    private func takeLock() throws(VaultError) -> any FileLock {
        do throws(IOError) {
            try disk.createDirectories(path)
            return try disk.lock(lockPath)
        } catch {
            guard error.errno == EWOULDBLOCK else { throw VaultError(error, "the vault at \(path) cannot be locked") }
            throw VaultError(
                .isLocked,
                "the vault at \(path) is open elsewhere, \(error.detail ?? "held by an unknown process"): "
                    + "close it there first, or share the vault that is open",
                cause: error
            )
        }
    }

    /// Whether there is a format file, and it is one that this release reads.
    private func checkFormat() throws(VaultError) -> Bool {
        let bytes: [UInt8]
        do throws(IOError) {
            if try disk.info(formatPath) == nil { return false }
            bytes = try disk.contents(of: formatPath, byteCountMax: 4_096)
        } catch {
            throw VaultError(error, "the format of the vault at \(path) cannot be read")
        }
        var reader = ByteReader(bytes.span)
        let magic = reader.readBytes(VaultDirectory.magic.count)
        guard magic == VaultDirectory.magic, let version = reader.readUInt32(), reader.readUInt32() != nil,
            let checksum = reader.readUInt32(), checksum == CRC32C.checksum(of: bytes.span.extracting(0..<16))
        else {
            throw VaultError(
                .isCorrupt,
                "\(formatPath) is damaged within its first \(VaultDirectory.formatBytes) bytes: restore it from "
                    + "another vault of the same version, whose file is the same"
            )
        }
        guard version == VaultDirectory.version else {
            throw VaultError(
                .unsupportedFormat,
                "the vault at \(path) has format \(version), and this release reads format "
                    + "\(VaultDirectory.version): open it with the release that made it, and put its objects into a "
                    + "new vault"
            )
        }
        return true
    }

    /// Says that the directory is a vault, once its metadata are safe; a vault that a crash kept from it is made again.
    func finishMaking() throws(VaultError) {
        do throws(IOError) {
            var bytes = VaultDirectory.magic
            bytes.appendLittleEndian(VaultDirectory.version)
            bytes.appendLittleEndian(UInt32(0))
            bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
            try disk.replaceFile(at: formatPath, with: bytes.span)
        } catch {
            throw VaultError(error, "no vault can be made at \(path)")
        }
    }
}
