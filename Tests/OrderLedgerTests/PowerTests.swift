import OrderLedger
import Testing
import VitrineCFaultVFS
import VitrineCSQLite
import VitrineIO
import VitrineTestSupport

/// Losses of power, simulated: what was not flushed is forgotten or torn; one at a time, because the disk is the
/// process's.
@Suite("Losses of power", .serialized)
struct PowerTests {
    private let seed = TestEnvironment.seed(UInt64.random(in: 0...UInt64.max))

    private func open(_ directory: String, _ vfs: String?) async throws -> Ledger {
        var configuration = LedgerConfiguration()
        // Small, so that cuts also meet checkpoints.
        configuration.walBytesMax = 128 << 10
        configuration.groupOrdersMax = 3
        // Once the replica's disk is gone, nobody needs to wait long to learn that it will not answer.
        configuration.replication.acknowledgementTimeout = .milliseconds(500)
        return try await Ledger.open(
            at: directory,
            configuration: configuration,
            fileSystem: PosixFileSystem(),
            vfs: vfs
        )
    }

    /// Places orders from several tasks until the power is gone; returns the keys that were acknowledged.
    private func placeUntilCut(_ ledger: Ledger, _ run: Int) async -> [String] {
        await withTaskGroup(of: [String].self) { group in
            for task in 0..<4 {
                group.addTask {
                    var keys: [String] = []
                    for number in 0..<200 {
                        let key = "\(run)-\(task)-\(number)"
                        guard (try? await ledger.place(request(key, [("a", 1), ("b", 1)]))) != nil else { break }
                        keys.append(key)
                    }
                    return keys
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }

    private func check(_ ledger: Ledger, _ keys: [String], _ comment: Comment) async throws {
        let before = ledger.statistics.ordersPlaced
        for key in keys { _ = try await ledger.place(request(key, [("a", 1), ("b", 1)])) }
        #expect(ledger.statistics.ordersPlaced == before, "\(comment): an acknowledged order was lost")
    }

    @Test("whatever a disk keeps of what was not flushed, no acknowledged order is lost, and everything adds up")
    func primary() async throws {
        try #require(vitrine_power_register() == SQLITE_OK)
        var random = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        let setUp = try await open(directory.path, nil)
        for sku in ["a", "b"] { try await setUp.addProduct(sku: sku, name: sku, price: tenEuros, stock: 1_000_000) }
        try await setUp.close()
        var acknowledged: [String] = []
        for run in 0..<TestEnvironment.count(170, soak: 1_000, brief: 20) {
            let comment: Comment = "seed \(seed), run \(run)"
            vitrine_power_begin()
            vitrine_power_cut_after(Int.random(in: 1...400, using: &random))
            var fresh: [String] = []
            var refusal = "it was opened"
            do {
                let ledger = try await open(directory.path, "vitrine-power")
                fresh = await placeUntilCut(ledger, run)
                try? await ledger.close()
            } catch {
                refusal = "\(error)"
            }
            #expect(vitrine_power_is_cut() != 0, "seed \(seed), run \(run), \(fresh.count) placed: \(refusal)")
            #expect(vitrine_power_settle(random.next()) == 0, comment)
            // The index is memory, which a machine that lost its power does not have.
            try? PosixFileSystem().remove(directory.path + "/ledger.sqlite3-shm")
            let ledger = try await open(directory.path, nil)
            try await check(ledger, fresh, comment)
            acknowledged += fresh
            if run % 8 == 7 {
                let report = try ledger.audit()
                #expect(report.isClean, "\(comment): \(report)")
            }
            try await ledger.close()
        }
        let ledger = try await open(directory.path, nil)
        try await check(ledger, acknowledged, "seed \(seed), at the end")
        #expect(try ledger.audit().isClean, "seed \(seed)")
        try await ledger.close()
        #expect(acknowledged.count > 500, "seed \(seed)")
        vitrine_power_begin()
    }

    @Test("where both machines lose their power, each has every order that was acknowledged in mode durable")
    func both() async throws {
        try #require(vitrine_power_register() == SQLITE_OK)
        var random = SeededGenerator(seed: seed)
        for run in 0..<TestEnvironment.count(30, soak: 300, brief: 5) {
            let comment: Comment = "seed \(seed), run \(run)"
            let directory = try TemporaryDirectory()
            vitrine_power_begin()
            let ledger = try await open(directory.path + "/one", "vitrine-power")
            for sku in ["a", "b"] {
                try await ledger.addProduct(sku: sku, name: sku, price: tenEuros, stock: 1_000_000)
            }
            var configuration = ReplicaConfiguration()
            configuration.sources = [ledger]
            configuration.ledger.walBytesMax = 128 << 10
            let replica = try await LedgerReplica.open(
                at: directory.path + "/two",
                configuration: configuration,
                fileSystem: PosixFileSystem(),
                vfs: "vitrine-power"
            )
            let attached = try await Attached(replica, to: ledger, .durable)
            // A busy machine may need more than one try.
            while (try? await ledger.place(request("first", [("a", 1), ("b", 1)]))) == nil {}
            vitrine_power_cut_after(Int.random(in: 1...500, using: &random))
            let keys = ["first"] + (await placeUntilCut(ledger, run))
            attached.link.detach()
            try? await attached.end()
            try? await ledger.close()
            try? await replica.close()
            if vitrine_power_is_cut() != 0 { #expect(vitrine_power_settle(random.next()) == 0, comment) }
            for side in ["/one", "/two"] {
                try? PosixFileSystem().remove(directory.path + side + "/ledger.sqlite3-shm")
                let survivor = try await open(directory.path + side, nil)
                try await check(survivor, keys, "\(comment), \(side)")
                let report = try survivor.audit()
                #expect(report.isClean, "\(comment), \(side): \(report)")
                try await survivor.close()
            }
        }
        vitrine_power_begin()
    }

    @Test("the disk forgets what was not flushed: without a flush the test above would find orders missing")
    func diskForgets() async throws {
        try #require(vitrine_power_register() == SQLITE_OK)
        var random = SeededGenerator(seed: seed)
        var lost = 0
        for _ in 0..<10 {
            let directory = try TemporaryDirectory()
            vitrine_power_begin()
            let ledger = try await open(directory.path + "/one", "vitrine-power")
            for sku in ["a", "b"] {
                try await ledger.addProduct(sku: sku, name: sku, price: tenEuros, stock: 1_000_000)
            }
            var configuration = ReplicaConfiguration()
            configuration.sources = [ledger]
            let replica = try await LedgerReplica.open(
                at: directory.path + "/two",
                configuration: configuration,
                fileSystem: PosixFileSystem(),
                vfs: "vitrine-power"
            )
            // In mode received the replica does not flush, which is what that mode can lose.
            let attached = try await Attached(replica, to: ledger, .received)
            for number in 0..<5 {
                while (try? await ledger.place(request("\(number)", [("a", 1), ("b", 1)]))) == nil {}
            }
            vitrine_power_cut_after(1)
            attached.link.detach()
            try? await attached.end()
            try? await ledger.close()
            try? await replica.close()
            #expect(vitrine_power_settle(random.next()) == 0)
            try? PosixFileSystem().remove(directory.path + "/two/ledger.sqlite3-shm")
            let survivor = try await open(directory.path + "/two", nil)
            if try survivor.orders(of: "ada").count < 5 { lost += 1 }
            #expect(try survivor.audit().isClean)
            try await survivor.close()
        }
        #expect(lost > 0, "seed \(seed): nothing was ever forgotten")
        vitrine_power_begin()
    }
}
