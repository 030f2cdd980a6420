internal import Glibc
internal import VitrineIO
internal import VitrineSync

/// An open file of the simulated disk.
final class SimulatedFile: StorageFile {
    let path: String
    private let disk: SimulatedFileSystem
    private let node: NodeID
    private let isWritable: Bool
    private let isOpen = Locked(true)

    init(disk: SimulatedFileSystem, node: NodeID, path: String, isWritable: Bool) {
        self.disk = disk
        self.node = node
        self.path = path
        self.isWritable = isWritable
    }

    deinit {
        giveBack()
    }

    func size() throws(IOError) -> Int64 {
        try disk.perform(.size, path) { state throws(SimulatedErrno) in
            Int64(try contents(in: &state).size)
        }
    }

    func read(into buffer: inout MutableSpan<UInt8>, at offset: Int64) throws(IOError) -> Int {
        try unsafe buffer.withUnsafeMutableBufferPointer { buffer throws(IOError) in
            try disk.perform(.read, path, offset: offset, count: buffer.count) { state throws(SimulatedErrno) in
                // In the order of the kernel's own checks, here and below.
                if offset < 0 { throw SimulatedErrno(EINVAL) }
                let size = try contents(in: &state).size
                if offset.addingReportingOverflow(Int64(buffer.count)).overflow { throw SimulatedErrno(EINVAL) }
                guard offset < Int64(size) else { return 0 }
                let count = state.transferCount(of: min(buffer.count, size - Int(offset)))
                let window = unsafe UnsafeMutableBufferPointer(rebasing: buffer[..<count])
                unsafe try state.files[node]?.materialize().load(into: window, at: Int(offset))
                return count
            }
        }
    }

    func write(_ bytes: Span<UInt8>, at offset: Int64) throws(IOError) -> Int {
        try unsafe bytes.withUnsafeBufferPointer { bytes throws(IOError) in
            try disk.perform(.write, path, offset: offset, count: bytes.count) { state throws(SimulatedErrno) in
                if offset < 0 { throw SimulatedErrno(EINVAL) }
                let size = try contents(in: &state).size
                if !isWritable { throw SimulatedErrno(EBADF) }
                if offset.addingReportingOverflow(Int64(bytes.count)).overflow { throw SimulatedErrno(EINVAL) }
                if bytes.isEmpty { return 0 }
                let room = try room(at: offset, size: size, in: state)
                let count = state.transferCount(of: min(bytes.count, room))
                let window = unsafe UnsafeBufferPointer(rebasing: bytes[..<count])
                let sequence = state.takeSequence()
                unsafe try state.files[node]?.write(window, at: Int(offset), sequence: sequence)
                return count
            }
        }
    }

    func truncate(to size: Int64) throws(IOError) {
        try disk.perform(.truncate, path, offset: size) { state throws(SimulatedErrno) in
            if size < 0 { throw SimulatedErrno(EINVAL) }
            let file = try contents(in: &state)
            if !isWritable { throw SimulatedErrno(EINVAL) }
            guard size <= Int64(SimulatedMemory.capacity) else { throw SimulatedErrno(EFBIG) }
            let newSize = Int(size)
            if let capacity = state.capacity, newSize > file.size,
                state.usedByteCount + Int64(newSize - file.size) > capacity
            {
                throw SimulatedErrno(ENOSPC)
            }
            if let mapped = file.memory?.mappedCountMax, newSize < mapped {
                state.misuses.append("\(path) cut to \(newSize) bytes while \(mapped) are mapped: a reader would die")
            }
            if newSize == file.size { return }
            let sequence = state.takeSequence()
            try state.files[node]?.resize(to: newSize, sequence: sequence)
        }
    }

    func preallocate(to size: Int64) throws(IOError) {
        try disk.perform(.preallocate, path, offset: size) { state throws(SimulatedErrno) in
            let file = try contents(in: &state)
            if size <= 0 { throw SimulatedErrno(EINVAL) }
            if !isWritable { throw SimulatedErrno(EBADF) }
            guard size <= Int64(SimulatedMemory.capacity) else { throw SimulatedErrno(EFBIG) }
            guard Int(size) > file.size else { return }
            if let capacity = state.capacity, state.usedByteCount + size - Int64(file.size) > capacity {
                throw SimulatedErrno(ENOSPC)
            }
            let sequence = state.takeSequence()
            try state.files[node]?.resize(to: Int(size), sequence: sequence)
        }
    }

