import Glibc
import OrderLedger
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

/// Passes bytes between a replica and a ledger in another process, each piece after a moment; once it is told to hold,
/// nothing arrives any more, and when it is cut what it holds is lost, as with a machine that dies.
private final class DroppingLink: Sendable {
    let path: String
    private let target: String
    private let listener: Int32
    private let isHolding = Flag()
    private let isCut = Flag()
    private let pool: BlockingPool
    private let descriptors = Locked<[Int32]>([])
    /// Bytes that were lost.
    let dropped = Locked(0)

    init(from path: String, to target: String) throws {
        self.path = path
        self.target = target
        unsafe unlink(path)
        listener = unsafe try DroppingLink.socket(path) { unsafe bind($0, $1, $2) }
        try #require(listen(listener, 4) == 0)
        pool = try BlockingPool(name: "link", threadCount: 9)
    }

    /// Accepts until it is cut.
    func run(seed: UInt64) async throws {
        try await pool.run { [self] in
            while !isCut.value {
                let near = accept(listener, nil, nil)
                guard near >= 0 else { return }
                guard let far = unsafe try? DroppingLink.socket(target, { unsafe connect($0, $1, $2) }) else {
                    close(near)
                    continue
                }
                descriptors.withLock { $0 += [near, far] }
                for (source, sink) in [(near, far), (far, near)] {
                    Task { try? await self.pool.run { self.pass(source, sink, seed) } }
                }
            }
        }
    }

    private func pass(_ source: Int32, _ sink: Int32, _ seed: UInt64) {
        var random = SeededGenerator(seed: seed &+ UInt64(source))
        var piece = [UInt8](repeating: 0, count: 16_384)
        while true {
            let count = unsafe recv(source, &piece, piece.count, 0)
            guard count > 0 else { break }
            usleep(UInt32.random(in: 0...600, using: &random))
            if isHolding.value {
                // Nothing is sent after a piece was held, so it may as well be let go of now.
                dropped.withLock { $0 += count }
                continue
            }
            guard unsafe send(sink, piece, count, Int32(MSG_NOSIGNAL)) == count else { break }
        }
        for descriptor in [source, sink] { shutdown(descriptor, Int32(SHUT_RDWR)) }
    }

    /// Lets nothing through any more, and returns once it holds something: both sides go on writing till then.
    func hold() async throws {
        isHolding.value = true
        while dropped.withLock({ $0 }) == 0 { try await Task.sleep(for: .milliseconds(1)) }
    }

    /// Loses what is under way, and everything after.
    func cut() async {
        isHolding.value = true
        isCut.value = true
        shutdown(listener, Int32(SHUT_RDWR))
        for descriptor in descriptors.withLock({ $0 }) { shutdown(descriptor, Int32(SHUT_RDWR)) }
        await pool.close()
        for descriptor in descriptors.withLock({ $0 }) + [listener] { close(descriptor) }
    }

