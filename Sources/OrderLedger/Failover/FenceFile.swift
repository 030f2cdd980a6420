internal import VitrineIO

/// The epoch below which a copy takes no segment, safe from a crash: a decimal number and a line feed in `FENCE`.
struct FenceFile {
    /// Segments and ledgers of an epoch below it are refused.
    private(set) var epoch: UInt64 = 0
    private let path: String
    private let fileSystem: any FileSystem

    /// Reads the fence of a directory; 0 where there is none.
    ///
    /// - Throws: `corrupted` when the file holds anything but a number; `ioFailed`.
    init(in directory: String, _ fileSystem: any FileSystem) throws(LedgerError) {
        path = directory.appendingPath("FENCE")
        self.fileSystem = fileSystem
        do throws(IOError) {
            guard try fileSystem.info(path) != nil else { return }
            let text = String(decoding: try fileSystem.contents(of: path, byteCountMax: 64), as: UTF8.self)
            guard text.hasSuffix("\n"), let epoch = UInt64(text.dropLast()) else {
                throw IOError(.read, path: path, offset: 0, errno: 0, detail: "no epoch and line feed")
            }
            self.epoch = epoch
        } catch {
            let code: LedgerError.Code = error.errno == 0 ? .corrupted : .ioFailed
            throw LedgerError(code, "\(path) could not be read; write the newest epoch into it", cause: error)
        }
    }

    /// Moves the fence up; one that is higher already stays.
    mutating func raise(to epoch: UInt64) throws(LedgerError) {
        guard epoch > self.epoch else { return }
        do throws(IOError) {
            try fileSystem.replaceFile(at: path, with: Array("\(epoch)\n".utf8).span)
        } catch {
            throw LedgerError(.ioFailed, "\(path) could not be written", cause: error)
        }
        self.epoch = epoch
    }
}
