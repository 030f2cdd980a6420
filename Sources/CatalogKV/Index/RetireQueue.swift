/// Versions that newer ones replaced, oldest first, and blocks that were unlinked, until both can be freed.
///
/// For the writer alone.
struct RetireQueue {
    /// A version to cut off once nobody asks for what was there before it.
    struct Superseded: BitwiseCopyable {
        var newerSequence: UInt64
        var newer: UInt32
        /// 0 for a delete of a key that was not there.
        var older: UInt32
        var olderUnits: UInt32
        /// Bytes of the value beside the older one.
        var olderValueByteCount: UInt16
        var newerIsDelete: Bool
    }

    private struct Unlinked: BitwiseCopyable {
        var handle: UInt32
        var units: UInt32
    }

    private struct Batch: BitwiseCopyable {
        var epoch: UInt64
        var count: Int
    }

    private static let batchCount = 64

    private var superseded = Queue<Superseded>()
    private var unlinked = Queue<Unlinked>()
    private var batches = Queue<Batch>()
    private var unsealedCount = 0
    private var actions: [(epoch: UInt64, run: () -> Void)] = []

    func destroy() {
        superseded.destroy()
        unlinked.destroy()
        batches.destroy()
    }

    var supersededCount: Int { superseded.count }
    /// Bytes of the queues themselves.
    var byteCount: Int { superseded.byteCount + unlinked.byteCount + batches.byteCount }

    mutating func supersede(_ item: Superseded) {
        superseded.append(item)
    }

    /// The next version that can be cut off when nobody asks for sequences below `floor`.
    mutating func nextSuperseded(below floor: UInt64) -> Superseded? {
        guard let front = superseded.front, front.newerSequence <= floor else { return nil }
        superseded.removeFirst()
        return front
    }

    /// Takes a block that no new reader can find any more.
    mutating func unlink(_ handle: UInt32, _ units: UInt32) {
        unlinked.append(Unlinked(handle: handle, units: units))
        unsealedCount += 1
    }

    /// Runs `action` once every reader of now is gone.
    mutating func unlink(_ gate: EpochGate, _ action: @escaping () -> Void) {
        actions.append((gate.advance(), action))
    }

    /// Frees what no reader can hold; all of it that there is now when `isComplete`, else whole batches.
    mutating func free(_ arena: inout EntryArena, _ gate: EpochGate, isComplete: Bool) {
        sealBatch(gate, countMin: isComplete ? 1 : RetireQueue.batchCount)
        if batches.front == nil && actions.isEmpty { return }
        let oldest = gate.oldestPinned()
        freeBatches(&arena, olderThan: oldest, limit: .max)
        var count = 0
        while count < actions.count, actions[count].epoch < oldest { count += 1 }
        let due = actions[..<count]
        if count > 0 { actions.removeFirst(count) }
        for action in due { action.run() }
    }

    /// Frees at most two batches that no reader can hold, and runs no action.
    mutating func freeSome(_ arena: inout EntryArena, _ gate: EpochGate) {
        sealBatch(gate, countMin: RetireQueue.batchCount)
        guard batches.front != nil else { return }
        freeBatches(&arena, olderThan: gate.oldestPinned(), limit: 2)
    }

    private mutating func sealBatch(_ gate: EpochGate, countMin: Int) {
        guard unsealedCount >= countMin else { return }
        batches.append(Batch(epoch: gate.advance(), count: unsealedCount))
        unsealedCount = 0
    }

    private mutating func freeBatches(_ arena: inout EntryArena, olderThan oldest: UInt64, limit: Int) {
        var left = limit
        while left > 0, let batch = batches.front, batch.epoch < oldest {
            left -= 1
            batches.removeFirst()
            for _ in 0..<batch.count {
                guard let block = unlinked.front else { break }
                unlinked.removeFirst()
                arena.release(block.handle, block.units)
            }
        }
    }

    /// Whether a batch is full or waits.
    var hasFullBatch: Bool { unsealedCount >= RetireQueue.batchCount || !actions.isEmpty }
}

/// First in, first out, without the checks that an array's storage in a class costs on every step.
@safe private struct Queue<Element: BitwiseCopyable> {
    private var items: UnsafeMutablePointer<Element>?
    private var capacity = 0
    private var head = 0
    private(set) var count = 0

    init() {
        unsafe items = nil
    }

    func destroy() {
        unsafe items?.deallocate()
    }

    var byteCount: Int { capacity * MemoryLayout<Element>.stride }

    @inline(__always) var front: Element? {
        guard count > 0, let items = unsafe items else { return nil }
        return unsafe items[head]
    }

    @inline(__always)
    mutating func append(_ item: Element) {
        if count == capacity { resize(max(64, capacity * 2)) }
        // The capacity, a power of two, has just been made to suffice.
        unsafe (items.unsafelyUnwrapped + ((head + count) & (capacity - 1))).initialize(to: item)
        count += 1
    }

    /// There must be one.
    @inline(__always)
    mutating func removeFirst() {
        head = (head + 1) & (capacity - 1)
        count -= 1
        // What a long snapshot made grow does not stay.
        if capacity > 1 << 12, count < capacity / 8 { resize(capacity / 4) }
    }

    private mutating func resize(_ larger: Int) {
        let room = UnsafeMutablePointer<Element>.allocate(capacity: larger)
        for index in 0..<count {
            // There are items only where there is storage.
            unsafe (room + index).initialize(to: items.unsafelyUnwrapped[(head + index) & (capacity - 1)])
        }
        unsafe items?.deallocate()
        unsafe items = unsafe room
        capacity = larger
        head = 0
    }
}
