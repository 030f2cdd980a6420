import CatalogKV
import Synchronization
import Testing

@Suite("The signal that changes were published")
struct ChangeSignalTests {
    @Test("never lets one sleep through what was published")
    func noLostWakeUp() async throws {
        let signal = ChangeSignal()
        let published = Counter()
        let count = 20_000
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<3 {
                group.addTask {
                    var seen = 0
                    while seen < count {
                        let last = seen
                        await signal.wait { published.value.load(ordering: .acquiring) > last }
                        // Others may have been woken for the same; a turn without news is no harm.
                        seen = published.value.load(ordering: .acquiring)
                    }
                }
            }
            for _ in 0..<count {
                published.value.add(1, ordering: .acquiringAndReleasing)
                signal.raise()
                if Int.random(in: 0..<50) == 0 { await Task.yield() }
            }
            await group.waitForAll()
        }
    }

    @Test("lets go of a cancelled task at once, whether it waits already or not", arguments: [false, true])
    func cancellation(waitsFirst: Bool) async throws {
        let signal = ChangeSignal()
        let asked = Counter()
        let task = Task {
            while !waitsFirst && !Task.isCancelled { await Task.yield() }
            await signal.wait {
                asked.value.add(1, ordering: .relaxed)
                return false
            }
        }
        while waitsFirst && asked.value.load(ordering: .relaxed) == 0 { await Task.yield() }
        task.cancel()
        await task.value
        signal.raise()
    }
}

private final class Counter: Sendable {
    let value = Atomic(0)
}
