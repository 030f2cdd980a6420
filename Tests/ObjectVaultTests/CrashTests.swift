import Foundation
import Glibc
import ObjectVault
import Testing
import VitrineIO
import VitrineSQLite
import VitrineTestSupport

/// Something that a scenario asks of a vault.
private struct Step: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case put
        case delete
    }

    let number: Int
    let kind: Kind
    let key: Int
    let content: Int
}

/// The contents that scenarios put, by number; number 2 is large enough to be cut, number 4 shares most with it.
private let contents: [[UInt8]] = {
    var random = SeededGenerator(seed: 99)
    var made = [100, 3, 9_000, 1].map { random.bytes($0) }
    made.append(made[2].dropLast(2_000) + random.bytes(500))
    return made
}()

/// Small chunks, so that few bytes make many, and all three tiers.
private var crashing: VaultConfiguration {
    var configuration = smallPieces
    configuration.chunkThreshold = 500
    configuration.chunkSizes = ChunkSizes(average: 1_024)
    configuration.cold.directories = (0..<4).map { "cold-\($0)" }
    configuration.cold.redundancy = .erasure(data: 3, parity: 1)
    configuration.readersMax = 2
    return configuration
}

@Suite("Crashes and failing disks")
struct CrashTests {
    @Test("after a crash at any operation, acknowledged objects read back whole, no half one shows, and nothing leaks")
    func crashSweep() async throws {
        let report = try await RecordedCrashSweep.run(seed: 17, rounds: 1, recoveryInterval: 400) { disk, record in
            let steps = Steps(record: record)
            let vault = try await Vault.open(at: "/vault", on: disk, configuration: crashing)
            try await vault.createBucket("shop")
            try await steps.put(0, 0, into: vault)
            try await steps.put(1, 2, into: vault)
            try await steps.put(2, 4, into: vault)
            try await steps.put(0, 1, into: vault)
            try await steps.delete(1, from: vault)
            try await vault.collect(deadShareMin: 0)
            try await steps.put(3, 2, into: vault)
            try await vault.move(ObjectName("shop", "2"), to: .cold)
            try await steps.delete(0, from: vault)
            try await vault.close()
            let again = try await Vault.open(at: "/vault", on: disk, configuration: crashing)
            try await again.scrub()
            try await again.move(ObjectName("shop", "2"), to: .warm)
            try await steps.put(4, 4, into: again)
            try await again.collect(deadShareMin: 0)
            try await again.close()
        } check: { disk, record in
            try await checkVault(disk, record)
        }
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.checkCount > 1_000, "\(report)")
    }

    @Test("the same at 20,000 points of random courses, in recovery too")
    func randomCourses() async throws {
        let wanted = TestEnvironment.count(20_000, soak: 500_000, brief: 1_000)
        var seed = TestEnvironment.seed(100)
        var points = 0
        while points < wanted {
            let course = seed
            let report = try await RecordedCrashSweep.run(
                seed: seed,
                rounds: 1,
                recoveryInterval: 200
            ) { disk, record in
                try await randomCourse(course, disk, Steps(record: record))
            } check: { disk, record in
                try await checkVault(disk, record)
            }
            #expect(report.failures.isEmpty, "course \(seed): \(report)")
            if !report.failures.isEmpty { return }
            points += report.checkCount
            seed += 1
        }
    }

    @Test("a database on a simulated disk keeps what was committed, before it has a write-ahead log and after")
    func databaseSweep() async throws {
        let report = try await RecordedCrashSweep.run(seed: 20, rounds: 2, recoveryInterval: 1) { disk, record in
            let vfs = FileSystemVFS(disk: disk)
            let database = try Database(path: "/rows.sqlite3", role: .writer, vfs: vfs.name, cacheBytesMax: 1 << 20)
            // Without a log only EXTRA has a commit outlive a loss of power.
            try database.execute("PRAGMA synchronous = EXTRA; CREATE TABLE IF NOT EXISTS row (number INTEGER)")
            for number in 0..<6 {
                if number == 3 {
                    try database.startLogging()
                    try database.execute("PRAGMA synchronous = FULL")
                }
                record.attempt(number)
                try database.execute("INSERT INTO row VALUES (\(number))")
                record.acknowledge(number)
            }
            _ = try database.checkpoint(.restart, patience: .zero)
        } check: { disk, record in
            let vfs = FileSystemVFS(disk: disk)
            let database = try Database(path: "/rows.sqlite3", role: .writer, vfs: vfs.name, cacheBytesMax: 1 << 20)
            try database.startLogging()
            try database.execute("PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS row (number INTEGER)")
            let rows = try database.prepare("SELECT count(*) FROM row")
            let count = try rows.step() ? Int(rows.int64(0)) : 0
            while try rows.step() {}
            try hold(
                (record.acknowledged.count...record.attempted.count).contains(count),
                "\(count) rows, of \(record.acknowledged.count) to \(record.attempted.count)"
            )
            let answer = try database.prepare("PRAGMA integrity_check")
            try hold(try answer.step() && answer.text(0) == "ok", "SQLite finds damage")
            while try answer.step() {}
            _ = try database.checkpoint(.passive, patience: .zero)
        }
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.checkCount > 100, "\(report)")
    }

    @Test("a crash while puts share their flushes takes none that was acknowledged")
    func crashSweepOfGroups() async throws {
        let report = try await RecordedCrashSweep.run(seed: 18, rounds: 1, recoveryInterval: 400) { disk, record in
            let steps = Steps(record: record)
            let vault = try await Vault.open(at: "/vault", on: disk, configuration: crashing)
            try await vault.createBucket("shop")
            try await withThrowingTaskGroup(of: Void.self) { group in
                for content in 0..<5 { group.addTask { try await steps.put(content, content, into: vault) } }
                try await group.waitForAll()
            }
            try await vault.close()
        } check: { disk, record in
            try await checkVault(disk, record)
        }
        #expect(report.failures.isEmpty, "\(report)")
    }

    @Test("whichever operation fails, once or for good, what was acknowledged is there after the next crash")
    func faultSweep() async throws {
        let isSoak = ProcessInfo.processInfo.environment["VITRINE_SOAK"] != nil
        let errnos = isSoak ? [EIO, ENOSPC] : [EIO]
        let report = try await FaultSweep.run(seed: 19, errnos: errnos, outcomes: [.reordered]) { disk, record in
            let steps = Steps(record: record)
            let vault = try await Vault.open(at: "/vault", on: disk, configuration: crashing)
            _ = try? await vault.createBucket("shop")
            try? await steps.put(0, 0, into: vault)
            try? await steps.put(1, 2, into: vault)
            try? await steps.put(0, 1, into: vault)
            _ = try? await vault.collect(deadShareMin: 0)
            try? await steps.delete(0, from: vault)
            _ = try? await vault.move(ObjectName("shop", "1"), to: .cold)
            try? await steps.put(2, 4, into: vault)
            try await vault.close()
        } check: { disk, record in
            try await checkVault(disk, record)
        }
        #expect(report.failures.isEmpty, "\(report)")
    }

    @Test("after a failed flush the vault takes no writes, says why, and still reads", arguments: [100, 150_000])
    func refusesAfterFailedFlush(size: Int) async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        let kept = try await vault.put([1])
        disk.fail(errno: EIO) { $0.kind == .synchronize }
        let bytes = [UInt8](repeating: 5, count: size)
        #expect(try await code { try await vault.put(bytes) } == .isReadOnly)
        let error = try await #require(throws: VaultError.self) { try await vault.put([2]) }
        #expect(error.code == .isReadOnly)
        #expect((error.cause as? IOError)?.operation == .synchronize)
        #expect(try await code { try await vault.remove(kept) } == .isReadOnly)
        #expect(try await code { try await vault.collect() } == .isReadOnly)
        #expect(try vault.read(kept) == [1])
        #expect(try vault.list() == [kept])
        try await vault.close()
        #expect(disk.misuses.isEmpty, "\(disk.misuses)")
        let again = try await Vault.open(at: "/vault", on: disk.restarted(after: .lost), configuration: smallPieces)
        #expect(try again.list() == [kept])
        try await again.put(bytes)
        try await again.close()
    }

    @Test(
        "a full disk is said to be full, leaves nothing behind, and works again with room",
        arguments: [100, 150_000]
    )
    func saysOutOfSpace(size: Int) async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        let first = try await vault.put([1])
        var random = SeededGenerator(seed: 5)
        let bytes = random.bytes(size)
        for room in [0, 10, size / 2, size] {
            disk.setCapacity(disk.usedByteCount + Int64(room))
            #expect(try await code { try await vault.put(bytes) } == .outOfSpace, "room for \(room) bytes")
            #expect(try vault.list() == [first])
        }
        disk.setCapacity(nil)
        let id = try await vault.put(bytes)
        #expect(try vault.read(id) == bytes)
        try await vault.remove(id)
        try await vault.remove(first)
        try await vault.collect(deadShareMin: 0)
        #expect(try disk.packBytes(in: "/vault") == 0)
        try await vault.close()
    }
}

