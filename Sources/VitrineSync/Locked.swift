public import Synchronization
public import VitrineCIntrinsics

/// A value that only `withLock` can reach: the one lock of the suite.
///
/// It is `Mutex` from the Synchronization module, made visible to ThreadSanitizer, which on Linux does not see
/// that lock and reports every contended access as a race. The two annotations tell it what the lock orders; in a
/// build without the sanitizer each is one test of a null symbol. An uncontended `withLock` costs about 5 ns.
@usableFromInline
package struct Locked<Value: ~Copyable>: ~Copyable {
    @usableFromInline let mutex: Mutex<Value>

    /// Wraps `value`, which nothing else may still refer to.
    @inlinable
    package init(_ value: consuming sending Value) {
        mutex = Mutex(value)
    }

    /// Runs `body` with exclusive access to the value.
    ///
    /// Keep it short, and never suspend or call out to a caller's code inside: the lock is not recursive.
    @inlinable
    package borrowing func withLock<Result: ~Copyable, Failure: Error>(
        _ body: (inout sending Value) throws(Failure) -> sending Result
    ) throws(Failure) -> sending Result {
        try mutex.withLock { value throws(Failure) in
            acquire()
            defer { release() }
            return try body(&value)
        }
    }

    /// Runs `body` as `withLock` does when nobody has the lock now; else does nothing.
    ///
    /// `body` must not throw.
    @inlinable
    package borrowing func withLockIfAvailable(_ body: (inout sending Value) -> Void) {
        _ = mutex.withLockIfAvailable { value in
            acquire()
            defer { release() }
            body(&value)
        }
    }
}

extension Locked where Value: ~Copyable {
    /// Tells ThreadSanitizer, where there is one, that this thread now sees what the last holder wrote.
    @inlinable
    package borrowing func acquire() {
        // Only the address is used, as a name for the lock.
        unsafe withUnsafePointer(to: mutex) { unsafe vitrine_tsan_acquire(UnsafeMutableRawPointer(mutating: $0)) }
    }

    /// Tells ThreadSanitizer that the next holder will see what this thread wrote.
    @inlinable
    package borrowing func release() {
        unsafe withUnsafePointer(to: mutex) { unsafe vitrine_tsan_release(UnsafeMutableRawPointer(mutating: $0)) }
    }
}

// The mutex hands the value to one thread at a time.
extension Locked: @unchecked Sendable where Value: ~Copyable {}
