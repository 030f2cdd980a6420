internal import Glibc
internal import Synchronization
internal import VitrineCIntrinsics

/// A thread of its own for work that blocks (disk flushes, SQLite), which must never hold up a thread of Swift's
/// cooperative pool.
///
/// The body runs once for each `signal`, or once for several that came while it was busy, and a last time when the
/// thread is stopped; never twice at once. What there is to do it finds in state shared with those who signal. One
/// that was given an interval runs as well whenever nobody has signalled for so long.
package final class WorkerThread: Sendable {
    private let shared: Shared
    private let handle: Locked<pthread_t?>

    /// Starts the thread under `name`, of which the kernel keeps 15 bytes.
    ///
    /// - Throws: `WorkerThreadError` when the system has no thread to give.
    package init(
        name: String,
        interval: Duration? = nil,
        body: @escaping @Sendable () -> Void
    ) throws(WorkerThreadError) {
        let shared = Shared(name: name, interval: interval, body: body)
        var thread = pthread_t()
        let context = unsafe Unmanaged.passRetained(shared)
        let status = unsafe pthread_create(
            &thread,
            nil,
            { context in
                guard let context = unsafe context else { return nil }
                unsafe Unmanaged<Shared>.fromOpaque(context).takeRetainedValue().run()
                return nil
            },
            context.toOpaque()
        )
        guard status == 0 else {
            unsafe context.release()
            throw WorkerThreadError(errno: status)
        }
        self.shared = shared
        handle = Locked(thread)
    }

    deinit {
        stop()
    }

    /// Has the body run once more, soon.
    package func signal() {
        shared.signal()
    }

    /// Has the body run a last time and waits until it returned; later calls return at once.
    package func stop() {
        guard let thread = handle.withLock({ $0.take() }) else { return }
        shared.isStopping.store(true, ordering: .releasing)
        shared.semaphore.signal()
        if pthread_equal(thread, pthread_self()) != 0 {
            pthread_detach(thread)  // The body itself dropped the last reference: it cannot wait for its own end.
        } else {
            pthread_join(thread, nil)
        }
    }
}

/// The system refused a new thread.
package struct WorkerThreadError: Error, Sendable {
    /// What `pthread_create(3)` returned.
    package let errno: Int32
}

private final class Shared: Sendable {
    let name: String
    let interval: Duration?
    let body: @Sendable () -> Void
    let semaphore = Semaphore()
    /// Whether a wake-up is under way that the body has not yet answered, so that a thousand signals cost one.
    let isSignalled = Atomic(false)
    let isStopping = Atomic(false)

    init(name: String, interval: Duration?, body: @escaping @Sendable () -> Void) {
        self.name = name
        self.interval = interval
        self.body = body
    }

    func signal() {
        // Acquiring and releasing: what was shared before the signal is seen by the run that answers it.
        if !isSignalled.exchange(true, ordering: .acquiringAndReleasing) { semaphore.signal() }
    }

    func run() {
        unsafe name.withCString { unsafe vitrine_name_thread($0) }
        var stopping = false
        while !stopping {
            if let interval { semaphore.wait(for: interval) } else { semaphore.wait() }
            stopping = isStopping.load(ordering: .acquiring)
            _ = isSignalled.exchange(false, ordering: .acquiringAndReleasing)
            body()
        }
    }
}