/// Asks a vault for things and keeps the record.
private struct Steps: Sendable {
    let record: SweepRecord<Step>

    func put(_ key: Int, _ content: Int, into vault: Vault) async throws {
        let step = Step(number: record.attempted.count, kind: .put, key: key, content: content)
        record.attempt(step)
        let name = ObjectName("shop", "\(key)")
        if content.isMultiple(of: 2) {
            try await vault.put(contents[content], as: name)
        } else {
            try await vault.put(PieceSource(bytes: contents[content], sizes: [4_000]), as: name)
        }
        record.acknowledge(step)
    }

    func delete(_ key: Int, from vault: Vault) async throws {
        let step = Step(number: record.attempted.count, kind: .delete, key: key, content: 0)
        record.attempt(step)
        try await vault.delete(ObjectName("shop", "\(key)"))
        record.acknowledge(step)
    }
}

/// A dozen steps drawn from a seed: puts, deletes, moves, collections, scrubs and reopenings.
private func randomCourse(_ seed: UInt64, _ disk: SimulatedFileSystem, _ steps: Steps) async throws {
    var random = SeededGenerator(seed: seed)
    var vault = try await Vault.open(at: "/vault", on: disk, configuration: crashing)
    try await vault.createBucket("shop")
    var keys: Set<Int> = []
    for _ in 0..<12 {
        let key = Int.random(in: 0..<4, using: &random)
        switch Int.random(in: 0..<12, using: &random) {
        case 0..<5:
            try await steps.put(key, Int.random(in: 0..<contents.count, using: &random), into: vault)
            keys.insert(key)
        case 5..<7:
            try await steps.delete(key, from: vault)
            keys.remove(key)
        case 7..<9:
            guard keys.contains(key) else { continue }
            let tier: Tier = [.hot, .warm, .cold].randomElement(using: &random) ?? .cold
            try await vault.move(ObjectName("shop", "\(key)"), to: tier)
        case 9: try await vault.collect(deadShareMin: 0)
        case 10: try await vault.scrub()
        default:
            try await vault.close()
            vault = try await Vault.open(at: "/vault", on: disk, configuration: crashing)
        }
    }
    try await vault.close()
}

