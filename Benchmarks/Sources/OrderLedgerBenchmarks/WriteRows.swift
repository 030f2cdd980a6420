import Harness
import OrderLedger

/// Placing orders, beside C on the same SQLite and beside PostgreSQL.
struct WriteRows {
    /// A directory on the disk of TMPDIR, and one in memory.
    let disk: String
    let memory: String

    func rows(options: Options) async throws -> [Comparison] {
        var rows: [Comparison] = []
        let names = [
            "place order, 16 clients, disk", "place order, 16 clients, memory", "place order, 1 client, disk",
            "place order, 16 clients, beside PostgreSQL",
        ]
        // One shop for all rows of the disk, which are timed one after the other.
        let onDisk =
            [0, 2, 3].contains { options.includes(names[$0]) } ? try await Shop(in: disk + "/write") : nil
        if let onDisk, options.includes(names[0]) {
            // For scale: what the indexes cost, and what a shop that shares no flushes gets.
            let bare = RawOrders(at: disk + "/raw-bare.sqlite", isIndexed: false)
            let alone = RawOrders(at: disk + "/raw-alone.sqlite")
            rows.append(
                Comparison(
                    names[0],
                    measure: .wall,
                    operations: 6_400,
                    ours: onDisk.contender(clients: 16),
                    rivals: [
                        .init(RawOrders(at: disk + "/raw-16.sqlite").contender(group: 16), ratioMin: 1.2),
                        .init(bare.contender(group: 16, "C, no indexes")),
                        .init(quarter(alone.contender(group: 1, "C, 1 a commit"))),
                    ]
                )
            )
        }
        if options.includes(names[1]) {
            rows.append(
                Comparison(
                    names[1],
                    measure: .wall,
                    operations: 6_400,
                    ours: try await Shop(in: memory + "/write").contender(clients: 16),
                    peer: RawOrders(at: memory + "/raw-16.sqlite").contender(group: 16),
                    ratioMin: 0.75
                )
            )
        }
        if let onDisk, options.includes(names[2]) {
            rows.append(
                Comparison(
                    names[2],
                    measure: .wall,
                    operations: 1_500,
                    ours: onDisk.contender(clients: 1),
                    peer: RawOrders(at: disk + "/raw-1.sqlite").contender(group: 1),
                    ratioMin: 0.85
                )
            )
        }
        guard let onDisk, options.includes(names[3]) else { return rows }
        guard let postgres = try PostgresCluster.start(in: disk) else {
            print("PostgreSQL 15 is not installed (apt-get install postgresql-15): it is not compared with.")
            return rows
        }
        try postgres.prepare(skus: Shop.skuCount, stock: Shop.stock)
        rows.append(beside(postgres, names[3], onDisk))
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
