import Harness
import OrderLedger

/// Placing orders, beside C on the same SQLite and beside PostgreSQL.
struct WriteRows {
    /// A directory on the disk of TMPDIR, and one in memory.
    let disk: String
    let memory: String

    func rows(options: Options) async throws -> [Comparison] {
        var rows: [Comparison] = []
        let onDisk = try await Shop(in: disk + "/write")
        let inMemory = try await Shop(in: memory + "/write")
        // What a shop that shares no flushes gets, for scale.
        let alone = RawOrders(at: disk + "/raw-alone.sqlite").contender(group: 1)
        rows.append(
            Comparison(
                "place order, 16 clients, disk",
                measure: .wall,
                operations: 6_400,
                ours: onDisk.contender(clients: 16),
                rivals: [
                    .init(RawOrders(at: disk + "/raw-16.sqlite").contender(group: 16), ratioMin: 1.2),
                    .init(quarter(alone)),
                ]
            )
        )
        rows.append(
            Comparison(
                "place order, 16 clients, memory",
                measure: .wall,
                operations: 6_400,
                ours: inMemory.contender(clients: 16),
                peer: RawOrders(at: memory + "/raw-16.sqlite").contender(group: 16),
                ratioMin: 0.75
            )
        )
        rows.append(
            Comparison(
                "place order, 1 client, disk",
                measure: .wall,
                operations: 1_500,
                ours: onDisk.contender(clients: 1),
                peer: RawOrders(at: disk + "/raw-1.sqlite").contender(group: 1),
                ratioMin: 0.85
            )
        )
        let name = "place order, 16 clients, disk, beside PostgreSQL"
        guard options.includes(name) else { return rows }
        guard let postgres = try PostgresCluster.start(in: disk) else {
            print("PostgreSQL 15 is not installed (apt-get install postgresql-15): it is not compared with.")
            return rows
        }
        try postgres.prepare(skus: Shop.skuCount, stock: Shop.stock)
        rows.append(beside(postgres, name, onDisk))
        return rows
    }

    private func quarter(_ contender: Contender) -> Contender {
        var contender = contender
        contender.turnShare = 0.25
        return contender
    }

    /// Both take their figure themselves, for pgbench leaves out the time to connect.
    private func beside(_ postgres: PostgresCluster, _ name: String, _ shop: Shop) -> Comparison {
        let operations = 6_400
        let ours = Contender(
            "OrderLedger",
            version: "this commit",
            settings: ["durability": "flushed", "clients": "16 tasks"],
            figure: {
                let start = Timing.onTheWall()
                try await shop.place(operations, clients: 16)
                return (Timing.onTheWall() - start) / Double(operations)
            }
        )
        let peer = Contender(
            "PostgreSQL",
            version: postgres.version,
            settings: PostgresCluster.settings,
            figure: {
                let before = try postgres.count()
                let time = try postgres.place(operations)
                guard try postgres.count() == before + operations else { throw WrongResult("PostgreSQL lost orders") }
                return time
            }
        )
        return Comparison(
            name,
            measure: .figure(.nanoseconds),
            operations: operations,
            ours: ours,
            peer: peer,
            ratioMin: 1.3
        )
    }
}
