import Crypto
import Glibc
import ObjectVault
import Testing
import VitrineIO
import VitrineTestSupport

/// Something that a scenario asks of a vault.
private struct Step: Sendable, Hashable {
    enum Kind: Sendable, Hashable {
        case put
        case remove
    }

    let number: Int
    let kind: Kind
    let content: Int
}

/// The contents that scenarios put, by number; number 2 is large enough to be staged piece by piece.
private let contents: [[UInt8]] = {
    var random = SeededGenerator(seed: 99)
    return [100, 3, 150_000, 1, 70_000, 20].map { random.bytes($0) }
}()

@Suite("Crashes and failing disks")
struct CrashTests {
    @Test("after a crash at any operation, acknowledged objects read back whole and no half object shows")
    func crashSweep() async throws {
        let report = try await CrashSweep.run(seed: 17, recoveryCrashes: 1) { disk, record in
            let steps = Steps(record: record)
            let vault = try await Vault.open(at: "/shop/vault", on: disk, configuration: smallPieces)
            try await steps.put(0, into: vault)
            try await steps.put(2, into: vault)
            try await steps.put(0, into: vault)
            try await steps.remove(0, from: vault)
            try await steps.put(0, into: vault)
            try await steps.remove(2, from: vault)
            try await vault.close()
            let again = try await Vault.open(at: "/shop/vault", on: disk, configuration: smallPieces)
            try await steps.put(1, into: again)
            try await steps.put(2, into: again)
            try await again.close()
        } check: { disk, record in
            try await checkVault(disk, record)
        }
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.runCount > 60, "\(report)")
    }

    @Test("a crash while puts share their flushes takes none that was acknowledged")
    func crashSweepOfGroups() async throws {
        let report = try await CrashSweep.run(seed: 18) { disk, record in
            let steps = Steps(record: record)
            let vault = try await Vault.open(at: "/shop/vault", on: disk, configuration: smallPieces)
            try await withThrowingTaskGroup(of: Void.self) { group in
                for content in [0, 1, 3, 5] { group.addTask { try await steps.put(content, into: vault) } }
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
        let report = try await FaultSweep.run(seed: 19, errnos: [EIO], outcomes: [.lost, .reordered]) { disk, record in
            let steps = Steps(record: record)
            let vault = try await Vault.open(at: "/shop/vault", on: disk, configuration: smallPieces)
            try? await steps.put(0, into: vault)
            try? await steps.put(4, into: vault)
            try? await steps.put(0, into: vault)
            try? await steps.remove(0, from: vault)
            try? await steps.put(1, into: vault)
            try await vault.close()
        } check: { disk, record in
            try await checkVault(disk, record)
        }
        #expect(report.failures.isEmpty, "\(report)")
    }

    @Test("a put that finds what a killed process left unflushed makes it safe before it says so")
    func duplicatePutIsDurable() async throws {
        let bytes = contents[0]
        let id = try id(of: 0)
        let trial = SimulatedFileSystem()
        try await Vault.open(at: "/vault", on: trial).put(bytes)
        let naming = try #require(trial.log.last { $0.kind == .rename })
        // Killed right after the object got its name: of the new directory and the name in it nothing is flushed.
        let killed = SimulatedFileSystem()
        killed.crash(at: .after(naming.index))
        let first = try await Vault.open(at: "/vault", on: killed)
        await #expect(throws: VaultError.self) { try await first.put(bytes) }
        let left = killed.restarted(after: .kept)
        let second = try await Vault.open(at: "/vault", on: left)
        #expect(try second.list() == [id], "the name is there, and not safe")
        try await second.put(bytes)
        left.crash()
        let third = try await Vault.open(at: "/vault", on: left.restarted(after: .lost))
        #expect(try third.read(id) == bytes)
        try await third.close()
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
        #expect(try vault.read(kept) == [1])
        #expect(try vault.list() == [kept])
        #expect(try disk.list("/vault/staging").isEmpty)
        try await vault.close()
        let again = try await Vault.open(at: "/vault", on: disk.restarted(after: .lost), configuration: smallPieces)
        #expect(try again.list() == [kept])
        try await again.put(bytes)
        try await again.close()
    }

    @Test("a put whose directory cannot be flushed is not shown")
    func hidesAfterFailedDirectoryFlush() async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk)
        disk.fail(errno: EIO) { $0.kind == .synchronizeDirectory }
        #expect(try await code { try await vault.put([7]) } == .isReadOnly)
        #expect(try vault.list().isEmpty)
        try await vault.close()
    }

    @Test(
        "a full disk is said to be full, leaves nothing behind, and works again with room",
        arguments: [100, 150_000]
    )
    func saysOutOfSpace(size: Int) async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        let bytes = [UInt8](repeating: 5, count: size)
        for room in [0, 10, size / 2, size] {
            disk.setCapacity(disk.usedByteCount + Int64(room))
            #expect(try await code { try await vault.put(bytes) } == .outOfSpace, "room for \(room) bytes")
            #expect(try vault.list().isEmpty)
            #expect(try disk.list("/vault/staging").isEmpty)
        }
        disk.setCapacity(nil)
        let id = try await vault.put(bytes)
        #expect(try vault.read(id) == bytes)
        try await vault.close()
    }

    @Test("a write or rename that fails fails its own put only", arguments: [SimulatedOperation.Kind.write, .rename])
    func failsOnlyOne(kind: SimulatedOperation.Kind) async throws {
        let disk = SimulatedFileSystem()
        let vault = try await Vault.open(at: "/vault", on: disk, configuration: smallPieces)
        for bytes in [contents[0], contents[2]] {
            disk.fail(errno: EIO) { $0.kind == kind }
            #expect(try await code { try await vault.put(bytes) } == .ioFailed)
            #expect(try vault.list().isEmpty)
            #expect(try disk.list("/vault/staging").isEmpty)
        }
        let id = try await vault.put(contents[0])
        disk.fail(errno: EIO) { $0.kind == .read }
        #expect(try await code { try vault.read(id) } == .ioFailed)
        #expect(try vault.read(id) == contents[0])
        try await vault.close()
    }
}