    private static func socket(
        _ path: String,
        _ use: (Int32, UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        var name = sockaddr_un()
        name.sun_family = sa_family_t(AF_UNIX)
        unsafe withUnsafeMutableBytes(of: &name.sun_path) { unsafe $0.copyBytes(from: Array(path.utf8)) }
        let status = unsafe withUnsafePointer(to: &name) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                unsafe use(descriptor, pointer, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard status == 0 else {
            close(descriptor)
            throw IOError(.open, path: path, errno: errno)
        }
        return descriptor
    }
}

/// A child whose lines are waited for on a thread of its own: the replica's tasks need the pool meanwhile, or there
/// would never be a line.
private final class Child: Sendable {
    private let process: Locked<ChildProcess>
    private let pool: BlockingPool

    init(_ arguments: [String]) throws {
        process = Locked(try ChildProcess("LedgerCrashWriter", arguments: arguments))
        pool = try BlockingPool(name: "child", threadCount: 1)
    }

    func line() async throws -> String? {
        try await pool.run { self.process.withLock { $0.line() } }
    }

    func kill() {
        process.withLock { $0.kill() }
    }
}

@Suite("Failover", .serialized)
struct FailoverKillTests {
    @Test(
        "after kill -9, over a link that loses what it holds, the promoted replica has every acknowledged order once",
        arguments: ["received", "durable"]
    )
    func killed(_ mode: String) async throws {
        let seed = TestEnvironment.seed(UInt64.random(in: 0...UInt64.max))
        var random = SeededGenerator(seed: seed)
        let directory = try TemporaryDirectory()
        // The roles change with each kill.
        var (old, new) = (directory.path + "/one", directory.path + "/two")
        try await prepare(old)
        var acknowledged: [String] = []
        var epoch: UInt64 = 1
        for run in 0..<TestEnvironment.count(13, soak: 100, brief: 3) {
            let comment: Comment = "seed \(seed), run \(run)"
            let replica = try await LedgerReplica.open(at: new)
            let link = try DroppingLink(from: directory.path + "/near", to: directory.path + "/far")
            let linkSeed = random.next()
            let passing = Task { try await link.run(seed: linkSeed) }
            var configuration = ConnectionConfiguration()
            configuration.retryInterval = .milliseconds(10)
            let client = try ReplicationClient(replica, as: "two", from: .unix(link.path), configuration: configuration)
            let following = Task { try await client.run() }

            let child = try Child([old, "\(run)", directory.path + "/far", mode])
            let greeting = try await child.line()
            #expect(greeting == "ready", comment)
            var fresh: [String] = []
            for _ in 0..<Int.random(in: 5...60, using: &random) {
                if let key = try await child.line() { fresh.append(key) }
            }
            try await link.hold()
            child.kill()
            await link.cut()
            while let key = try await child.line() { fresh.append(key) }
            following.cancel()
            try? await following.value
            try? await passing.value
            #expect(link.dropped.withLock { $0 } > 0, comment)
            acknowledged += fresh

            // In the other runs the child copies its log into the database, and starts it over.
            if run.isMultiple(of: 2) {
                let image = try await replica.image()
                #expect(try wasHeld(image, by: old), "\(comment): the replica is not what the ledger was at any commit")
            }
            let promoted = try await replica.promote()
            let placed = try await promoted.place(request("after \(run)", [("nut", 1)]))
            #expect(promoted.statistics.position.epoch > epoch, comment)
            epoch = promoted.statistics.position.epoch
            #expect(try promoted.order(placed.id) != nil, comment)
            try await check(promoted, fresh, comment)
            if run % 4 == 3 { try await check(promoted, acknowledged, comment) }
            // The old one follows, gives up what nobody was told of, and is the same in the end.
            try await rejoin(old, promoted, comment)
            try await promoted.close()
            #expect(try bytes(of: old + "/ledger.sqlite3") == bytes(of: new + "/ledger.sqlite3"), comment)
            (old, new) = (new, old)
        }
    }

    /// Whether `image` is, byte for byte, the database of a ledger that was killed as it was at one of the commits in its
    /// log (sqlite.org/fileformat2.html#walformat), which was not copied into the database yet.
    private func wasHeld(_ image: [UInt8], by directory: String) throws -> Bool {
        var held = try bytes(of: directory + "/ledger.sqlite3")
        let log = try bytes(of: directory + "/ledger.sqlite3-wal")
        if held == image { return true }
        func number(at offset: Int) -> Int { log[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) } }
        guard log.count >= 32 else { return false }
        let pageSize = number(at: 8)
        var frame = 32
        // The log begins anew over the frames of before, which have other salts.
        while frame + 24 + pageSize <= log.count, log[frame + 8..<frame + 16] == log[16..<24] {
            let place = (number(at: frame) - 1) * pageSize
            if held.count < place + pageSize { held += Array(repeating: 0, count: place + pageSize - held.count) }
            held.replaceSubrange(place..<place + pageSize, with: log[frame + 24..<frame + 24 + pageSize])
            let pageCount = number(at: frame + 4)
            if pageCount > 0, held.prefix(pageCount * pageSize) == image[...] { return true }
            frame += 24 + pageSize
        }
        return false
    }

    private func prepare(_ directory: String) async throws {
        let ledger = try await Ledger.open(at: directory)
        let nut = Money(minorUnits: 3, currency: .eur)
        try await ledger.addProduct(sku: "bolt", name: "Bolt", price: tenEuros, stock: 1_000_000)
        try await ledger.addProduct(sku: "nut", name: "Nut", price: nut, stock: 1_000_000)
        try await ledger.addProduct(sku: "rare", name: "Rare", price: tenEuros, stock: 40)
        try await ledger.close()
    }

    /// Repeats requests that were acknowledged: each is found, none is placed anew, and everything adds up.
    private func check(_ ledger: Ledger, _ keys: [String], _ comment: Comment) async throws {
        let before = ledger.statistics.ordersPlaced
        for key in keys {
            let order = try await ledger.place(repeated(key))
            #expect(order.lines.count <= 2, comment)
        }
        #expect(ledger.statistics.ordersPlaced == before, "\(comment): an acknowledged order was lost")
        let report = try ledger.audit()
        #expect(report.isClean, "\(comment): \(report)")
        let rare = try ledger.stock(of: "rare")
        #expect((0...40).contains(rare), comment)
        let counted = try await ledger.read { db in
            try db.rows("SELECT COUNT(*) AS n, COUNT(DISTINCT key) AS keys FROM idempotency_key")
        }
        #expect(counted.first?["n"] == counted.first?["keys"], comment)
    }

    private func repeated(_ key: String) -> OrderRequest {
        let parts = key.split(separator: "-").compactMap { Int($0) }
        if key.hasPrefix("rare") { return request(key, [("rare", 1)], customer: "customer \(parts[1])") }
        let reference = PaymentReference(provider: "test", reference: key)
        let payment: PaymentTerms = parts[2] % 2 == 0 ? .captured(reference) : .later
        let lines = [("bolt", 1 + parts[2] % 3), ("nut", 2)]
        return request(key, lines, customer: "customer \(parts[1])", payment: payment)
    }

    private func rejoin(_ directory: String, _ ledger: Ledger, _ comment: Comment) async throws {
        var configuration = ReplicaConfiguration()
        configuration.sources = [ledger]
        let replica = try await LedgerReplica.open(at: directory, configuration: configuration)
        let attached = try await Attached(replica, to: ledger, .durable, as: "old")
        _ = try await ledger.place(request("joined \(directory) \(ledger.statistics.position)", [("nut", 1)]))
        #expect(replica.version?.position == ledger.statistics.position, comment)
        let image = try await replica.image()
        attached.link.detach()
        try await attached.end()
        try await ledger.checkpoint()
        try await ledger.withSnapshot { snapshot in
            let whole = try snapshot.read(Int(snapshot.byteCount), at: 0)
            #expect(whole == image, comment)
        }
        try await replica.close()
    }
}
