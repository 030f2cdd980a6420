internal import Glibc
internal import Synchronization
internal import VitrineCIntrinsics

/// Where the blocks lie: enough to read them by handle.
///
/// A handle counts units of eight bytes from the start of one reservation of address space, so that 32 bits reach
/// 32 GiB and an address costs a shift and an addition. 0 names no block.
@safe struct ArenaMemory: @unchecked Sendable {
    // Reserved until the index goes; who reads or writes what is ruled by the blocks' owners.
    let base: UnsafeMutableRawPointer

    @inline(__always)
    func block(_ handle: UInt32) -> Block {
        unsafe Block(base + Int(handle) << 3)
    }

    @inline(__always)
    func entry(_ handle: UInt32) -> Entry {
        Entry(block(handle))
    }

    /// The handle that `block` is reached by.
    @inline(__always)
    func handle(of block: Block) -> UInt32 {
        UInt32(truncatingIfNeeded: unsafe (UnsafeRawPointer(block.base) - UnsafeRawPointer(base)) >> 3)
    }
}

/// Gives out blocks and takes them back, by size; for the writer alone.
///
/// Each size in units has a stack of free handles outside the blocks: a list through the blocks themselves would cost a
/// cache miss to take one. Fresh blocks come off the front of the memory not yet used.
@safe struct EntryArena {
    static let unit = 8
    /// The largest block, in units; the largest key and the widest node fit.
    static let unitCountMax: UInt32 = 1_024
    private static let reservedByteCount = 1 << 35
    private static let growthByteCount = 1 << 24
    private static let hugePageByteCount = 1 << 21
    /// What `makeRoom` has ready unless it is told otherwise: a transaction of 100 operations with the longest keys splits far fewer nodes.
    static let reserveUnitCount: UInt32 = 1 << 21

    let memory: ArenaMemory
    private let mapping: UnsafeMutableRawPointer
    private let mappedByteCount: Int
    private let free: UnsafeMutablePointer<HandleStack>
    private let unitLimit: UInt32
    /// Handle 0 stands for nothing.
    private var next: UInt32 = 8
    private var committed: UInt32 = 0
    /// Units of the blocks that are given out.
    private(set) var usedUnitCount = 0

    /// Reserves address space, which costs no memory until it is used, of which at most `byteCountMax` will be.
    ///
    /// Where the system has none to give, the arena has no room.
    init(byteCountMax: Int) {
        unsafe free = .allocate(capacity: Int(EntryArena.unitCountMax) + 1)
        unsafe free.initialize(repeating: HandleStack(), count: Int(EntryArena.unitCountMax) + 1)
        var size = EntryArena.reservedByteCount
        var found = unsafe mmap(nil, size, PROT_NONE, EntryArena.mapFlags, -1, 0)
        // A limit on address space (RLIMIT_AS) may leave less.
        while unsafe found == MAP_FAILED, size > EntryArena.growthByteCount * 4 {
            size >>= 1
            unsafe found = mmap(nil, size, PROT_NONE, EntryArena.mapFlags, -1, 0)
        }
        guard let start = unsafe found, unsafe start != MAP_FAILED else {
            unsafe mapping = UnsafeMutableRawPointer(free)
            unsafe memory = ArenaMemory(base: mapping)
            mappedByteCount = 0
            unitLimit = 0
            return
        }
        unsafe mapping = unsafe start
        mappedByteCount = size
        // Huge pages need their alignment.
        let skipped = -Int(bitPattern: start) & (EntryArena.hugePageByteCount - 1)
        memory = unsafe ArenaMemory(base: start + skipped)
        unitLimit = UInt32(min(size - EntryArena.hugePageByteCount, byteCountMax) / EntryArena.unit)
    }

    /// Gives all memory back.
    ///
    /// Nobody may use a block any more.
    func destroy() {
        for index in 0...Int(EntryArena.unitCountMax) { unsafe free[index].destroy() }
        unsafe free.deallocate()
        if mappedByteCount > 0 { unsafe munmap(mapping, mappedByteCount) }
    }

    private static let mapFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE

