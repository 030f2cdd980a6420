internal import Glibc
internal import VitrineCIntrinsics

/// A counting semaphore that a thread blocks on (`sem_init(3)`).
///
/// For threads of our own only: a task that waited here would hold a thread of the cooperative pool.
@safe package final class Semaphore: @unchecked Sendable {
    // The semaphore's functions are the only access, and are safe from any thread.
    private let storage: UnsafeMutablePointer<sem_t>

    /// Creates a semaphore whose first `initialCount` waits do not block.
    package init(initialCount: UInt32 = 0) {
        unsafe storage = .allocate(capacity: 1)
        // Fails only above SEM_VALUE_MAX, which a UInt32 of ours never nears.
        let status = unsafe sem_init(storage, 0, initialCount)
        precondition(status == 0, "a semaphore cannot start at \(initialCount)")
    }

    deinit {
        unsafe sem_destroy(storage)
        unsafe storage.deallocate()
    }

    /// Adds one, and wakes one waiter if there is any.
    package func signal() {
        unsafe sem_post(storage)
    }

    /// Takes one, blocking the thread until there is one to take.
    package func wait() {
        while unsafe sem_wait(storage) != 0 {}  // EINTR only: the semaphore is valid for as long as self is.
    }

    /// Takes one, blocking the thread for at most `duration`; returns whether there was one to take.
    @discardableResult
    package func wait(for duration: Duration) -> Bool {
        let (seconds, attoseconds) = duration.components
        let nanoseconds = min(max(seconds, 0), 1 << 32) * 1_000_000_000 + max(attoseconds, 0) / 1_000_000_000
        return unsafe vitrine_semaphore_wait(storage, nanoseconds) != 0
    }
}
