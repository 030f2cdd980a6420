import CatalogKV
import Synchronization
import Testing

@Suite("The signal that changes were published")
struct ChangeSignalTests {
    // What waits when the time is over is cancelled, and has not seen everything.
    @Test("never lets one sleep through what was published", .timeLimit(.minutes(5)))
    func noLostWakeUp() async throws {
        let signal = ChangeSignal()
        let published = Counter()
        let count = 20_000
        await withTaskGroup(of: Int.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var seen = 0
                    while seen < count, !Task.isCancelled {
                        let last = seen
                        await signal.wait { published.value.load(ordering: .acquiring) > last }
                        // Others may have been woken for the same; a turn without news is no harm.
                        seen = published.value.load(ordering: .acquiring)
                    }
                    return seen
                }
            }
            for _ in 0..<count {
                published.value.add(1, ordering: .acquiringAndReleasing)
                signal.raise()
                if Int.random(in: 0..<50) == 0 { await Task.yield() }
            }
            for await seen in group { #expect(seen == count) }
        }
    }

    @Test("lets go of a cancelled task at once, whether it waits already or not", arguments: [false, true])
    func cancellation(waitsFirst: Bool) async throws {
        let signal = ChangeSignal()
        let asked = Counter()
        let ended = Counter()
        let task = Task {
            while !waitsFirst && !Task.isCancelled { await Task.yield() }
            await signal.wait {
                asked.value.add(1, ordering: .relaxed)
                return false
            }
            ended.value.add(1, ordering: .relaxed)
        }
        while waitsFirst && asked.value.load(ordering: .relaxed) == 0 { await Task.yield() }
        task.cancel()
        let end = ContinuousClock.now + .seconds(60)
        while ended.value.load(ordering: .relaxed) == 0, ContinuousClock.now < end { await Task.yield() }
        #expect(ended.value.load(ordering: .relaxed) == 1, "it waits on although it was cancelled")
        // Nobody is there any more who could be woken.
        signal.raise()
    }
}

private final class Counter: Sendable {
    let value = Atomic(0)
}
