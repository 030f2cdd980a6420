import OrderLedger
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

/// Hands segments to a replica, and after each compares its bytes with a copy that was made from the snapshot and the
/// segments alone.
private final class ComparingSink: ReplicationSink {
    let replica: LedgerReplica
    private let model: Locked<Follower>

    init(_ replica: LedgerReplica, _ model: Follower) {
        self.replica = replica
        self.model = Locked(model)
    }

    func receive(_ segment: WALSegment) async throws {
        try await replica.receive(segment)
        let expected = try model.withLock { model in
            try model.apply([segment])
            return model.image
        }
        let image = try await replica.image()
        #expect(image == expected, "at \(segment.after)")
    }

    func flush() async throws {
        try await replica.flush()
    }
}

/// A ledger and a replica of it, in directories of their own.
final class Pair: Sendable {
    let directory: TemporaryDirectory
    let ledger: Ledger
    let replica: LedgerReplica

    init(
        stock: Int = 10_000,
        ledger change: (inout LedgerConfiguration) -> Void = { _ in },
        replica changeReplica: (inout ReplicaConfiguration) -> Void = { _ in }
    ) async throws {
        let directory = try TemporaryDirectory()
        var configuration = LedgerConfiguration()
        // A test that is not about it must not fail because the machine is busy.
        configuration.replication.acknowledgementTimeout = .seconds(600)
        configuration.readerAgeMax = .seconds(600)
        change(&configuration)
        let ledger = try await Ledger.open(at: directory.path + "/one", configuration: configuration)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: stock)
        var following = ReplicaConfiguration()
        following.sources = [ledger]
        following.ledger.readerAgeMax = .seconds(600)
        changeReplica(&following)
        let replica = try await LedgerReplica.open(at: directory.path + "/two", configuration: following)
        self.directory = directory
        self.ledger = ledger
        self.replica = replica
    }

    /// Attaches the replica, and has it catch up first.
    func attach(_ mode: ReplicationMode = .received) async throws -> Attached {
        try await replica.catchUp()
        return try await Attached(replica, to: ledger, mode, as: "two", after: replica.version)
    }

    func place(_ numbers: Range<Int>) async throws {
        for number in numbers { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
    }
}

