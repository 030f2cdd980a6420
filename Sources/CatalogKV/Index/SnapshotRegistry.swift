internal import Synchronization
internal import VitrineCIntrinsics

/// The sequences that readers hold on to, without locks.
///
/// A reader writes its sequence into an empty slot and then looks whether the writer has announced a floor above it;
/// if so it takes a newer sequence. The writer announces a floor and then looks through the slots once more. Whichever
/// comes second sees the other, so that no version is cut off that a registered reader can ask for.
@safe struct SnapshotRegistry: @unchecked Sendable {
    /// A chunk: the address of the next chunk, then slots; a slot holds a sequence plus one, or 0.
    private static let chunkByteCount = 1_024
    private static let slotCount = 127
    private static let slotsPerLine = 8

    // Atomics, alive until destroy. Chunks are only ever added.
    private let first: UnsafeMutableRawPointer
    private let visible: SharedWord
    private let floor: SharedWord

    init(visible: SharedWord, floor: SharedWord) {
        unsafe first = SnapshotRegistry.makeChunk()
        self.visible = visible
        self.floor = floor
    }

    func destroy() {
        var chunk = unsafe Optional(first)
        while let current = unsafe chunk {
            unsafe chunk = next(of: current)
            unsafe current.deallocate()
        }
    }

    /// Registers the newest visible sequence.
    func register() -> SnapshotHold {
        var sequence = visible.load()
        let slot = claim(sequence)
        while floor.loadInOrder() > sequence {
            sequence = visible.loadInOrder()
            slot.storeInOrder(sequence + 1)
        }
        return SnapshotHold(sequence: sequence, slot: slot)
    }

    /// The oldest registered sequence, or `newest` when all are newer or there are none.
    func oldest(upTo newest: UInt64) -> UInt64 {
        var oldest = newest
        var chunk = unsafe Optional(first)
        while let current = unsafe chunk {
            for index in 1...SnapshotRegistry.slotCount {
                let held = unsafe SharedWord(current + 8 * index).loadInOrder()
                if held != 0 { oldest = min(oldest, held - 1) }
            }
            unsafe chunk = next(of: current)
        }
        return oldest
    }

    /// The sequence up to which nobody asks for older versions.
    ///
    /// For the writer.
    func announceFloor() -> UInt64 {
        let wanted = oldest(upTo: visible.load())
        if wanted > floor.load() { floor.storeInOrder(wanted) }
        return oldest(upTo: wanted)
    }

    private func claim(_ sequence: UInt64) -> SharedWord {
        // Threads begin in lines of their own.
        let start = Int(truncatingIfNeeded: vitrine_thread_number()) * SnapshotRegistry.slotsPerLine
        var chunk = unsafe first
        while true {
            for step in 0..<SnapshotRegistry.slotCount {
                let index = 1 + (start + step) % SnapshotRegistry.slotCount
                let slot = unsafe SharedWord(chunk + 8 * index)
                if slot.load() == 0, slot.exchange(0, for: sequence + 1) { return slot }
            }
            unsafe chunk = next(of: chunk) ?? append(to: chunk)
        }
    }

    private func next(of chunk: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        unsafe UnsafeMutableRawPointer(bitPattern: UInt(SharedWord(chunk).loadInOrder()))
    }

    private func append(to chunk: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer {
        let added = unsafe SnapshotRegistry.makeChunk()
        if unsafe SharedWord(chunk).exchange(0, for: UInt64(UInt(bitPattern: added))) { return unsafe added }
        unsafe added.deallocate()
        // Another reader was first, and chunks stay.
        return unsafe next(of: chunk) ?? chunk
    }

    private static func makeChunk() -> UnsafeMutableRawPointer {
        let chunk = UnsafeMutableRawPointer.allocate(byteCount: chunkByteCount, alignment: 128)
        unsafe chunk.initializeMemory(as: UInt8.self, repeating: 0, count: chunkByteCount)
        return unsafe chunk
    }
}

/// A place among the registered sequences.
struct SnapshotHold: Sendable {
    /// The highest sequence that is seen.
    let sequence: UInt64
    fileprivate let slot: SharedWord

    /// Gives the place up; whoever gets it next has it from here on.
    func release() { slot.store(0) }
}

/// A point in time that can be read until it is released: nothing that was visible then is given back meanwhile.
package final class IndexSnapshot: Sendable {
    /// The highest sequence that belongs to it.
    package var sequence: UInt64 { hold.sequence }
    // Keeps the registry's memory.
    private let index: VersionedIndex
    private let hold: SnapshotHold
    private let isReleased = Atomic(false)

    init(_ index: VersionedIndex, _ hold: SnapshotHold) {
        self.index = index
        self.hold = hold
    }

    deinit {
        release()
    }

    /// Whether it is a moment of that index.
    package func isOf(_ index: VersionedIndex) -> Bool { index === self.index }

    /// Ends it before the last reference goes.
    ///
    /// A second call does nothing.
    package func release() {
        if !isReleased.exchange(true, ordering: .acquiringAndReleasing) { hold.release() }
    }
}