    func synchronize() throws(IOError) {
        let node = node
        let drop: (inout SimulatedState) -> Void = { $0.files[node]?.dropPending() }
        try disk.perform(.synchronize, path, onFailure: drop) { state throws(SimulatedErrno) in
            if try !contents(in: &state).dropped.isEmpty {
                state.misuses.append("\(path) flushed again after a flush that failed")
            }
            state.commitContents(of: node)
        }
    }

    func map(count: Int) throws(IOError) -> FileMapping {
        let memory = try mapped(.map, count)
        return unsafe FileMapping(base: memory.lend(count), count: count) { _ in memory.release(count) }
    }

    func mapWritable(count: Int) throws(IOError) -> WritableMapping {
        let memory = try mapped(.mapWritable, count)
        let (disk, node, path) = (disk, node, path)
        let base = unsafe UnsafeMutablePointer(mutating: memory.lend(count))
        // A mapping outlives its descriptor, so the closure does not ask whether the file is open.
        return unsafe WritableMapping(base: base, count: count) { bytes, offset throws(IOError) in
            try disk.perform(.store, path, offset: Int64(offset), count: bytes.count) {
                state throws(SimulatedErrno) in
                guard let size = state.files[node]?.size, !bytes.isEmpty else { return }
                if offset + bytes.count > size {
                    state.misuses.append("\(path) stored to at \(offset), past its end: the process would die")
                    throw SimulatedErrno(EFAULT)
                }
                let sequence = state.takeSequence()
                unsafe try state.files[node]?.write(bytes, at: offset, sequence: sequence)
            }
        } release: { _ in
            memory.release(count)
        }
    }

    private func mapped(_ kind: SimulatedOperation.Kind, _ count: Int) throws(IOError) -> SimulatedMemory {
        try disk.perform(kind, path, count: count) { state throws(SimulatedErrno) -> SimulatedMemory in
            let size = try contents(in: &state).size
            if kind == .mapWritable, !isWritable { throw SimulatedErrno(EACCES) }
            guard count > 0, count <= size else {
                throw SimulatedErrno(EINVAL, detail: "\(count) bytes of a file that has \(size)")
            }
            guard let memory = try state.files[node]?.materialize() else { throw SimulatedErrno(EBADF) }
            return memory
        }
    }

    func close() throws(IOError) {
        guard giveBack() else { return }
        try disk.perform(.close, path) { _ in }
    }

    /// What the file holds; fails once it is closed.
    private func contents(in state: inout SimulatedState) throws(SimulatedErrno) -> SimulatedContents {
        guard isOpen.withLock({ $0 }), let contents = state.files[node] else { throw SimulatedErrno(EBADF) }
        return contents
    }

    /// Bytes that can be written at `offset` before a limit stops them; at least one.
    private func room(at offset: Int64, size: Int, in state: SimulatedState) throws(SimulatedErrno) -> Int {
        guard offset < Int64(SimulatedMemory.capacity) else { throw SimulatedErrno(EFBIG) }
        var room = SimulatedMemory.capacity - Int(offset)
        if let capacity = state.capacity {
            let free = capacity - state.usedByteCount
            let end = Int64(size) + free
            guard offset < end else { throw SimulatedErrno(ENOSPC) }
            room = min(room, Int(end - offset))
        }
        return room
    }

    @discardableResult
    private func giveBack() -> Bool {
        let wasOpen = isOpen.withLock { isOpen in
            defer { isOpen = false }
            return isOpen
        }
        guard wasOpen else { return false }
        disk.state.withLock { state in
            state.files[node]?.openCount -= 1
            state.files[node]?.forgetMemoryIfUnreachable()
        }
        return true
    }
}

/// A held lock of the simulated disk.
final class SimulatedLock: FileLock {
    private let disk: SimulatedFileSystem
    private let node: NodeID
    private let token: Int

    init(disk: SimulatedFileSystem, node: NodeID, token: Int) {
        self.disk = disk
        self.node = node
        self.token = token
    }

    deinit {
        release()
    }

    func release() {
        disk.state.withLock { state in
            if state.lockHolders[node] == token { state.lockHolders[node] = nil }
        }
    }
}
