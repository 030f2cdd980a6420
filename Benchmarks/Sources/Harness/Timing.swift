internal import CAffinity
internal import Glibc
internal import Synchronization

/// The clocks, and the threads that are timed.
public enum Timing {
    /// A clock that only goes forwards, in nanoseconds.
    public static func onTheWall() -> Double { read(CLOCK_MONOTONIC) }
    /// CPU time of the calling thread, in nanoseconds.
    public static func onThisThread() -> Double { read(CLOCK_THREAD_CPUTIME_ID) }
    /// CPU time of all threads of this process, in nanoseconds.
    public static func ofThisProcess() -> Double { read(CLOCK_PROCESS_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }

    /// Runs `work` on one thread, or on several that start together, each pinned; returns the mean of their CPU times.
    ///
    /// Several threads work in ten slices and wait for each other before each, so that nearly all of what is timed runs
    /// while the others run too; the waiting is not counted.
    public static func cpu(
        threads count: Int,
        operations: Int,
        work: @escaping @Sendable (_ operations: Int, _ thread: Int) throws -> Void
    ) throws -> Double {
        try each(count, operations, by: onThisThread, work: work)
    }

    /// The same by another clock.
    static func each(
        _ count: Int,
        _ operations: Int,
        by clock: @escaping @Sendable () -> Double,
        work: @escaping @Sendable (_ operations: Int, _ thread: Int) throws -> Void
    ) throws -> Double {
        let slices = count == 1 ? 1 : 10
        let gate = Gate(count)
        let threads = (0..<count).map { index in
            PinnedThread(processor: processor(for: index)) {
                var busy = 0.0
                for slice in 0..<slices {
                    let share = operations * (slice + 1) / slices - operations * slice / slices
                    gate.wait()
                    let start = clock()
                    try work(share, index)
                    busy += clock() - start
                }
                return busy
            }
        }
        let times = try threads.map { try $0.join() }
        return times.reduce(0, +) / Double(count)
    }

    /// The same for asynchronous work: every part of it that prefers no other executor runs on the timed thread.
    public static func cpu(
        threads count: Int,
        operations: Int,
        task work: @escaping @Sendable (_ operations: Int, _ thread: Int) async throws -> Void
    ) throws -> Double {
        try cpu(threads: count, operations: operations) { share, index in
            try ThreadExecutor.run { try await work(share, index) }
        }
    }

    private static func processor(for thread: Int) -> Int {
        Int(benchmarks_processor(Int32(thread % max(1, Int(benchmarks_processor_count())))))
    }

    /// Runs `work` on `count` threads of their own, not pinned, and waits for all; throws the first error.
    public static func onThreads(
        _ count: Int,
        work: @escaping @Sendable (_ thread: Int) async throws -> Void
    ) throws {
        let threads = (0..<count).map { index in
            PinnedThread(processor: -1) {
                try ThreadExecutor.run { try await work(index) }
                return 0
            }
        }
        for result in threads.map({ thread in Result { try thread.join() } }) { _ = try result.get() }
    }
}

/// Lets its threads through once all have come: a spinning barrier, so that they start within a few nanoseconds.
private final class Gate: Sendable {
    private let size: Int
    private let arrived = Atomic(0)

    init(_ size: Int) { self.size = size }

    func wait() {
        let ticket = arrived.add(1, ordering: .acquiringAndReleasing).newValue
        let open = (ticket + size - 1) / size * size
        while arrived.load(ordering: .acquiring) < open { sched_yield() }
    }
}

private final class PinnedThread {
    private let handle: pthread_t
    private let result: ResultBox

    private final class ResultBox: @unchecked Sendable {
        // Written by the thread, read after it was joined.
        var result: Result<Double, any Error> = .failure(WrongResult("the thread did not run"))
        let body: () throws -> Double
        init(body: @escaping () throws -> Double) { self.body = body }
    }

    init(processor: Int, body: @escaping () throws -> Double) {
        let box = ResultBox {
            if processor >= 0 { benchmarks_pin_thread(Int32(processor)) }
            return try body()
        }
        result = box
        var thread = pthread_t()
        let status = pthread_create(
            &thread,
            nil,
            { context in
                guard let context else { return nil }
                let box = Unmanaged<ResultBox>.fromOpaque(context).takeRetainedValue()
                box.result = Result { try box.body() }
                return nil
            },
            Unmanaged.passRetained(box).toOpaque()
        )
        precondition(status == 0, "no thread to benchmark on: errno \(status)")
        handle = thread
    }

    func join() throws -> Double {
        pthread_join(handle, nil)
        return try result.result.get()
    }
}