/// Asks a vault for things and keeps the record.
private struct Steps: Sendable {
    let record: SweepRecord<Step>

    func put(_ content: Int, into vault: Vault) async throws {
        let step = Step(number: record.attempted.count, kind: .put, content: content)
        record.attempt(step)
        let bytes = contents[content]
        if content.isMultiple(of: 2) {
            try await vault.put(bytes)
        } else {
            try await vault.put(PieceSource(bytes: bytes, sizes: [40_000]))
        }
        record.acknowledge(step)
    }

    func remove(_ content: Int, from vault: Vault) async throws {
        let step = Step(number: record.attempted.count, kind: .remove, content: content)
        record.attempt(step)
        try await vault.remove(id(of: content))
        record.acknowledge(step)
    }
}

/// The id of a content, computed apart from the vault.
private func id(of content: Int) throws -> ObjectID {
    try #require(ObjectID(bytes: Array(SHA256.hash(data: contents[content]))))
}

/// Opens the vault that a crash left and holds it against the record.
private func checkVault(_ disk: SimulatedFileSystem, _ record: SweepRecord<Step>) async throws {
    let acknowledged = Set(record.acknowledged)
    // What may be there: both, after a step whose end nobody heard of.
    var possible: [Int: Set<Bool>] = [:]
    for step in record.attempted {
        let isThere = step.kind == .put
        if acknowledged.contains(step) {
            possible[step.content] = [isThere]
        } else {
            possible[step.content, default: [false]].insert(isThere)
        }
    }
    let vault = try await Vault.open(at: "/shop/vault", on: disk, configuration: smallPieces)
    try hold(disk.list("/shop/vault/staging").isEmpty, "staging is not empty")
    let listed = Set(try vault.list())
    var expected: Set<ObjectID> = []
    for (content, states) in possible {
        let id = try id(of: content)
        let isThere = try vault.contains(id)
        try hold(states.contains(isThere), "content \(content) is \(isThere ? "there" : "missing")")
        if isThere {
            expected.insert(id)
            let found = try vault.read(id)
            try hold(found == contents[content], "content \(content) reads as something else")
        }
    }
    try hold(listed == expected, "the vault lists \(listed), and holds \(expected)")
    let report = try await vault.verify()
    try hold(report.isIntact, "verify finds \(report.problems)")
    try await vault.close()
}