    static func units(_ byteCount: Int) -> UInt32 {
        UInt32((byteCount + unit - 1) / unit)
    }

    /// Has `units` of fresh memory ready, by default what a transaction of any allowed size needs; returns whether the
    /// system gave it.
    mutating func makeRoom(_ units: UInt32 = EntryArena.reserveUnitCount) -> Bool {
        while committed < next || committed - next < units {
            guard grow() else { return false }
        }
        return true
    }

    /// Bytes of memory that blocks, given out or free, have ever lain in.
    var touchedByteCount: Int { Int(next) * EntryArena.unit }

    /// Bytes of the blocks that are free to be given out again.
    var freeByteCount: Int { touchedByteCount - usedUnitCount * EntryArena.unit }

    /// Bytes of the stacks of free handles.
    var stackByteCount: Int {
        var total = 0
        for index in 0...Int(EntryArena.unitCountMax) { total += unsafe free[index].capacity * 4 }
        return total
    }

    /// A block of `units`, with contents of no meaning.
    mutating func allocate(_ units: UInt32) -> UInt32 {
        usedUnitCount += Int(units)
        if let handle = unsafe free[Int(units)].pop() {
            // The next one of this size will be written soon, and its line is likely far.
            if let following = unsafe free[Int(units)].top {
                unsafe vitrine_prefetch_to_write(memory.block(following).base)
            }
            return handle
        }
        return take(units)
    }

    /// Takes a block back that nobody can reach.
    mutating func release(_ handle: UInt32, _ units: UInt32) {
        usedUnitCount -= Int(units)
        unsafe free[Int(units)].push(handle)
    }

    /// A run of fresh memory for a loader to divide.
    mutating func takeRun(_ units: UInt32) -> UInt32 { take(units) }

    /// Counts what a loader used of its runs.
    mutating func countLoaded(_ units: Int) { usedUnitCount += units }

    private mutating func take(_ units: UInt32) -> UInt32 {
        let handle = next
        // The engine has asked for room before it lets a record in.
        precondition(makeRoom(units), "no memory was made ready for the index")
        next += units
        return handle
    }

    /// Makes more of the address space usable, if there is any and the system gives memory for it.
    private mutating func grow() -> Bool {
        guard committed < unitLimit else { return false }
        let offset = Int(committed) * EntryArena.unit
        // Small stores get small pages and a small first step: a huge page has to be cleared whole.
        let wanted = offset == 0 ? EntryArena.hugePageByteCount : EntryArena.growthByteCount
        let size = min(wanted, Int(unitLimit - committed) * EntryArena.unit)
        let start = unsafe memory.base + offset
        guard unsafe mprotect(start, size, PROT_READ | PROT_WRITE) == 0 else { return false }
        // Only a hint: without huge pages the index works, with more address translations to miss.
        if offset > 0 { unsafe madvise(start, size, MADV_HUGEPAGE) }
        committed += UInt32(size / EntryArena.unit)
        return true
    }
}

/// Free handles of one size, last in first out.
@safe private struct HandleStack {
    private var handles: UnsafeMutablePointer<UInt32>?
    private var count: UInt32 = 0
    private(set) var capacity = 0

    init() {
        unsafe handles = nil
    }

    @inline(__always) var top: UInt32? {
        guard count > 0, let handles = unsafe handles else { return nil }
        return unsafe handles[Int(count) - 1]
    }

    @inline(__always)
    mutating func pop() -> UInt32? {
        guard let handle = top else { return nil }
        count -= 1
        return handle
    }

    @inline(__always)
    mutating func push(_ handle: UInt32) {
        if Int(count) == capacity { grow() }
        // Grown above where there was no room.
        unsafe handles.unsafelyUnwrapped[Int(count)] = handle
        count += 1
    }

    private mutating func grow() {
        let larger = max(16, capacity * 2)
        let room = UnsafeMutablePointer<UInt32>.allocate(capacity: larger)
        if let handles = unsafe handles {
            unsafe room.update(from: handles, count: Int(count))
            unsafe handles.deallocate()
        }
        unsafe handles = unsafe room
        capacity = larger
    }

    func destroy() {
        unsafe handles?.deallocate()
    }
}
