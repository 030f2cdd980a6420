import OrderLedger
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

/// An archive's objects in memory, which a test can damage.
final class MemoryArchive: ArchiveStore {
    private let objects = Locked<[String: [UInt8]]>([:])
    var names: [String] { objects.withLock { $0.keys.sorted() } }

    subscript(name: String) -> [UInt8]? {
        get { objects.withLock { $0[name] } }
        set { objects.withLock { $0[name] = newValue } }
    }

    func put(_ name: String, _ bytes: [UInt8]) async throws { self[name] = bytes }
    func get(_ name: String) async throws -> [UInt8]? { self[name] }
    func list() async throws -> [String] { names }
    func remove(_ name: String) async throws { self[name] = nil }
}

/// Expects that a restored file is `image`, and holds nothing of another database.
private func expect(_ path: String, holds image: [UInt8]) throws {
    let restored = try bytes(of: path)
    #expect(restored == image)
    let names = try PosixFileSystem().list(path.parentDirectory)
    let name = path.split(separator: "/").last.map(String.init) ?? ""
    #expect(names.filter { $0.hasPrefix(name) } == [name])
}

@Suite("Archives")
struct ArchiveTests {
    @Test("every commit group can be restored, by position and by date, byte for byte")
    func everyGroup() async throws {
        let test = try await TestLedger(stock: ["a": 1_000])
        let store = MemoryArchive()
        var configuration = ArchiveConfiguration()
        configuration.objectBytesMax = 8 << 10
        configuration.now = test.clock.now
        let archive = try WALArchive(store, configuration: configuration)
        let attached = try await Attached(archive, to: test.ledger, .durable, as: "archive")
        let start = try await archive.snapshot(of: test.ledger)
        let path = test.directory.path + "/copy"
        #expect(try await test.ledger.snapshot(to: path) == start)
        let collector = Collector()
        let other = try await Attached(collector, to: test.ledger, .received, as: "collector", after: start)
        var random = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        for number in 0..<40 {
            // The clock also jumps back, and the times of the history do not.
            test.clock.advance(by: .seconds(Int.random(in: -60...100, using: &random)))
            _ = try await test.ledger.place(request("k\(number)", [("a", 1)]))
            if number == 20 { try await archive.snapshot(of: test.ledger) }
        }
        var model = Follower(image: try bytes(of: path), version: start)
        var images: [(segment: WALSegment, image: [UInt8])] = []
        for segment in collector.segments {
            try model.apply([segment])
            images.append((segment, model.image))
        }
        #expect(store.names.filter { $0.hasSuffix(".manifest") }.count == 2)
        for (index, (segment, image)) in images.enumerated() where index % 5 == 0 || index > 36 {
            let target = test.directory.path + "/restored-\(index)"
            // What lay under the name before must not be taken for its log.
            try PosixFileSystem().replaceFile(at: target + "-wal", with: Array(repeating: 7, count: 5_000).span)
            let restored = try await archive.restore(to: .position(segment.after.position), at: target)
            #expect(restored.version == segment.after, "seed \(random.seed)")
            #expect(restored.segments <= 21)
            try expect(target, holds: image)
        }
        for (index, (segment, _)) in images.enumerated() where index % 7 == 0 {
            let last = images.last { $0.segment.committedAt <= segment.committedAt }
            let target = test.directory.path + "/dated-\(index)"
            let restored = try await archive.restore(to: .date(segment.committedAt), at: target)
            #expect(restored.version == last?.segment.after, "seed \(random.seed)")
            try expect(target, holds: last?.image ?? [])
        }
        let latest = test.directory.path + "/latest"
        #expect(try await archive.restore(at: latest).version == images.last?.segment.after)
        // It opens as a ledger, which goes on from there.
        try PosixFileSystem().createDirectories(test.directory.path + "/again")
        try PosixFileSystem().rename(latest, to: test.directory.path + "/again/ledger.sqlite3")
        let again = try await Ledger.open(at: test.directory.path + "/again")
        #expect(try again.stock(of: "a") == 960)
        _ = try await again.place(request("more", [("a", 1)]))
        try await again.close()
        try await test.ledger.close()
        for sink in [attached, other] { try await sink.end() }
    }

