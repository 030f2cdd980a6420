import Harness
import Peers

/// One thread's or client's steps on one store, each checked.
///
/// The loops are compiled for each engine: unspecialised, each step would look up types and copy keys through witness
/// tables, and the slower the harness, the more alike all engines look.
final class Driver<S: Store> {
    private let session: S.Session
    private let steps: [Operation]
    private let keys: [S.Session.PreparedKey]
    private let itemCount: Int
    private let isReadOnly: Bool
    private var value: Values
    private var values: Values
    private var next = 0
    private var nextKey = 0
    private var generation: UInt64 = 0
    /// What was read and what should have been.
    private(set) var sum: UInt64 = 0
    private(set) var expected: UInt64 = 0
    private(set) var problem: String?

    init(_ store: S, steps: [Operation], plan: Plan, isSynced: Bool) throws {
        session = try store.session(isSynced: isSynced)
        self.steps = steps
        itemCount = plan.itemCount
        isReadOnly = steps.allSatisfy { [.get, .missing, .query].contains($0.kind) }
        keys = steps.flatMap { step in
            step.items(of: plan.itemCount).map {
                S.Session.prepare(
                    ItemKey(item: $0, isMissing: step.kind == .missing),
                    forRange: step.kind == .query
                )
            }
        }
        value = Values(length: plan.valueLength)
        values = Values(count: Operation.transactionPutCount, length: plan.valueLength)
    }

    /// Throws unless all that was read was right.
    func check() throws {
        if let problem { throw WrongResult(problem) }
        guard sum == expected else { throw WrongResult("\(S.name): the values read are not those put") }
    }

    /// Takes the next `count` steps, from the start again after the last.
    func run(_ count: Int) async throws {
        var left = count
        while left > 0 {
            let end = min(steps.count, next + left)
            left -= end - next
            if isReadOnly {
                try read(next..<end)
            } else {
                try await take(next..<end)
            }
            next = end == steps.count ? 0 : end
            if next == 0 { nextKey = 0 }
        }
    }

    @specialized(where S == CatalogStore)
    @specialized(where S == RocksDBStore)
    @specialized(where S == LMDBStore)
    @specialized(where S == SQLiteStore)
    @specialized(where S == RedisStore)
    func read(_ range: Range<Int>) throws {
        let keys = keys
        for index in range { try read(steps[index], keys.span[nextKey]) }
    }

    @specialized(where S == CatalogStore)
    @specialized(where S == RocksDBStore)
    @specialized(where S == LMDBStore)
    @specialized(where S == SQLiteStore)
    @specialized(where S == RedisStore)
    private func take(_ range: Range<Int>) async throws {
        for index in range { try await step(steps[index]) }
    }

    /// The key is borrowed where it stands: a copy would count references, at the engine's expense.
    @inline(__always)
    private func read(_ step: Operation, _ key: borrowing S.Session.PreparedKey) throws {
        nextKey += 1
        switch step.kind {
        case .query:
            let found = try session.range(from: key, limit: Int(step.limit))
            for offset in 0..<Int(step.limit) { expected &+= Values.sum(Int(step.item) + offset) }
            sum &+= found.sum
            if found.count != Int(step.limit) {
                problem = "\(S.name): a range from item \(step.item) has \(found.count) items, not \(step.limit)"
            }
        case .missing:
            if try session.sum(key) != nil { problem = "\(S.name): a missing key was found" }
        default:
            expected &+= Values.sum(Int(step.item))
            guard let found = try session.sum(key) else {
                problem = "\(S.name): item \(step.item) is missing"
                return
            }
            sum &+= found
        }
    }

    @inline(__always)
    private func step(_ step: Operation) async throws {
        let keys = keys
        switch step.kind {
        case .get, .missing, .query: try read(step, keys.span[nextKey])
        case .put, .insert: try await put(step)
        case .readModifyWrite:
            try read(step, keys.span[nextKey])
            nextKey -= 1
            try await put(step)
        case .transaction: try await transact(step)
        }
    }

    @inline(__always)
    private func put(_ step: Operation) async throws {
        generation += 1
        value.fill(item: Int(step.item), generation: generation)
        let key = keys[nextKey]
        nextKey += 1
        try await session.put(key, value.bytes)
    }

    @inline(__always)
    private func transact(_ step: Operation) async throws {
        let count = Operation.transactionPutCount
        generation += 1
        for index in 0..<count {
            let item = (Int(step.item) + (index + 1) * 611_953) % itemCount
            values.fill(index, item: item, generation: generation)
        }
        let own = keys[nextKey...nextKey + count]
        nextKey += count + 1
        if try await !session.transact(own, values.bytes) {
            problem = "\(S.name): a transaction's check failed on an item that is there"
        }
    }
}
