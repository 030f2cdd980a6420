import Foundation
import Harness
import Synchronization

/// An engine that takes part, whichever it is.
protocol Entrant: Sendable {
    var name: String { get }
    /// Opens a store and loads all items.
    func prepare() async throws
    /// Closes what is open.
    func close() async throws
    /// The engine doing a workload on the threads that the row times.
    func contender(_ workload: Workload) -> Contender
    /// Flushed puts by `count` clients at once.
    func clients(_ count: Int, operations: Int) -> Contender
    /// The time to open the store, after a close or after a child that wrote to it was killed.
    func opening(afterKill: Bool) -> Contender
    /// Bytes on disk for each live byte, after every key was overwritten three times.
    func diskAfterOverwriting() -> Contender
    /// Bytes of memory for each key that opening the store takes, and reading all of it where `isRead`, without the key's
    /// own and without what values that came to stand in memory take of the budget for them.
    func memoryPerKey(isRead: Bool) -> Contender
}

/// An engine's store, and what runs on it.
final class Entry<S: Store>: Entrant {
    let plan: Plan
    let zipfian: Zipfian
    let path: String
    private let slot = Mutex<S?>(nil)

    init(_ type: S.Type, _ plan: Plan, _ zipfian: Zipfian) {
        self.plan = plan
        self.zipfian = zipfian
        path = plan.directory + "/" + S.name
    }

    var name: String { S.name }

    func store() throws -> S {
        guard let store = slot.withLock({ $0 }) else { throw WrongResult("\(S.name) is not open") }
        return store
    }

    func open() async throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let store = try await S.open(at: path, plan)
        slot.withLock { $0 = store }
    }

    func close() async throws {
        let store = slot.withLock { slot in
            defer { slot = nil }
            return slot
        }
        try await store?.close()
    }

    func prepare() async throws {
        try await open()
        try await load()
    }

    /// Loads all items in batches of a thousand, each of whole partitions.
    private func load() async throws {
        let store = try store()
        let start = Timing.onTheWall()
        for first in stride(from: 0, to: plan.itemCount, by: 1_000) {
            let items = first..<min(first + 1_000, plan.itemCount)
            var values = Values(count: items.count, length: plan.valueLength)
            for item in items { values.fill(item - first, item: item, generation: 0) }
            try await store.load(items.map { ItemKey(item: $0) }, values.bytes)
        }
        try await store.finishLoading()
        let seconds = (Timing.onTheWall() - start) / 1e9
        FileHandle.standardError.write(Data("\(S.name) loaded in \(String(format: "%.1f", seconds)) s\n".utf8))
    }

    /// Throws unless some items, all over the store, can be read.
    func checkSample() throws {
        let steps = (0..<100).map { Operation(kind: .get, item: UInt32($0 * (plan.itemCount / 100))) }
        let driver = try Driver(try store(), steps: steps, plan: plan, isSynced: false)
        try driver.read(0..<steps.count)
        try driver.check()
    }

    /// A contender of this engine, with its version and settings; the store must be open.
    func described(
        check: @escaping @Sendable () throws -> Void,
        task: @escaping @Sendable (Int, Int) async throws -> Void
    ) -> Contender {
        let (version, settings) = description
        var contender = Contender(S.name, version: version, settings: settings, check: check, task: task)
        contender.turnShare = S.turnShare
        contender.cpuElsewhere = { [self] in try store().cpuElsewhere() ?? 0 }
        return contender
    }

    var description: (version: String, settings: [String: String]) {
        slot.withLock { ($0?.version ?? "", $0?.settings ?? [:]) }
    }
}

extension Entry {
    func contender(_ workload: Workload) -> Contender {
        let drivers = Drivers<S>(workload.threads)
        return described(
            check: { try drivers.finish() },
            task: { [self] operations, thread in
                let driver = try drivers.driver(thread) {
                    let count = workload.operations * (plan.rounds + 1)
                    let store = try store()
                    try store.setSynced(false)
                    let steps = workload.steps(thread: thread, count: count, plan: plan, zipfian: zipfian)
                    return try Driver(store, steps: steps, plan: plan, isSynced: false)
                }
                try await driver.run(operations)
            }
        )
    }

    func clients(_ count: Int, operations: Int) -> Contender {
        let drivers = Drivers<S>(count)
        let (version, settings) = description
        return Contender(
            S.name,
            version: version,
            settings: settings,
            check: { try drivers.finish() },
            wall: { [self] operations in
                let store = try store()
                try store.setSynced(true)
                let work: @Sendable (Int) async throws -> Void = { [self] client in
                    let driver = try drivers.driver(client) {
                        let workload = Workload.puts(operations: operations)
                        let steps = workload.steps(thread: client, count: 4_096, plan: plan, zipfian: zipfian)
                        return try Driver(store, steps: steps, plan: plan, isSynced: true)
                    }
                    try await driver.run(operations / count)
                }
                if S.hasAsyncClients {
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for client in 0..<count { group.addTask { try await work(client) } }
                        try await group.waitForAll()
                    }
                } else {
                    try Timing.onThreads(count, work: work)
                }
            }
        )
    }
}

/// The drivers of a row's threads, made by the first turn of each, which only warms up.
final class Drivers<S: Store>: @unchecked Sendable {
    // Each slot is used by one thread at a time; the threads of a turn are joined before the next.
    private final class Slot {
        var driver: Driver<S>?
    }
    private let slots: [Slot]

    init(_ count: Int) { slots = (0..<count).map { _ in Slot() } }

    func driver(_ thread: Int, make: () throws -> Driver<S>) throws -> Driver<S> {
        if let driver = slots[thread].driver { return driver }
        let driver = try make()
        slots[thread].driver = driver
        return driver
    }

    /// Throws unless all were right; forgets the steps and keys, which take much memory.
    func finish() throws {
        for slot in slots {
            try slot.driver?.check()
            slot.driver = nil
        }
    }
}