    @Test("a restore refuses what it cannot do, by name, and leaves nothing behind")
    func refusals() async throws {
        let test = try await TestLedger()
        let store = MemoryArchive()
        let archive = try WALArchive(store)
        let path = test.directory.path + "/restored"
        await expectError(.notArchived) { try await archive.restore(at: path) }
        let attached = try await Attached(archive, to: test.ledger, .durable, as: "archive")
        _ = try await test.ledger.place(request("k0", [("a", 1)]))
        await expectError(.notArchived) { try await archive.restore(at: path) }
        let version = try await archive.snapshot(of: test.ledger)
        _ = try await test.ledger.place(request("k1", [("a", 1)]))
        let early = LedgerPosition(epoch: 1, transaction: 1)
        await expectError(.notArchived) { try await archive.restore(to: .position(early), at: path) }
        let late = LedgerPosition(epoch: 1, transaction: 100)
        await expectError(.notArchived) { try await archive.restore(to: .position(late), at: path) }
        await expectError(.notArchived) { try await archive.restore(to: .date(.seconds(1)), at: path) }
        #expect(try PosixFileSystem().list(test.directory.path).filter { $0.hasPrefix("restored") } == [])
        #expect(try await archive.restore(to: .position(version.position), at: path).version == version)
        let error = await expectError(.snapshotFailed) { try await archive.restore(at: path) }
        #expect(error?.message.contains(path) == true)
        try await test.ledger.close()
        try await attached.end()
    }

    @Test("each flipped bit of an archive is found, named by object and offset, and nothing is handed over")
    func damage() async throws {
        let test = try await TestLedger()
        let store = MemoryArchive()
        let archive = try WALArchive(store)
        let attached = try await Attached(archive, to: test.ledger, .durable, as: "archive")
        try await archive.snapshot(of: test.ledger)
        for number in 0..<3 { _ = try await test.ledger.place(request("k\(number)", [("a", 1)])) }
        try await test.ledger.close()
        try await attached.end()
        let path = test.directory.path + "/restored"
        var random = SeededGenerator(seed: UInt64.random(in: 0...UInt64.max))
        for name in store.names where name != "EPOCH" {
            let whole = try #require(store[name])
            for _ in 0..<25 {
                let bit = Int.random(in: 0..<whole.count * 8, using: &random)
                var damaged = whole
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                store[name] = damaged
                do {
                    try await archive.restore(at: path)
                    Issue.record("seed \(random.seed): bit \(bit) of \(name) was missed")
                    try PosixFileSystem().remove(path)
                } catch let error as LedgerError {
                    let isNamed = error.message.contains(name) && error.message.contains("offset")
                    #expect([.segmentCorrupted, .snapshotCorrupted].contains(error.code) && isNamed, "\(error)")
                }
            }
            store[name] = whole
        }
        #expect(try PosixFileSystem().list(test.directory.path).filter { $0.hasPrefix("restored") } == [])
        #expect(try await archive.restore(at: path).segments == 3)
    }

    @Test("a history that was parted from is not restored as the ledger's; a deposed ledger's archive says fenced")
    func forks() async throws {
        let pair = try await Pair()
        let store = MemoryArchive()
        let archive = try WALArchive(store)
        let old = try await Attached(archive, to: pair.ledger, .durable, as: "archive")
        try await archive.snapshot(of: pair.ledger)
        let following = try await pair.attach(.async())
        try await pair.place(0..<3)
        try await pair.replica.wait(for: pair.ledger.statistics.position, atMost: .seconds(60))
        following.link.detach()
        try await following.end()
        let fork = pair.ledger.statistics.position
        try await pair.place(3..<6)
        let promoted = try await pair.replica.promote()
        let next = try WALArchive(store)
        let new = try await Attached(next, to: promoted, .durable, as: "archive")
        for number in 0..<4 { _ = try await promoted.place(request("new-\(number)", [("a", 100)])) }
        await expectError(.fenced) { try await pair.place(6..<7) }
        let path = pair.directory.path
        let latest = try await next.restore(at: path + "/latest")
        #expect(latest.version == (try await promoted.version()) && latest.segments == 7)
        let forked = try await next.restore(to: .position(fork), at: path + "/fork")
        #expect(forked.version.position == fork)
        // The other branch is still there for who asks for it.
        let lost = LedgerPosition(epoch: 1, transaction: fork.transaction + 2)
        #expect(try await next.restore(to: .position(lost), at: path + "/lost").version.position == lost)
        #expect(try RawDatabase(path + "/lost").rows("SELECT COUNT(*) FROM orders") == [["5"]])
        #expect(try RawDatabase(path + "/latest").rows("SELECT stock FROM product") == [["9597"]])
        // A replica of the lost branch begins anew; one at the fork goes on.
        #expect(try await next.segments(after: forked.version)?.isEmpty == false)
        try await pair.ledger.close()
        try await promoted.close()
        await expectError(.fenced) { try await old.end() }
        try await new.end()
    }

