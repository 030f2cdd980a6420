internal import VitrineCSQLite
internal import VitrineSync

/// What the connections to one database share: the locks, and the memory that indexes the write-ahead log.
///
/// The rules are SQLite's (sqlite.org/lockingv3.html, sqlite.org/walformat.html section 2.3).
final class SharedIndex: Sendable {
    /// A piece of the memory that indexes the log.
    @safe private final class Region: @unchecked Sendable {
        // Unchecked: it never moves, and SQLite orders its accesses to what it holds.
        let memory: UnsafeMutableRawPointer

        init(size: Int) {
            unsafe memory = .allocate(byteCount: size, alignment: 16)
            unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: size)
        }

        deinit {
            unsafe memory.deallocate()
        }
    }

    /// What one connection holds.
    struct Holder {
        /// SQLITE_LOCK_NONE to SQLITE_LOCK_EXCLUSIVE.
        var level: Int32 = 0
        /// Slots of the index that it holds with others, a bit each.
        var shared: UInt32 = 0
        /// Slots that it holds alone.
        var exclusive: UInt32 = 0
    }

    private struct State {
        var readers = 0
        var isReserved = false
        var isPending = false
        var isExclusive = false
        var sharedCounts = [Int](repeating: 0, count: 8)
        var exclusive: UInt32 = 0
        var regions: [Region] = []
    }

    private let state: Locked<State> = Locked(State())

    /// Raises a connection's lock on the database file.
    func lock(_ holder: inout Holder, to level: Int32) -> Int32 {
        state.withLock { state in
            if holder.level >= level { return SQLITE_OK }
            if holder.level == SQLITE_LOCK_NONE {
                guard !state.isPending, !state.isExclusive else { return SQLITE_BUSY }
                state.readers += 1
                holder.level = SQLITE_LOCK_SHARED
            }
            if level >= SQLITE_LOCK_RESERVED, holder.level < SQLITE_LOCK_RESERVED {
                guard !state.isReserved else { return SQLITE_BUSY }
                state.isReserved = true
                holder.level = SQLITE_LOCK_RESERVED
            }
            guard level == SQLITE_LOCK_EXCLUSIVE else { return SQLITE_OK }
            // New readers are kept out from here on, those that there are may end.
            state.isPending = true
            holder.level = max(holder.level, SQLITE_LOCK_PENDING)
            guard state.readers == 1 else { return SQLITE_BUSY }
            state.isExclusive = true
            holder.level = SQLITE_LOCK_EXCLUSIVE
            return SQLITE_OK
        }
    }

    /// Lowers it to SQLITE_LOCK_SHARED or SQLITE_LOCK_NONE.
    func unlock(_ holder: inout Holder, to level: Int32) {
        state.withLock { state in
            if holder.level >= SQLITE_LOCK_RESERVED, level <= SQLITE_LOCK_SHARED {
                state.isReserved = false
                if holder.level >= SQLITE_LOCK_PENDING { state.isPending = false }
                if holder.level == SQLITE_LOCK_EXCLUSIVE { state.isExclusive = false }
            }
            if holder.level >= SQLITE_LOCK_SHARED, level == SQLITE_LOCK_NONE { state.readers -= 1 }
            holder.level = min(holder.level, level)
        }
    }

    /// Whether some connection is about to write.
    var isReserved: Bool { state.withLock { $0.isReserved } }

    /// The memory of a region; `nil` when it is not there and is not to be made.
    func region(_ number: Int, size: Int, extend: Bool) -> UnsafeMutableRawPointer? {
        unsafe state.withLock { state in
            while state.regions.count <= number, extend {
                state.regions.append(Region(size: size))
            }
            return unsafe number < state.regions.count ? state.regions[number].memory : nil
        }
    }

    /// Takes or gives back slots of the index.
    func lockSlots(_ holder: inout Holder, _ slots: Range<Int>, flags: Int32) -> Int32 {
        let mask = slots.reduce(UInt32(0)) { $0 | 1 << UInt32($1) }
        return state.withLock { state in
            if flags & SQLITE_SHM_UNLOCK != 0 {
                for slot in slots where holder.shared & (1 << UInt32(slot)) != 0 {
                    state.sharedCounts[slot] -= 1
                }
                state.exclusive &= ~(holder.exclusive & mask)
                holder.shared &= ~mask
                holder.exclusive &= ~mask
                return SQLITE_OK
            }
            if flags & SQLITE_SHM_SHARED != 0 {
                if holder.shared & mask == mask { return SQLITE_OK }
                guard state.exclusive & mask == 0 else { return SQLITE_BUSY }
                for slot in slots where holder.shared & (1 << UInt32(slot)) == 0 {
                    state.sharedCounts[slot] += 1
                }
                holder.shared |= mask
                return SQLITE_OK
            }
            guard state.exclusive & ~holder.exclusive & mask == 0 else { return SQLITE_BUSY }
            for slot in slots {
                let own = holder.shared & (1 << UInt32(slot)) == 0 ? 0 : 1
                guard state.sharedCounts[slot] == own else { return SQLITE_BUSY }
            }
            state.exclusive |= mask
            holder.exclusive |= mask
            return SQLITE_OK
        }
    }

    /// Gives back everything that a connection holds.
    func release(_ holder: inout Holder) {
        _ = lockSlots(&holder, 0..<8, flags: SQLITE_SHM_UNLOCK)
        unlock(&holder, to: SQLITE_LOCK_NONE)
    }

    /// Orders accesses to the shared memory before and after it.
    func barrier() {
        state.withLock { _ in }
    }
}

/// The locking calls of an open file.
func addLocking(_ methods: inout sqlite3_io_methods) {
    unsafe methods.xLock = { file, level in
        guard let file = unsafe bridged(file), let index = file.index else { return SQLITE_OK }
        return index.lock(&file.holder, to: level)
    }
    unsafe methods.xUnlock = { file, level in
        guard let file = unsafe bridged(file), let index = file.index else { return SQLITE_OK }
        index.unlock(&file.holder, to: level)
        return SQLITE_OK
    }
    unsafe methods.xCheckReservedLock = { file, result in
        unsafe result?.pointee = bridged(file)?.index?.isReserved == true ? 1 : 0
        return SQLITE_OK
    }
    unsafe methods.xShmMap = { file, number, size, extend, result in
        guard let index = unsafe bridged(file)?.index, let result = unsafe result else { return SQLITE_IOERR }
        unsafe result.pointee = index.region(Int(number), size: Int(size), extend: extend != 0)
        return SQLITE_OK
    }
    unsafe methods.xShmLock = { file, offset, count, flags in
        guard let file = unsafe bridged(file), let index = file.index else { return SQLITE_IOERR }
        return index.lockSlots(&file.holder, Int(offset)..<Int(offset + count), flags: flags)
    }
    unsafe methods.xShmBarrier = { file in
        unsafe bridged(file)?.index?.barrier()
    }
    unsafe methods.xShmUnmap = { file, _ in
        guard let file = unsafe bridged(file) else { return SQLITE_OK }
        _ = file.index?.lockSlots(&file.holder, 0..<8, flags: SQLITE_SHM_UNLOCK)
        return SQLITE_OK
    }
}
