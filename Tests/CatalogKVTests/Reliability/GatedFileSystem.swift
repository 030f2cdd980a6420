import VitrineIO
import VitrineSync
import VitrineTestSupport

/// A simulated disk whose flushes wait until the test lets them through.
final class GatedFileSystem: FileSystem {
    let disk = SimulatedFileSystem()
    private let isShut = Locked(false)
    private let gate = Semaphore()

    func shut() { isShut.withLock { $0 = true } }

    func open() {
        isShut.withLock { $0 = false }
        gate.signal()
    }

    func pass() {
        if isShut.withLock({ $0 }) { gate.wait() }
    }

    func open(_ path: String, _ mode: OpenMode) throws(IOError) -> any StorageFile {
        GatedFile(file: try disk.open(path, mode), disk: self)
    }

    func info(_ path: String) throws(IOError) -> FileInfo? { try disk.info(path) }
    func list(_ directory: String) throws(IOError) -> [String] { try disk.list(directory) }
    func createDirectory(_ path: String) throws(IOError) { try disk.createDirectory(path) }
    func rename(_ path: String, to newPath: String) throws(IOError) { try disk.rename(path, to: newPath) }
    func remove(_ path: String) throws(IOError) { try disk.remove(path) }
    func removeDirectory(_ path: String) throws(IOError) { try disk.removeDirectory(path) }
    func synchronizeDirectory(_ path: String) throws(IOError) { try disk.synchronizeDirectory(path) }
    func lock(_ path: String) throws(IOError) -> any FileLock { try disk.lock(path) }
}

private final class GatedFile: StorageFile {
    let file: any StorageFile
    let disk: GatedFileSystem

    init(file: any StorageFile, disk: GatedFileSystem) {
        self.file = file
        self.disk = disk
    }

    var path: String { file.path }
    func size() throws(IOError) -> Int64 { try file.size() }
    func read(into buffer: inout MutableSpan<UInt8>, at offset: Int64) throws(IOError) -> Int {
        try file.read(into: &buffer, at: offset)
    }
    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(IOError) -> Int { try file.write(bytes, at: offset) }
    func truncate(to size: Int64) throws(IOError) { try file.truncate(to: size) }
    func preallocate(to size: Int64) throws(IOError) { try file.preallocate(to: size) }
    func synchronize() throws(IOError) {
        disk.pass()
        try file.synchronize()
    }
    func map(count: Int) throws(IOError) -> FileMapping { try file.map(count: count) }
    func mapWritable(count: Int) throws(IOError) -> WritableMapping { try file.mapWritable(count: count) }
    func close() throws(IOError) { try file.close() }
}
