import Foundation
import Harness
import OrderLedger
import Synchronization

/// A shop with a replica in the same process, each with its own files, over a Unix socket as between two processes.
final class ReplicatedShop: Sendable {
    let shop: Shop
    let replica: LedgerReplica
    private let serving: Task<Void, any Error>
    private let following: Task<Void, any Error>

    init(in directory: String, _ mode: ReplicationMode) async throws {
        let shop = try await Shop(in: directory)
        let replica = try await LedgerReplica.open(at: directory + "/replica")
        let address = SocketAddress.unix(directory + "/socket")
        let server = try ReplicationServer(on: address, for: shop.ledger, mode: mode)
        let client = try ReplicationClient(replica, as: "replica", from: address)
        serving = Task { try await server.run() }
        following = Task { try await client.run() }
        self.shop = shop
        self.replica = replica
        while shop.ledger.statistics.sinks.first(where: { $0.name == "replica" })?.isAttached != true {
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// That the replica has everything, and adds up.
    func check() throws {
        try shop.check()
        let deadline = Date(timeIntervalSinceNow: 30)
        while replica.version?.position != shop.ledger.statistics.position {
            guard Date() < deadline else {
                throw WrongResult("the replica is at \(String(describing: replica.version))")
            }
            usleep(1_000)
        }
        let report = try replica.audit()
        guard report.firstDiscrepancy == nil, Int(report.orderCount) == shop.count else {
            throw WrongResult("\(report)")
        }
    }

    func end() async throws {
        following.cancel()
        serving.cancel()
        _ = await (following.result, serving.result)
    }
}

/// What replication costs, and how far behind a replica is.
struct ReplicationRows {
    let disk: String
    let memory: String

    func rows(options: Options) async throws -> [Comparison] {
        var rows: [Comparison] = []
        let cases: [(name: String, mode: ReplicationMode, place: String, isMemory: Bool, ratio: Double)] = [
            ("async", .async(.delayWrites), "disk", false, 0.90), ("async", .async(.delayWrites), "memory", true, 0.65),
            ("received", .received, "disk", false, 0.85), ("durable", .durable, "disk", false, 0.70),
        ]
        for one in cases {
            let name = "16 clients, replication \(one.name) against none, \(one.place)"
            guard options.includes(name) else { continue }
            let directory = (one.isMemory ? memory : disk) + "/\(one.name)"
            let replicated = try await ReplicatedShop(in: directory, one.mode)
            let plain = try await Shop(in: directory + "-none")
            let ours = Contender(
                "with a replica",
                version: "this commit",
                settings: ["mode": one.name, "link": "a Unix socket", "clients": "16 tasks"],
                check: { try replicated.check() },
                wall: { try await replicated.shop.place($0, clients: 16) }
            )
            rows.append(
                Comparison(
                    name,
                    measure: .wall,
                    operations: 6_400,
                    ours: ours,
                    peer: plain.contender(clients: 16, "without"),
                    ratioMin: one.ratio
                )
            )
        }
        if let row = try await lag(options) { rows.append(row) }
        if let row = failover(options) { rows.append(row) }
        return rows
    }

    /// From the beginning of a group to its being seen on the replica, the 99th of a hundred groups, while 16 clients
    /// place orders.
    private func lag(_ options: Options) async throws -> Comparison? {
        let name = "lag of a replica, 99th percentile, 16 clients, disk"
        guard options.includes(name) else { return nil }
        let shop = try await Shop(in: disk + "/lag")
        var configuration = ReplicaConfiguration()
        configuration.sources = [shop.ledger]
        let replica = try await LedgerReplica.open(at: disk + "/lag/replica", configuration: configuration)
        try await replica.catchUp()
        let sink = LagSink(replica)
        let link = try await shop.ledger.attach(sink, as: "replica", mode: .async(), after: replica.version)
        let running = Task { try await link.run() }
        let ours = Contender(
            "OrderLedger",
            version: "this commit",
            settings: ["mode": "async", "clients": "16 tasks"],
            figure: {
                sink.lags.withLock { $0 = [] }
                try await shop.place(6_400, clients: 16)
                try await replica.wait(for: shop.ledger.statistics.position, atMost: .seconds(30))
                let lags = sink.lags.withLock { $0.sorted() }
                guard lags.count > 100, !running.isCancelled else { throw WrongResult("\(lags.count) groups arrived") }
                return lags[lags.count * 99 / 100]
            }
        )
        return Comparison(name, measure: .figure(.nanoseconds), ours: ours, rivals: [], oursMax: 25e6)
    }

    /// From the moment that somebody knows the ledger to be gone to the first new order on disk.
    private func failover(_ options: Options) -> Comparison? {
        let name = "failover, from detection to the first new order"
        guard options.includes(name) else { return nil }
        let directory = disk
        let counter = Counter()
        let ours = Contender(
            "OrderLedger",
            version: "this commit",
            settings: ["mode": "durable", "orders": "20,000 before"],
            figure: {
                let number = counter.next()
                let replicated = try await ReplicatedShop(in: directory + "/failover-\(number)", .durable)
                try await replicated.shop.fill(20_000)
                try await replicated.replica.wait(
                    for: replicated.shop.ledger.statistics.position,
                    atMost: .seconds(30)
                )
                let start = Timing.onTheWall()
                let promoted = try await replicated.replica.promote()
                _ = try await promoted.place(Shop.request(10_000_000))
                let time = Timing.onTheWall() - start
                guard try promoted.audit().firstDiscrepancy == nil else { throw WrongResult("it does not add up") }
                try await promoted.close()
                try await replicated.end()
                try await replicated.shop.ledger.close()
                return time
            }
        )
        return Comparison(
            name,
            measure: .figure(.nanoseconds),
            ours: ours,
            rivals: [],
            oursMax: 1e9,
            roundsMax: 5,
            isWarmedUp: false
        )
    }
}

/// Numbers the rounds of a figure.
final class Counter: Sendable {
    private let round = Atomic<Int>(0)

    func next() -> Int { round.add(1, ordering: .relaxed).newValue }
}

/// A replica, and how old each group was when it could be read there.
private final class LagSink: ReplicationSink {
    let replica: LedgerReplica
    let lags = Mutex<[Double]>([])

    init(_ replica: LedgerReplica) {
        self.replica = replica
    }

    func receive(_ segment: WALSegment) async throws {
        try await replica.receive(segment)
        let lag = Date().timeIntervalSince1970 * 1e9 - segment.committedAt / .nanoseconds(1)
        lags.withLock { $0.append(lag) }
    }
}
