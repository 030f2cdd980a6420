import Glibc
import Testing
import VitrineSync
import VitrineTestSupport

@Suite("Locks, threads and clocks")
struct SyncTests {
    @Test("a locked value is reached by one at a time")
    func locked() async {
        let count = Shared(0)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<10_000 { count.update { $0 += 1 } } }
            }
        }
        #expect(count.value == 80_000)
    }

    @Test("an error leaves the lock free")
    func lockedError() {
        struct Refused: Error {}
        let value = Locked(1)
        #expect(throws: Refused.self) { try value.withLock { _ throws(Refused) in throw Refused() } }
        #expect(value.withLock { $0 } == 1)
    }

    @Test("a semaphore lets through as many as it was given and signalled")
    func semaphore() throws {
        let semaphore = Semaphore(initialCount: 2)
        semaphore.wait()
        semaphore.wait()
        let passed = Shared(0)
        let done = Semaphore()
        let thread = try WorkerThread(name: "waiter") {
            semaphore.wait()
            passed.update { $0 += 1 }
            done.signal()
        }
        thread.signal()
        #expect(passed.value == 0)
        semaphore.signal()
        done.wait()
        #expect(passed.value == 1)
        semaphore.signal()  // For the last run of the body.
        thread.stop()
        #expect(passed.value == 2)
    }

    @Test("a thread answers every signal, runs once for many, and a last time when it stops")
    func workerThread() throws {
        let work = Shared((waiting: 0, done: 0, runs: 0))
        let thread = try WorkerThread(name: "a-name-longer-than-15-bytes") {
            work.update { work in
                work.done += work.waiting
                work.waiting = 0
                work.runs += 1
            }
        }
        for _ in 0..<1_000 {
            work.update { $0.waiting += 1 }
            thread.signal()
        }
        thread.stop()
        let (waiting, done, runs) = work.value
        #expect(waiting == 0 && done == 1_000)
        #expect(runs >= 1 && runs <= 1_001)
        thread.signal()
        thread.stop()
        #expect(work.update { $0.runs } == runs, "a stopped thread runs no more")
    }

    @Test("the body never runs twice at once, and sees what was shared before the signal")
    func workerThreadOrder() throws {
        let running = Shared(0)
        let overlaps = Shared(0)
        let shared = Shared<[Int]>([])
        let seen = Shared<[Int]>([])
        let thread = try WorkerThread(name: "order") {
            if running.update({ count in
                count += 1
                return count
            }) > 1 {
                overlaps.update { $0 += 1 }
            }
            let taken = shared.update { list in
                defer { list = [] }
                return list
            }
            seen.update { $0 += taken }
            running.update { $0 -= 1 }
        }
        for number in 0..<5_000 {
            shared.update { $0.append(number) }
            thread.signal()
        }
        thread.stop()
        #expect(overlaps.value == 0)
        #expect(seen.value == Array(0..<5_000))
    }

    @Test("a thread can drop the last reference to itself, and ends")
    func workerThreadDropsItself() throws {
        let holder = Shared<WorkerThread?>(nil)
        let ended = Semaphore()
        try startThreadThatLetsGoOfItself(holder, ended)
        holder.update { $0?.signal() }
        ended.wait()
        #expect(holder.update { $0 == nil })
    }

    /// The thread's body is all that holds what signals `ended` when it goes.
    private func startThreadThatLetsGoOfItself(_ holder: Shared<WorkerThread?>, _ ended: VitrineSync.Semaphore) throws {
        let last = SignalsWhenGone(ended)
        let thread = try WorkerThread(name: "lets-go") {
            _ = last
            _ = holder.update { $0.take() }
        }
        holder.update { $0 = thread }
    }

    @Test("the wall clock gives the system's time")
    func wallClock() {
        let before = systemSecond()
        let now = WallClock.sinceEpoch().components.seconds
        #expect(before <= now && now <= systemSecond())
    }

    /// Not of `time`, which tells the last tick's second and so may be behind at the turn of one.
    private func systemSecond() -> Int64 {
        var time = timeval()
        unsafe gettimeofday(&time, nil)
        return Int64(time.tv_sec)
    }

    @Test("a manual clock stands still until it is moved, either way")
    func manualClock() {
        let clock = ManualClock(sinceEpoch: .seconds(100))
        let now = clock.now
        #expect(now() == .seconds(100) && now() == .seconds(100))
        clock.advance(by: .milliseconds(1_500))
        #expect(now() == .milliseconds(101_500))
        clock.advance(by: .seconds(-2))
        #expect(now() == .milliseconds(99_500))
    }

    @Test(
        "whole milliseconds are rounded down and saturate",
        arguments: [
            (.zero, 0), (.milliseconds(1_234), 1_234), (.nanoseconds(1_999_999), 1), (.nanoseconds(-1), -1),
            (.milliseconds(-1_500), -1_500), (.microseconds(-1_500), -2), (.seconds(Int64.max), .max),
            (.seconds(Int64.min), .min), (.seconds(Int64.max / 1_000), Int64.max / 1_000 * 1_000),
        ] as [(Duration, Int64)]
    )
    func wholeMilliseconds(duration: Duration, expected: Int64) {
        #expect(duration.wholeMilliseconds == expected)
    }

    @Test("a seeded generator repeats its course, and another seed takes another")
    func seededGenerator() {
        var first = SeededGenerator(seed: 1)
        var second = SeededGenerator(seed: 1)
        var other = SeededGenerator(seed: 2)
        let bytes = first.bytes(100)
        #expect(bytes == second.bytes(100) && bytes != other.bytes(100) && bytes.count == 100)
        // The published first output of SplitMix64 for seed 1234567.
        var published = SeededGenerator(seed: 1_234_567)
        #expect(published.next() == 6_457_827_717_110_365_317)
    }
}

private final class SignalsWhenGone: Sendable {
    private let semaphore: VitrineSync.Semaphore

    init(_ semaphore: VitrineSync.Semaphore) {
        self.semaphore = semaphore
    }

    deinit {
        semaphore.signal()
    }
}
