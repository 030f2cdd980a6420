import CatalogKV
import Testing
import VitrineTestSupport

/// Errno values that disks answer with: EIO and ENOSPC.
private let diskErrnos: [Int32] = [5, 28]

@Suite("When the disk fails, a catalog")
struct CatalogFaultTests {
    private static let key = Key(partition: "p0", sort: "1")

    @Test("has every acknowledged write, whichever operation failed and whatever a crash makes of it then")
    func everyOperation() async throws {
        let seed = TestEnvironment.seed(12)
        let trial = FaultTrial(seed: seed, stepCount: TestEnvironment.count(14, soak: 60, brief: 4))
        let report = try await FaultSweep.run(seed: seed, errnos: diskErrnos, outcomes: [.lost, .reordered, .kept]) {
            (disk, record: SweepRecord<Int>) in
            try await trial.perform(on: disk, record)
        } check: { disk, record in
            try await trial.check(disk, record)
        }
        #expect(report.failures.isEmpty, "\(report)")
        #expect(report.checkCount > 100, "\(report)")
    }

    @Test("moves on from reads and writes that are short")
    func shortTransfers() async throws {
        for seed in 1...UInt64(TestEnvironment.count(6, soak: 500)) {
            let trial = FaultTrial(seed: seed, stepCount: 40)
            let disk = SimulatedFileSystem(seed: seed, hasShortTransfers: true)
            let record = SweepRecord<Int>()
            try await trial.perform(on: disk, record)
            #expect(record.acknowledged == record.attempted, "seed \(seed)")
            try await trial.check(disk, record)
            #expect(disk.misuses == [])
        }
    }

    @Test(
        "throws a typed error after a failed flush, goes read-only for good, serves reads, and opens with what it promised",
        arguments: diskErrnos
    )
    func readOnly(errno: Int32) async throws {
        let disk = SimulatedFileSystem()
        let store = try await CatalogUnderTest.open(disk, segmentByteCountMax: 65_536)
        let key = CatalogFaultTests.key
        try await store.bytes.put([1], for: key)
        disk.fail(errno: errno) { $0.kind == .synchronize }
        let first = await #expect(throws: CatalogError.self) { try await store.bytes.put([2], for: key) }
        #expect(first?.code == .ioFailed, "\(String(describing: first))")
        #expect("\(String(describing: first))".contains("errno \(errno)"))
        // The disk is well again, and still nothing is written: a second flush would report success it does not have.
        let second = await #expect(throws: CatalogError.self) { try await store.bytes.put([3], for: key) }
        #expect(second?.code == .isReadOnly && "\(String(describing: second))".contains("errno \(errno)"))
        let buffered = await #expect(throws: CatalogError.self) {
            try await store.bytes.delete(key, durability: .buffered)
        }
        #expect(buffered?.code == .isReadOnly)
        #expect(store.catalog.statistics.readOnlyReason?.contains("errno \(errno)") == true)
        #expect(try store.bytes.get(key) == [1], "what was never promised was read")
        try? await store.close()
        #expect(disk.misuses == [])

        disk.crash()
        let again = try await CatalogUnderTest.open(disk.restarted(after: .lost), segmentByteCountMax: 65_536)
        #expect(try again.bytes.get(key) == [1])
        try await again.bytes.put([4], for: key)
        #expect(again.catalog.statistics.readOnlyReason == nil)
        try await again.close()
    }

    @Test("says that the disk is full, serves reads, and writes again once there is room")
    func diskFull() async throws {
        let disk = SimulatedFileSystem()
        let store = try await CatalogUnderTest.open(disk)
        let value = [UInt8](repeating: 3, count: 1_000)
        disk.setCapacity(disk.usedByteCount)
        var written = 0
        var refusal: CatalogError?
        while refusal == nil, written < 100 {
            do {
                try await store.bytes.put(value, for: Key(partition: "p0", sort: "\(written)"))
                written += 1
            } catch let error as CatalogError {
                refusal = error
            }
        }
        #expect(refusal?.code == .diskFull, "\(String(describing: refusal))")
        for number in 0..<written { #expect(try store.bytes.get(Key(partition: "p0", sort: "\(number)")) == value) }
        disk.setCapacity(nil)
        try await store.bytes.put(value, for: Key(partition: "p0", sort: "\(written)"))
        try await store.close()
        let again = try await CatalogUnderTest.open(disk)
        for number in 0...written { #expect(try again.bytes.get(Key(partition: "p0", sort: "\(number)")) == value) }
        try await again.close()
    }

    @Test("that could not be opened names the file, lets go of the directory, and opens once the disk is well")
    func openFails() async throws {
        let disk = SimulatedFileSystem()
        let store = try await CatalogUnderTest.open(disk)
        try await store.bytes.put([1], for: CatalogFaultTests.key)
        try await store.close()
        let opening = disk.restarted(after: .kept)
        try await CatalogUnderTest.open(opening).close()
        for operation in opening.log where operation.errno == nil && operation.kind != .close {
            for errno in diskErrnos {
                let failing = disk.restarted(after: .kept)
                failing.fail(at: operation.index, errno: errno)
                do {
                    try await CatalogUnderTest.open(failing).close()
                } catch let error as CatalogError {
                    #expect(error.code == .ioFailed || error.code == .diskFull, "\(operation): \(error)")
                }
                #expect(failing.heldLockCount == 0, "\(operation)")
                #expect(failing.openFileCount == 0, "\(operation)")
                let again = try await CatalogUnderTest.open(failing)
                #expect(try again.bytes.get(CatalogFaultTests.key) == [1], "\(operation)")
                try await again.close()
            }
        }
    }

    @Test("has what a process wrote before it was killed, though a flush of its had failed and power fails later")
    func failedFlushThenKill() async throws {
        let disk = SimulatedFileSystem()
        let first = try await CatalogUnderTest.open(disk)
        let (a, b, c) = (Key(partition: "a"), Key(partition: "b"), Key(partition: "c"))
        try await first.bytes.put([1], for: a)
        disk.fail(errno: 5) { $0.kind == .synchronize }
        await #expect(throws: CatalogError.self) { try await first.bytes.put([2], for: b) }
        disk.crash()

        // The next process reads what the failed flush left in memory, and builds on it.
        let killed = disk.restarted(after: .kept)
        let second = try await CatalogUnderTest.open(killed)
        let found = try second.bytes.get(b)
        try await second.bytes.put([3], for: c)
        killed.crash()

        let third = try await CatalogUnderTest.open(killed.restarted(after: .lost))
        #expect(try third.bytes.get(a) == [1])
        #expect(try third.bytes.get(b) == found, "what a reader saw must not go")
        #expect(try third.bytes.get(c) == [3])
        try await third.close()
    }
}
