internal import Glibc
internal import Synchronization
internal import VitrineCIntrinsics

/// Tells the writer when no reader can still look at what it has unlinked (epoch-based reclamation; Fraser,
/// "Practical lock-freedom", 2004).
///
/// A reader writes the current epoch into a slot before it looks at anything and clears the slot after; the writer
/// unlinks, begins a new epoch, and frees what it unlinked in old epochs once every slot is empty or newer. A reader's
/// only write is to a slot that it nearly always has to itself.
@safe struct EpochGate: @unchecked Sendable {
    private static let slotCount = 1_024
    /// Two lines: processors fetch them in pairs.
    private static let stride = 128

    // Slots, then a line with the epoch and one past the highest slot ever used: atomics, alive until destroy.
    private let slots: UnsafeMutableRawPointer

    init() {
        let count = EpochGate.stride * (EpochGate.slotCount + 1)
        unsafe slots = UnsafeMutableRawPointer.allocate(byteCount: count, alignment: EpochGate.stride)
        unsafe slots.initializeMemory(as: UInt8.self, repeating: 0, count: count)
        epoch.store(1)
    }

    func destroy() {
        unsafe slots.deallocate()
    }

    /// Keeps what the caller finds from here on from being freed, until `unpin`.
    ///
    /// Takes no lock; may be nested. It waits for no writer, and for another reader only while 1,024 are inside, on as many
    /// threads.
    @inline(__always)
    func pin() -> Int {
        var index = Int(truncatingIfNeeded: vitrine_thread_number()) & (EpochGate.slotCount - 1)
        var tries = 0
        while true {
            if UInt64(index) >= used.load() { raiseUsed(past: index) }
            let now = epoch.load()
            // Sequentially consistent: a writer whose unlinking we do not see sees the slot filled.
            if slot(index).exchange(0, for: now) { return index }
            index = (index + 1) & (EpochGate.slotCount - 1)
            tries += 1
            if tries & (EpochGate.slotCount - 1) == 0 { sched_yield() }
        }
    }

    /// Ends what `pin` began.
    @inline(__always)
    func unpin(_ index: Int) {
        slot(index).store(0)
    }

    /// Begins a new epoch and returns the old one: what was unlinked up to now is free once `oldestPinned` is above it.
    ///
    /// For the writer.
    func advance() -> UInt64 {
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        let old = epoch.increment()
        atomicMemoryFence(ordering: .sequentiallyConsistent)
        return old
    }

    /// The oldest epoch that a reader is in, `.max` when there is no reader.
    func oldestPinned() -> UInt64 {
        var oldest = UInt64.max
        for index in 0..<Int(used.loadInOrder()) {
            // Acquiring: what the reader read, it has read before we write it anew.
            let pinned = slot(index).loadInOrder()
            if pinned != 0 { oldest = min(oldest, pinned) }
        }
        return oldest
    }

    private func raiseUsed(past index: Int) {
        used.raise(to: UInt64(index + 1))
    }

    @inline(__always)
    private func slot(_ index: Int) -> SharedWord { unsafe SharedWord(slots + EpochGate.stride * index) }
    private var epoch: SharedWord { slot(EpochGate.slotCount) }
    private var used: SharedWord { unsafe SharedWord(slots + EpochGate.stride * EpochGate.slotCount + 8) }
}
