internal import CAffinity
internal import Glibc
internal import Synchronization

extension Comparison {
    /// Warms both sides up, then takes turns: A B, B A, A B …, so that neither always runs on what the other left
    /// in the caches.
    func run(rounds: Int) async throws -> Outcome {
        _ = try await time(ours, max(1, operations / 4))
        _ = try await time(peer, max(1, operations / 4))
        var oursTimes: [Double] = []
        var peerTimes: [Double] = []
        for round in 0..<rounds {
            if round.isMultiple(of: 2) {
                oursTimes.append(try await time(ours, operations))
                peerTimes.append(try await time(peer, operations))
            } else {
                peerTimes.append(try await time(peer, operations))
                oursTimes.append(try await time(ours, operations))
            }
        }
        try ours.check()
        try peer.check()
        return Outcome(comparison: self, ours: oursTimes, peer: peerTimes)
    }

    /// Nanoseconds per operation of one turn.
    private func time(_ contender: Contender, _ operations: Int) async throws -> Double {
        let nanoseconds: Double
        switch (contender.work, measure) {
        case (.threads(let work), .threadCPU):
            nanoseconds = try onThreads(1, operations, work)
        case (.threads(let work), .twoThreadsCPU):
            nanoseconds = try onThreads(2, operations, work)
        case (.threads(let work), .wall):
            let start = Nanoseconds.onTheWall()
            try work(operations, 0)
            nanoseconds = Nanoseconds.onTheWall() - start
        case (.wall(let work), _):
            let start = Nanoseconds.onTheWall()
            try await work(operations)
            nanoseconds = Nanoseconds.onTheWall() - start
        }
        return nanoseconds / Double(operations)
    }
}

enum Nanoseconds {
    static func onTheWall() -> Double { read(CLOCK_MONOTONIC) }
    static func onThisThread() -> Double { read(CLOCK_THREAD_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) * 1e9 + Double(time.tv_nsec)
    }
}

/// Runs `work` on one thread, or on two that start together, each pinned; returns the mean of their CPU times.
///
/// Two threads work in ten slices and wait for each other before each, so that nearly all of what is timed runs
/// while the other runs too; the waiting is not counted.
private func onThreads(
    _ count: Int,
    _ operations: Int,
    _ work: @escaping @Sendable (Int, Int) throws -> Void
) throws -> Double {
    let slices = count == 1 ? 1 : 10
    let gate = Gate(count)
    let threads = (0..<count).map { index in
        PinnedThread(processor: Int(benchmarks_processor(Int32(index % max(1, Int(benchmarks_processor_count())))))) {
            var busy = 0.0
            for slice in 0..<slices {
                let share = operations * (slice + 1) / slices - operations * slice / slices
                gate.wait()
                let start = Nanoseconds.onThisThread()
                try work(share, index)
                busy += Nanoseconds.onThisThread() - start
            }
            return busy
        }
    }
    let times = try threads.map { try $0.join() }
    return times.reduce(0, +) / Double(count)
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
