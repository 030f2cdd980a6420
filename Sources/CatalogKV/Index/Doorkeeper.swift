internal import Synchronization

/// Remembers for a while which items were asked for.
///
/// Only what is asked for again gets a place in memory that something else has to give up (the doorkeeper of
/// G. Einziger, R. Friedman and B. Manes, "TinyLFU", 2017).
///
/// A table of tags that newer ones overwrite: the longer an item is not asked for, the likelier it is forgotten.
@safe struct Doorkeeper: @unchecked Sendable {
    private static let slotCount = 4_096

    // Atomics that any reader may store into, alive until destroy.
    private let tags: UnsafeMutablePointer<Atomic<UInt32>>

    init() {
        unsafe tags = .allocate(capacity: Doorkeeper.slotCount)
        for index in 0..<Doorkeeper.slotCount { unsafe (tags + index).initialize(to: Atomic(0)) }
    }

    func destroy() {
        unsafe tags.deallocate()
    }

    /// Whether the version was seen here before; from now on it was.
    func hasSeen(_ sequence: UInt64) -> Bool {
        let hash = sequence &* 0x9E37_79B9_7F4A_7C15
        let slot = Int(truncatingIfNeeded: hash >> 52)
        let tag = UInt32(truncatingIfNeeded: hash >> 20) | 1
        let isKnown = unsafe tags[slot].load(ordering: .relaxed) == tag
        if !isKnown { unsafe tags[slot].store(tag, ordering: .relaxed) }
        return isKnown
    }
}
