internal import VitrineIO

/// A snapshot on its way in, part by part, in order.
///
/// Confined to the replica's thread.
final class IncomingSnapshot: @unchecked Sendable {
    // Unchecked: see above.

    let version: LedgerVersion
    let path: String
    private let byteCount: Int64
    private let file: any StorageFile
    private var end: Int64 = 0

    init(_ version: LedgerVersion, byteCount: Int64, at path: String, on fileSystem: any FileSystem) throws(LedgerError)
    {
        self.version = version
        self.byteCount = byteCount
        self.path = path
        do throws(IOError) {
            file = try fileSystem.open(path, .createNew)
        } catch {
            throw LedgerError(.ioFailed, "\(path) could not be written", cause: error)
        }
    }

    /// Adds a part; returns whether it was the last, and the file is flushed.
    func add(_ bytes: [UInt8], at offset: Int64) throws(LedgerError) -> Bool {
        guard offset == end, Int64(bytes.count) <= byteCount - end else {
            throw LedgerError(.snapshotCorrupted, "\(path), offset \(offset): a part that does not follow the last")
        }
        do throws(IOError) {
            try file.writeAll(bytes.span, at: offset)
            end += Int64(bytes.count)
            guard end == byteCount else { return false }
            try file.synchronize()
            try file.close()
            return true
        } catch {
            throw LedgerError(.ioFailed, "\(path) could not be written", cause: error)
        }
    }
}
