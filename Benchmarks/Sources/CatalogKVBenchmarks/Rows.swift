import Harness

/// The rows of the catalog's table: what is measured, and how far ahead of each peer ours must be.
struct Rows {
    let plan: Plan
    let ours: any Entrant
    let peers: [any Entrant]

    /// All rows, in an order that leaves the stores closed only at the end.
    var all: [Comparison] { reads + writes + mixes + synced + space + openings }

    private var reads: [Comparison] {
        let pairs: [(String, @Sendable (inout Workload.Source) -> Int)] = [
            ("uniform", { $0.uniform() }), ("zipf 0.99", { $0.popular() }),
        ]
        var rows: [Comparison] = []
        for threads in [1, 2] {
            rows += pairs.map { row(.gets($0.0, threads: threads, $0.1), ["RocksDB": 4, "LMDB": 2]) }
            rows.append(row(.missing(threads: threads), ["RocksDB": 2]))
        }
        rows += pairs.map { scaling($0.0, $0.1) }
        rows.append(row(.query, ["RocksDB": 3, "LMDB": 1.7], without: ["Redis"]))
        return rows
    }

    private var writes: [Comparison] {
        [
            row(.puts(operations: 50_000), ["RocksDB": 5, "LMDB": 4]),
            row(.transactions, ["RocksDB": 8, "LMDB": 4]),
        ]
    }

    private var mixes: [Comparison] {
        YCSB.workloads(operations: 50_000).map { workload in
            let hasRanges = workload.name.hasPrefix("YCSB E")
            return row(workload, ["RocksDB": 3, "LMDB": 1.5], without: hasRanges ? ["Redis"] : [])
        }
    }

    private var synced: [Comparison] {
        let asked: [(clients: Int, ratios: [String: Double])] = [
            (1, ["RocksDB": 0.95, "LMDB": 1.2]), (16, ["RocksDB": 1.5, "LMDB": 10, "Redis": 1]),
            (64, ["RocksDB": 2, "LMDB": 20]),
        ]
        return asked.map { clients, ratios in
            let operations = clients == 1 ? 800 : 3_200
            return Comparison(
                "put, synced, \(clients) client\(clients == 1 ? "" : "s")",
                measure: .wallRate,
                operations: operations,
                ours: ours.clients(clients, operations: operations),
                rivals: peers.map { .init($0.clients(clients, operations: operations), ratioMin: ratios[$0.name]) }
            )
        }
    }

    private var space: [Comparison] { [disk, memory(isRead: false), memory(isRead: true)] }

    private var disk: Comparison {
        Comparison(
            "disk per live byte, all overwritten 3 times",
            measure: .figure(.times),
            ours: ours.diskAfterOverwriting(),
            rivals: peers.filter { $0.name == "RocksDB" }.map { .init($0.diskAfterOverwriting(), ratioMin: 1) },
            oursMax: 1.6,
            roundsMax: 1,
            isWarmedUp: false
        )
    }

    private func memory(isRead: Bool) -> Comparison {
        Comparison(
            "memory per key beyond its bytes" + (isRead ? " and budget of values" : ""),
            measure: .figure(.bytes),
            ours: ours.memoryPerKey(isRead: isRead),
            rivals: [],
            oursMax: 48,
            roundsMax: 1,
            isWarmedUp: false
        )
    }

    private var openings: [Comparison] {
        [false, true].map { afterKill in
            Comparison(
                "open after \(afterKill ? "kill -9" : "close")",
                measure: .figure(.nanoseconds),
                ours: ours.opening(afterKill: afterKill),
                rivals: peers.filter { $0.name == "RocksDB" }.map {
                    .init($0.opening(afterKill: afterKill), ratioMin: 0.5)
                },
                // Asked of five million items.
                oursMax: (afterKill ? 5e9 : 1.5e9) * max(1, Double(plan.itemCount) / 5e6),
                isWarmedUp: false
            )
        }
    }

    private func row(_ workload: Workload, _ ratios: [String: Double], without: Set<String> = []) -> Comparison {
        Comparison(
            workload.name,
            measure: workload.threads == 2 ? .twoThreadsCPU : .threadCPU,
            operations: workload.operations,
            ours: ours.contender(workload),
            rivals: peers.filter { !without.contains($0.name) }.map {
                .init($0.contender(workload), ratioMin: ratios[$0.name])
            }
        )
    }

    /// Two threads against one, of ours: both keep their own pace when the ratio of the times per operation is 1, and
    /// two carry 1.8 times as much as one when it is 0.9.
    private func scaling(_ name: String, _ item: @escaping @Sendable (inout Workload.Source) -> Int) -> Comparison {
        func timed(_ threads: Int) -> Contender {
            let inner = ours.contender(.gets(name, threads: threads, item))
            return inner.figure("\(ours.name), \(threads) thread\(threads == 1 ? "" : "s")", threads: threads, 200_000)
        }
        return Comparison(
            "get, \(name), two threads carry",
            measure: .figure(.nanoseconds),
            ours: timed(2),
            rivals: [.init(timed(1), ratioMin: 0.9)]
        )
    }
}