    @Test("a replica catches up from the archive alone, and from the ledger what the archive does not have yet")
    func catchingUp() async throws {
        let directory = try TemporaryDirectory()
        var small = patient
        small.replication.backlogBytesMax = 0
        let ledger = try await Ledger.open(at: directory.path + "/one", configuration: small)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 1_000)
        let archive = try WALArchive(try await ArchiveDirectory(directory.path + "/archive"))
        let attached = try await Attached(archive, to: ledger, .received, as: "archive")
        try await archive.snapshot(of: ledger)
        for number in 0..<10 { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
        try await archive.flush()
        var configuration = ReplicaConfiguration()
        configuration.sources = [archive]
        let replica = try await LedgerReplica.open(at: directory.path + "/two", configuration: configuration)
        try await replica.catchUp()
        #expect(try replica.stock(of: "a") == 990 && replica.audit().isClean)
        for number in 10..<20 { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
        let link = try await Attached(replica, to: ledger, .async(), as: "replica")
        try await archive.flush()
        _ = try await ledger.place(request("k20", [("a", 1)]))
        try await replica.wait(for: ledger.statistics.position, atMost: .seconds(60))
        #expect(try replica.stock(of: "a") == 979)
        #expect(replica.status.segments == 11)
        try await ledger.close()
        for sink in [attached, link] { try await sink.end() }
        try await replica.close()
    }

    @Test("the upkeep takes snapshots by the clock, and removes what no restore within the retention needs")
    func upkeep() async throws {
        let test = try await TestLedger(stock: ["a": 1_000])
        let store = MemoryArchive()
        var configuration = ArchiveConfiguration()
        let looks = Locked(0)
        let now = test.clock.now
        configuration.now = {
            looks.withLock { $0 += 1 }
            return now()
        }
        configuration.objectInterval = .milliseconds(1)
        configuration.snapshotInterval = .seconds(3_600)
        configuration.retention = .seconds(5_000)
        let archive = try WALArchive(store, configuration: configuration)
        let attached = try await Attached(archive, to: test.ledger, .async(), as: "archive")
        let isDone = Flag()
        let upkeep = Task {
            defer { isDone.value = true }
            try await archive.run(test.ledger)
        }
        func manifests() -> [String] { store.names.filter { $0.hasSuffix(".manifest") } }
        while manifests().isEmpty && !isDone.value { try await Task.sleep(for: .milliseconds(1)) }
        var seen: Set<String> = []
        for number in 0..<6 {
            let before = Set(manifests())
            _ = try await test.ledger.place(request("k\(number)", [("a", 1)]))
            test.clock.advance(by: .seconds(3_601))
            while Set(manifests()).subtracting(before).isEmpty && !isDone.value {
                try await Task.sleep(for: .milliseconds(1))
            }
            seen.formUnion(manifests())
            // A clock that is set back delays nothing for longer than an interval, and removes nothing.
            guard number == 3 else { continue }
            test.clock.advance(by: .seconds(-1_800))
            // The upkeep must have seen it before the clock goes on: after a look of the pruning there is one of its own.
            let count = looks.withLock { $0 }
            while looks.withLock({ $0 }) < count + 2 && !isDone.value { try await Task.sleep(for: .milliseconds(1)) }
        }
        upkeep.cancel()
        try await upkeep.value
        #expect(seen.count >= 6 && manifests().count <= 4)
        let path = test.directory.path + "/restored"
        let date = test.clock.now() - .seconds(4_000)
        let restored = try await archive.restore(to: .date(date), at: path)
        #expect(restored.committedAt <= date)
        try await test.ledger.close()
        try await attached.end()
    }
}
