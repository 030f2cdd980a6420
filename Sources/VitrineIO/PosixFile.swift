internal import Glibc
internal import Synchronization
internal import VitrineCIntrinsics

/// An open descriptor; each method is the system call in its comment, tried again when a signal broke it off.
final class PosixFile: StorageFile {
    let path: String
    // −1 once closed. Relaxed: whoever closes a file while others use it has a bug that no ordering mends.
    private let descriptor: Atomic<Int32>

    init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = Atomic(descriptor)
    }

    deinit {
        try? close()
    }

    // fstat(2)
    func size() throws(IOError) -> Int64 {
        var status = stat()
        guard unsafe fstat(current, &status) == 0 else { throw IOError(.info, path: path, errno: errno) }
        return Int64(status.st_size)
    }

    // lseek(2) with SEEK_DATA and SEEK_HOLE: what was set aside and never written is a hole. Reads and writes name their
    // places, so that it moves the descriptor's own means nothing.
    func dataEnd(size: Int64) throws(IOError) -> Int64 {
        let (seekData, seekHole): (Int32, Int32) = (3, 4)
        var end: off_t = 0
        while end < size {
            let data = lseek(current, end, seekData)
            // Anything but "no more data" is from a file system without holes.
            if data < 0 { return errno == ENXIO ? Int64(end) : size }
            end = lseek(current, data, seekHole)
            if end < 0 { return size }
        }
        return min(Int64(end), size)
    }

    func isDirectory() throws(IOError) -> Bool {
        var status = stat()
        guard unsafe fstat(current, &status) == 0 else { throw IOError(.info, path: path, errno: errno) }
        return status.st_mode & S_IFMT == S_IFDIR
    }

    // pread(2)
    func read(into buffer: inout MutableSpan<UInt8>, at offset: Int64) throws(IOError) -> Int {
        let (count, number) = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
            retried { unsafe pread(current, buffer.baseAddress, buffer.count, off_t(offset)) }
        }
        guard count >= 0 else { throw IOError(.read, path: path, offset: offset, errno: number) }
        return count
    }

    // pwrite(2)
    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(IOError) -> Int {
        let (count, number) = unsafe bytes.withUnsafeBufferPointer { bytes in
            retried { unsafe pwrite(current, bytes.baseAddress, bytes.count, off_t(offset)) }
        }
        guard count >= 0 else { throw IOError(.write, path: path, offset: offset, errno: number) }
        return count
    }

    // ftruncate(2)
    func truncate(to size: Int64) throws(IOError) {
        let (status, number) = retried { Int(ftruncate(current, off_t(size))) }
        guard status == 0 else { throw IOError(.truncate, path: path, offset: size, errno: number) }
    }

    // flock(2); there is nothing to do about an unlock that fails, and close(2) unlocks too.
    func unlock() {
        _ = flock(current, LOCK_UN)
    }

    // posix_fallocate(3), which returns its error
    func preallocate(to size: Int64) throws(IOError) {
        var status: Int32
        repeat { status = posix_fallocate(current, 0, off_t(size)) } while status == EINTR
        guard status == 0 else { throw IOError(.allocate, path: path, offset: size, errno: status) }
    }

    // fallocate(2) with FALLOC_FL_KEEP_SIZE and FALLOC_FL_PUNCH_HOLE
    func giveBack(from offset: Int64) throws(IOError) {
        let count = try size() - offset
        guard count > 0 else { return }
        let (status, number) = retried { Int(vitrine_give_back(current, offset, count)) }
        // A file system without holes keeps the room.
        guard status == 0 || number == EOPNOTSUPP else {
            throw IOError(.allocate, path: path, offset: offset, errno: number)
        }
    }

    // fdatasync(2): the bytes and the size, not the times
    func synchronize() throws(IOError) {
        // Not tried again, not even after EINTR: see the protocol.
        guard fdatasync(current) == 0 else { throw IOError(.synchronize, path: path, errno: errno) }
    }

    // mmap(2)
    func map(count: Int) throws(IOError) -> FileMapping {
        let base = unsafe try mapShared(count, PROT_READ)
        return unsafe FileMapping(base: base, count: count) { base in
            unsafe munmap(UnsafeMutableRawPointer(mutating: base), count)
        }
    }

    // mmap(2)
    func mapWritable(count: Int) throws(IOError) -> WritableMapping {
        let base = unsafe try mapShared(count, PROT_READ | PROT_WRITE)
        return unsafe WritableMapping(base: base, count: count, storing: nil) { base in unsafe munmap(base, count) }
    }

    private func mapShared(_ count: Int, _ protection: Int32) throws(IOError) -> UnsafeMutablePointer<UInt8> {
        let size = try size()
        guard count > 0, Int64(count) <= size else {
            throw IOError(.map, path: path, errno: EINVAL, detail: "\(count) bytes of a file that has \(size)")
        }
        let address = unsafe mmap(nil, count, protection, MAP_SHARED, current, 0)
        guard let address = unsafe address, unsafe address != MAP_FAILED else {
            throw IOError(.map, path: path, errno: errno)
        }
        return unsafe address.bindMemory(to: UInt8.self, capacity: count)
    }

    // close(2), once: after EINTR the descriptor is gone on Linux, and may be someone else's
    func close() throws(IOError) {
        let old = descriptor.exchange(-1, ordering: .relaxed)
        guard old >= 0 else { return }
        guard Glibc.close(old) == 0 || errno == EINTR else { throw IOError(.close, path: path, errno: errno) }
    }

    private var current: Int32 { descriptor.load(ordering: .relaxed) }
}

/// Runs a system call until no signal breaks it off; returns its result and, when that is negative, the errno.
private func retried(_ call: () -> Int) -> (result: Int, errno: Int32) {
    while true {
        let result = call()
        if result >= 0 { return (result, 0) }
        if errno != EINTR { return (result, errno) }
    }
}
