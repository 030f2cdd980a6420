import Harness

/// One step of a workload.
struct Operation: Sendable {
    enum Kind: UInt8, Sendable {
        case get
        case missing
        case query
        case put
        case insert
        case readModifyWrite
        case transaction
    }
    let kind: Kind
    /// The most items of a query.
    var limit: UInt8 = 0
    let item: UInt32

    /// How many puts a transaction has, beside its check.
    static let transactionPutCount = 4

    /// The items whose keys it needs: of a transaction the one that is checked, then those that are put.
    func items(of itemCount: Int) -> [Int] {
        guard kind == .transaction else { return [Int(item)] }
        return (0...Self.transactionPutCount).map { (Int(item) + $0 * 611_953) % itemCount }
    }
}

/// What a row has each contender do: the same steps in the same order.
struct Workload: Sendable {
    let name: String
    /// How many threads work at once.
    var threads = 1
    /// How many steps make a round of one thread.
    let operations: Int
    /// Sets the items that the workload inserts apart from those of others.
    var region = 0
    /// The next step.
    let step: @Sendable (inout Source) -> Operation

    /// What steps are drawn from.
    struct Source {
        var random: SplitMix
        let zipfian: Zipfian
        let itemCount: Int
        let firstInsert: Int
        let insertStride: Int
        var insertCount = 0

        mutating func uniform() -> Int { random.below(itemCount) }
        mutating func popular() -> Int { zipfian.item(&random) }

        /// A new item, which no other thread or workload inserts.
        mutating func fresh() -> Int {
            defer { insertCount += 1 }
            return firstInsert + insertCount * insertStride
        }

        /// The newer the likelier.
        mutating func latest() -> Int {
            let rank = zipfian.rank(&random)
            if rank < insertCount { return firstInsert + (insertCount - 1 - rank) * insertStride }
            return max(0, itemCount - 1 - (rank - insertCount))
        }

        /// The start of a range of `limit` items that stay in one partition.
        func start(_ item: Int, limit: Int) -> Int {
            let position = item % ItemKey.partitionItemCount
            let last = min(ItemKey.partitionItemCount, itemCount - (item - position)) - limit
            return item - position + min(position, max(0, last))
        }
    }

    /// The steps of one thread.
    func steps(thread: Int, count: Int, plan: Plan, zipfian: Zipfian) -> [Operation] {
        var source = Source(
            random: SplitMix(seed: UInt64(1_000 + thread)),
            zipfian: zipfian,
            itemCount: plan.itemCount,
            firstInsert: plan.itemCount * 2 + region * 10_000_000 + thread,
            insertStride: threads
        )
        return (0..<count).map { _ in step(&source) }
    }
}

extension Workload {
    static func gets(_ name: String, threads: Int, _ item: @escaping @Sendable (inout Source) -> Int) -> Workload {
        Workload(name: "get, \(name)\(suffix(threads))", threads: threads, operations: 200_000) {
            Operation(kind: .get, item: UInt32(item(&$0)))
        }
    }

    static func missing(threads: Int) -> Workload {
        Workload(name: "get, missing\(suffix(threads))", threads: threads, operations: 200_000) {
            Operation(kind: .missing, item: UInt32($0.uniform()))
        }
    }

    static let query = Workload(name: "query of 20 under one partition key", operations: 40_000) {
        let item = $0.uniform()
        return Operation(kind: .query, limit: 20, item: UInt32($0.start(item, limit: 20)))
    }

    static func puts(operations: Int) -> Workload {
        Workload(name: "put, buffered", operations: operations) {
            Operation(kind: .put, item: UInt32($0.uniform()))
        }
    }

    static let transactions = Workload(name: "transaction of 4 puts and a check, buffered", operations: 10_000) {
        Operation(kind: .transaction, item: UInt32($0.uniform()))
    }

    private static func suffix(_ threads: Int) -> String { threads == 1 ? "" : ", \(threads) threads" }
}