@Suite("Replicas")
struct ReplicaTests {
    @Test(
        "a replica is byte for byte the primary at each transaction, across checkpoints of either",
        arguments: [true, false]
    )
    func byteEqual(_ hasSmallLog: Bool) async throws {
        let pair = try await Pair {
            $0.walBytesMax = 256 << 10
            $0.groupOrdersMax = 3
        } replica: {
            $0.ledger.walBytesMax = hasSmallLog ? 64 << 10 : 32 << 20
        }
        try await pair.replica.catchUp()
        let version = try #require(pair.replica.version)
        let model = Follower(image: try await pair.replica.image(), version: version)
        let sink = ComparingSink(pair.replica, model)
        let attached = try await Attached(sink, to: pair.ledger, .durable, after: version)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<4 {
                group.addTask {
                    for number in 0..<15 {
                        let order = try await pair.ledger.place(request("\(task)-\(number)", [("a", 1)]))
                        if number % 4 == 0 { _ = try await pair.ledger.cancel(order.id) }
                    }
                }
            }
            try await group.waitForAll()
        }
        let position = pair.ledger.statistics.position
        try await pair.ledger.close()
        try await attached.end()
        #expect(pair.replica.version?.position == position)
        #expect(try pair.replica.audit().isClean)
        try await pair.replica.close()
        #expect(
            try bytes(of: pair.directory.path + "/two/ledger.sqlite3")
                == bytes(of: pair.directory.path + "/one/ledger.sqlite3")
        )
    }

    @Test("readers keep the state that they began with, never wait, and do not hold the replica up")
    func snapshotIsolation() async throws {
        let pair = try await Pair(replica: { $0.ledger.walBytesMax = 64 << 10 })
        let attached = try await pair.attach()
        try await pair.place(0..<3)
        #expect(try pair.replica.stock(of: "a") == 9_997)
        let gate = Semaphore()
        let isReading = Flag()
        let reader = Task {
            try await pair.replica.read { db in
                let first = try db.rows("SELECT stock FROM product")
                isReading.value = true
                gate.wait()
                let last = try db.rows("SELECT stock FROM product")
                return [first.first?["stock"], last.first?["stock"]]
            }
        }
        while !isReading.value { await Task.yield() }
        try await pair.place(3..<60)
        #expect(try pair.replica.stock(of: "a") == 9_940, "the replica waited for a reader")
        gate.signal()
        let seen = try await reader.value
        #expect(seen == [.integer(9_997), .integer(9_997)])
        try await pair.place(60..<120)
        #expect(try pair.replica.stock(of: "a") == 9_880)
        let log = try #require(try PosixFileSystem().info(pair.directory.path + "/two/ledger.sqlite3-wal"))
        #expect(log.size < 120 * 8 * 4_096, "its log never started over")
        try await pair.ledger.close()
        try await attached.end()
        try await pair.replica.close()
    }

    @Test("a log of many thousand frames is indexed so that SQLite finds every page, also from another connection")
    func manyFrames() async throws {
        let pair = try await Pair {
            $0.walBytesMax = 256 << 20
        } replica: {
            $0.ledger.walBytesMax = 256 << 20
        }
        let attached = try await pair.attach(.async(.delayWrites))
        try await pair.ledger.write { try $0.execute("CREATE TABLE host_blob (id INTEGER PRIMARY KEY, bytes BLOB)") }
        for number in 0..<5 {
            try await pair.ledger.write { transaction in
                try transaction.execute(
                    "INSERT INTO host_blob VALUES (?1, ?2)",
                    .integer(Int64(number)),
                    .blob([UInt8](repeating: UInt8(number + 1), count: 4_000_000))
                )
            }
        }
        try await pair.replica.wait(for: pair.ledger.statistics.position, atMost: .seconds(200))
        let raw = try RawDatabase(pair.directory.path + "/two/ledger.sqlite3")
        #expect(try raw.rows("PRAGMA integrity_check") == [["ok"]])
        let sum = "SELECT COUNT(*), SUM(length(bytes)), hex(substr(bytes, 3999999, 2)) FROM host_blob WHERE id = 4"
        #expect(try raw.rows(sum) == [["1", "4000000", "0505"]])
        #expect(try pair.replica.audit().isClean)
        try await pair.ledger.close()
        try await attached.end()
        try await pair.replica.close()
    }

    @Test("what does not belong to the copy's history is refused by name, and the copy stays as it is")
    func refusals() async throws {
        let pair = try await Pair(replica: { $0.replacesCopy = false })
        try await pair.replica.catchUp()
        let collector = Collector()
        let version = pair.replica.version
        let attached = try await Attached(collector, to: pair.ledger, .received, as: "collector", after: version)
        try await pair.place(0..<4)
        try await pair.ledger.close()
        try await attached.end()
        // The ledger is closed, so that nothing can be fetched from it.
        let segments = collector.segments
        try await pair.replica.close()
        let replica = try await LedgerReplica.open(at: pair.directory.path + "/two")
        let before = try await replica.image()
        await expectError(.gap) { try await replica.receive(segments[1]) }
        let other = try await Pair()
        let foreign = Collector()
        let stranger = try await Attached(foreign, to: other.ledger, .received)
        try await other.place(0..<1)
        await expectError(.foreignWriter) { try await replica.receive(foreign.segments[0]) }
        let image = try await replica.image()
        #expect(image == before && replica.version == version)
        for segment in segments { try await replica.receive(segment) }
        // Once more is no error.
        for segment in segments { try await replica.receive(segment) }
        #expect(replica.version == segments.last?.after)
        try await replica.fence(below: 2)
        try await replica.close()

        // The old ledger's next opening is epoch 2; a third follows, and then epoch 2 is over.
        let second = try await Ledger.open(at: pair.directory.path + "/one")
        let late = Collector()
        let link = try await Attached(late, to: second, .received)
        _ = try await second.place(request("late", [("a", 1)]))
        let reopened = try await LedgerReplica.open(at: pair.directory.path + "/two")
        try await reopened.fence(below: 3)
        await expectError(.fenced) { try await reopened.receive(late.segments[0]) }
        try await second.close()
        try await link.end()
        try await reopened.close()
        try await other.ledger.close()
        try await stranger.end()
    }

    @Test(
        "a copy that parted from the ledger's history says so, and a snapshot takes its place where that is permitted"
    )
    func diverged() async throws {
        let pair = try await Pair()
        let attached = try await pair.attach()
        try await pair.place(0..<3)
        attached.link.detach()
        try await attached.end()
        // Another ledger goes on from the same files: both have a fourth order, each its own.
        try await pair.replica.close()
        let image = try bytes(of: pair.directory.path + "/two/ledger.sqlite3")
        try PosixFileSystem().createDirectories(pair.directory.path + "/three")
        try PosixFileSystem().replaceFile(at: pair.directory.path + "/three/ledger.sqlite3", with: image.span)
        let three = try await Ledger.open(at: pair.directory.path + "/three")
        let collector = Collector()
        let link = try await Attached(collector, to: three, .received)
        _ = try await three.place(request("other", [("a", 5)]))
        try await pair.place(3..<5)

        let two = try await LedgerReplica.open(at: pair.directory.path + "/two")
        try await two.receive(collector.segments[0])
        try await two.close()
        let stubborn = try await LedgerReplica.open(at: pair.directory.path + "/two")
        let next = Collector()
        let follow = try await Attached(next, to: pair.ledger, .received, as: "next")
        try await pair.place(5..<6)
        await expectError(.fenced) { try await stubborn.receive(next.segments[0]) }
        #expect(try stubborn.stock(of: "a") == 9_992)
        try await stubborn.close()
        follow.link.detach()
        try await follow.end()
        try await three.close()
        try await link.end()
        try await pair.ledger.close()
    }

    @Test(
        "a replica with nothing, or too far behind, begins from a snapshot; one a little behind from what is kept"
    )
    func catchingUp() async throws {
        let pair = try await Pair(ledger: { $0.replication.backlogBytesMax = 64 << 10 })
        await expectError(.needsSnapshot) { try pair.replica.stock(of: "a") }
        #expect(pair.replica.version == nil)
        let first = try await pair.attach(.durable)
        try await pair.place(0..<5)
        #expect(try pair.replica.stock(of: "a") == 9_995)
        first.link.detach()
        try await first.end()
        try await pair.place(5..<10)
        try await pair.replica.catchUp()
        #expect(try pair.replica.stock(of: "a") == 9_990)
        let applied = pair.replica.status.segments
        #expect(applied == 10, "it began anew")
        try await pair.place(10..<200)
        // The next segment finds a gap; the replica closes it and goes on.
        let again = try await Attached(pair.replica, to: pair.ledger, .received, as: "again")
        try await pair.place(200..<201)
        #expect(try pair.replica.stock(of: "a") == 9_799)
        #expect(pair.replica.status.segments < 200)
        #expect(!pair.replica.status.isBehind)
        try await pair.ledger.close()
        try await again.end()
        try await pair.replica.close()
    }

    @Test("a reader waits for its own write by the write's position, and not longer than it says")
    func readYourWrites() async throws {
        let pair = try await Pair()
        let attached = try await pair.attach(.async())
        for number in 0..<20 {
            try await pair.place(number..<number + 1)
            let token = pair.ledger.statistics.position.description
            let position = try #require(LedgerPosition(token))
            let rows = try await pair.replica.read(at: position, waitingAtMost: .seconds(60)) { db in
                try db.rows("SELECT stock FROM product WHERE stock <= ?1", .integer(Int64(9_999 - number)))
            }
            #expect(rows.count == 1)
        }
        let future = LedgerPosition(epoch: 1, transaction: 1_000)
        await expectError(.replicaBehind) { try await pair.replica.wait(for: future, atMost: .milliseconds(5)) }
        let cancelled = Task { try await pair.replica.wait(for: future, atMost: .seconds(60)) }
        cancelled.cancel()
        await #expect(throws: CancellationError.self) { try await cancelled.value }
        try await pair.ledger.close()
        try await attached.end()
        try await pair.replica.close()
    }

    @Test("a promoted replica goes on in the next epoch; the old ledger says fenced, and can follow the new one")
    func promotion() async throws {
        let pair = try await Pair()
        let attached = try await pair.attach(.durable)
        try await pair.place(0..<3)
        let promoted = try await pair.replica.promote()
        let order = try await promoted.place(request("new", [("a", 1)]))
        #expect(promoted.statistics.position.epoch == 2)
        #expect(try promoted.order(order.id)?.id == order.id && promoted.stock(of: "a") == 9_996)
        await expectError(.fenced) { try await pair.place(3..<4) }
        await expectError(.fenced) { try await pair.place(4..<5) }
        await expectError(.fenced) { try await attached.end() }
        try await pair.ledger.close()
        // The old directory holds an order that nobody was told of; as a replica it gives that up.
        var following = ReplicaConfiguration()
        following.sources = [promoted]
        let old = try await LedgerReplica.open(at: pair.directory.path + "/one", configuration: following)
        let link = try await Attached(old, to: promoted, .durable, as: "old")
        _ = try await promoted.place(request("k3", [("a", 1)]))
        #expect(try old.stock(of: "a") == 9_995)
        #expect(try promoted.audit().isClean && old.audit().isClean)
        try await promoted.close()
        try await link.end()
        try await old.close()
    }

    @Test("a flipped bit of the replica's database is found at the next segment that touches the page")
    func flippedDatabase() async throws {
        let pair = try await Pair(replica: { $0.replacesCopy = false })
        let attached = try await pair.attach()
        try await pair.place(0..<3)
        attached.link.detach()
        try await attached.end()
        try await pair.replica.close()
        let collector = Collector()
        let other = try await Attached(collector, to: pair.ledger, .received, as: "collector")
        try await pair.place(3..<4)
        let segment = try #require(collector.segments.first)
        // The middle of a page that the next segment changes, which is no table's that opening reads.
        let path = pair.directory.path + "/two/ledger.sqlite3"
        var image = try bytes(of: path)
        let page = try #require(try segment.differences().numbers.last { Int($0) * 4_096 <= image.count })
        image[(Int(page) - 1) * 4_096 + 2_000] ^= 4
        try PosixFileSystem().replaceFile(at: path, with: image.span)
        let replica = try await LedgerReplica.open(at: pair.directory.path + "/two")
        let before = replica.version
        await expectError(.diverged) { try await replica.receive(segment) }
        #expect(replica.version == before)
        other.link.detach()
        try await other.end()
        try await replica.close()
        try await pair.ledger.close()
    }
}