/// Opens the vault that a crash left and holds it against the record.
private func checkVault(_ disk: SimulatedFileSystem, _ record: SweepRecord<Step>) async throws {
    let acknowledged = Set(record.acknowledged)
    // What each key may hold: both, after a step whose end nobody heard of.
    var possible: [Int: Set<Int?>] = [:]
    for step in record.attempted {
        let after: Int? = step.kind == .put ? step.content : nil
        if acknowledged.contains(step) {
            possible[step.key] = [after]
        } else {
            possible[step.key, default: [nil]].insert(after)
        }
    }
    let vault = try await Vault.open(at: "/vault", on: disk, configuration: crashing)
    let names = try vault.buckets().isEmpty ? [] : vault.list("shop").objects.map(\.name.key)
    var kept: [Int: Int] = [:]
    for (key, states) in possible {
        let found = names.contains("\(key)") ? try vault.read(ObjectName("shop", "\(key)")) : nil
        let content = found.flatMap { contents.firstIndex(of: $0) }
        try hold(found == nil || content != nil, "key \(key) reads as something that was never put")
        kept[key] = content
        try hold(states.contains(content), "key \(key) holds \(content.map(String.init) ?? "nothing"), not \(states)")
    }
    try hold(names.count <= possible.count, "the vault lists \(names)")
    let report = try await vault.verify()
    try hold(report.isIntact, "verify finds \(report.problems) and \(report.mendableChunkCount) damaged copies")
    try await vault.collect(deadShareMin: 0)
    let dead = try await vault.deadByteCount()
    try hold(dead == 0, "\(dead) bytes leak")
    for (key, content) in kept {
        try hold(try vault.read(ObjectName("shop", "\(key)")) == contents[content], "key \(key) after collection")
    }
    try await vault.close()
}
