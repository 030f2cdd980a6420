// A vault's directory, format 1:
//
//   format        20 bytes: "VTRNVLT\n", version (4 bytes, little-endian: 1), 4 bytes of zeros, CRC-32C of the 16
//                 before; written last when a vault is made
//   lock          the advisory lock; holds the process id of whoever has the vault open
//   staging/      files on their way; emptied when the vault is opened
//   objects/3f/   the objects whose ids begin with 3f, each a file named by its id's 64 digits

internal import Glibc
internal import VitrineIO
internal import VitrineSync

/// The names of a vault's files, all made from ids and numbers, so that none can lead out of its directory.
struct VaultDirectory: Sendable {
    let disk: any FileSystem
    let path: String

    var formatPath: String { path.appendingPath("format") }
    var lockPath: String { path.appendingPath("lock") }
    var stagingPath: String { path.appendingPath("staging") }
    var objectsPath: String { path.appendingPath("objects") }

    /// The directory of the ids that begin with `firstByte`.
    func fanOutPath(_ firstByte: UInt8) -> String {
        let digits = String(firstByte, radix: 16)
        return objectsPath.appendingPath(digits.count == 1 ? "0" + digits : digits)
    }

    /// The file of the object `id`.
    func objectPath(_ id: ObjectID) -> String {
        fanOutPath(id.firstByte).appendingPath(id.hex)
    }

    /// The `number`th file on its way since the vault was opened.
    func stagedPath(_ number: UInt64) -> String {
        stagingPath.appendingPath("\(number).part")
    }

    /// The first bytes of ids that have a directory, in order.
    func fanOut() throws(IOError) -> [UInt8] {
        try disk.list(objectsPath).compactMap { name in
            guard name.utf8.count == 2, name == name.lowercased() else { return nil }
            return UInt8(name, radix: 16)
        }
    }

    /// The objects whose ids begin with `firstByte`, in order; what has another kind of name is none of ours.
    func objects(_ firstByte: UInt8) throws(IOError) -> [ObjectID] {
        let names: [String]
        do throws(IOError) {
            names = try disk.list(fanOutPath(firstByte))
        } catch {
            if error.errno == ENOENT { return [] }
            throw error
        }
        return names.compactMap { name in
            guard let id = ObjectID(hex: name), id.firstByte == firstByte, id.hex == name else { return nil }
            return id
        }
    }
}

/// Opening: the lock, the format, and what an earlier end left behind.
extension VaultDirectory {
    private static let magic = Array("VTRNVLT\n".utf8)
    private static let version: UInt32 = 1
    private static let formatBytes = 20

    /// Takes the lock, makes the vault if the directory is empty, checks its format and empties `staging`.
    ///
    /// - Returns: the lock, and the fan-out directories that there are.
    func prepare() throws(VaultError) -> (lock: any FileLock, fanOut: Set<UInt8>) {
        try refuseForeign()
        let lock = try takeLock()
        do throws(VaultError) {
            if try !checkFormat() { try create() }
            do throws(IOError) {
                try emptyStaging()
                // A fan-out directory that a killed process made may not be safe yet.
                try disk.synchronizeDirectory(objectsPath)
                return (lock, Set(try fanOut()))
            } catch {
                throw VaultError(error, "the vault at \(path) cannot be opened")
            }
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
        let ours: Set = ["format", "format.new", "lock", "staging", "objects"]
        if let foreign = names.first(where: { !ours.contains($0) }) {
            throw VaultError(
                .notVault,
                "\(path) holds \"\(foreign)\" and no vault's format file: choose an empty directory, or a vault"
            )
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
                    + "\(VaultDirectory.version): open it with a later release"
            )
        }
        return true
    }

    /// Makes an empty vault; the format file comes last, so that a half-made vault is made again.
    private func create() throws(VaultError) {
        do throws(IOError) {
            let found = try disk.info(objectsPath) == nil ? [] : disk.list(objectsPath)
            if found.isEmpty {
                try disk.createDirectory(stagingPath)
                try disk.createDirectory(objectsPath)
                try disk.synchronizeDirectory(path)
                var bytes = VaultDirectory.magic
                bytes.appendLittleEndian(VaultDirectory.version)
                bytes.appendLittleEndian(UInt32(0))
                bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
                try disk.replaceFile(at: formatPath, with: bytes.span)
                return
            }
        } catch {
            throw VaultError(error, "no vault can be made at \(path)")
        }
        throw VaultError(
            .isCorrupt,
            "\(formatPath) is missing, and \(objectsPath) is not empty: restore the file from another vault of the "
                + "same version, whose file is the same"
        )
    }

    /// Removes the files of puts that did not end; only for whoever holds the lock.
    func emptyStaging() throws(IOError) {
        try disk.createDirectory(stagingPath)
        for name in try disk.list(stagingPath) {
            let file = stagingPath.appendingPath(name)
            if let info = try disk.info(file), !info.isDirectory { try disk.remove(file) }
        }
    }

}
