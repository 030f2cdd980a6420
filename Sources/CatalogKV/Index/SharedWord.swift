internal import Synchronization

/// An atomic word at an address that its owner keeps alive.
///
/// Loads acquire, stores release; what must also be seen in one order by all says so.
@safe struct SharedWord: @unchecked Sendable {
    // An atomic, which any thread may touch.
    private let pointer: UnsafeMutablePointer<Atomic<UInt64>>

    @inline(__always)
    init(_ address: UnsafeMutableRawPointer) {
        unsafe pointer = address.assumingMemoryBound(to: Atomic<UInt64>.self)
    }

    @inline(__always)
    func load() -> UInt64 { unsafe pointer.pointee.load(ordering: .acquiring) }

    @inline(__always)
    func store(_ value: UInt64) { unsafe pointer.pointee.store(value, ordering: .releasing) }

    @inline(__always)
    func loadInOrder() -> UInt64 { unsafe pointer.pointee.load(ordering: .sequentiallyConsistent) }

    @inline(__always)
    func storeInOrder(_ value: UInt64) { unsafe pointer.pointee.store(value, ordering: .sequentiallyConsistent) }

    /// Puts `value` in the place of `expected`, if that is there; in order.
    @inline(__always)
    func exchange(_ expected: UInt64, for value: UInt64) -> Bool {
        unsafe pointer.pointee
            .compareExchange(expected: expected, desired: value, ordering: .sequentiallyConsistent).exchanged
    }

    /// Returns the value before; in order.
    func increment() -> UInt64 {
        unsafe pointer.pointee.wrappingAdd(1, ordering: .sequentiallyConsistent).oldValue
    }

    /// In order.
    func raise(to value: UInt64) {
        unsafe pointer.pointee.max(value, ordering: .sequentiallyConsistent)
    }
}
