import OrderLedger
import Testing
import VitrineCFaultVFS
import VitrineCSQLite
import VitrineIO
import VitrineTestSupport

/// Failing disks under a replica; the file system's orders are the process's, so that these run within the suite that
/// uses it one test at a time.
extension FaultTests {
    /// Segments of a few orders, and a replica on the failing file system that has none of them yet.
    private func prepare(_ directory: String, _ count: Int) async throws -> (LedgerReplica, [WALSegment]) {
        let ledger = try await Ledger.open(at: directory + "/one")
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 100)
        try #require(vitrine_fault_register() == SQLITE_OK)
        vitrine_fault_disarm()
        var configuration = ReplicaConfiguration()
        configuration.sources = [ledger]
        let seeding = try await LedgerReplica.open(at: directory + "/two", configuration: configuration)
        try await seeding.catchUp()
        try await seeding.close()
        let collector = Collector()
        let attached = try await Attached(collector, to: ledger, .received)
        for number in 0..<count { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
        try await ledger.close()
        try await attached.end()
        let replica = try await LedgerReplica.open(
            at: directory + "/two",
            configuration: .init(),
            fileSystem: PosixFileSystem(),
            vfs: "vitrine-fault"
        )
        return (replica, collector.segments)
    }

    @Test(
        "a full disk under a replica is a typed error at each write, and the same segment is applied when there is room"
    )
    func fullReplica() async throws {
        let directory = try TemporaryDirectory()
        let (replica, segments) = try await prepare(directory.path, 6)
        defer { vitrine_fault_disarm() }
        var failures = 0
        for (index, segment) in segments.enumerated() {
            arm(VITRINE_FAULT_WAL_WRITE, skip: index % 2, SQLITE_FULL)
            do {
                try await replica.receive(segment)
            } catch let error as LedgerError {
                #expect(error.code == .diskFull, "\(error)")
                failures += 1
                #expect(replica.version == segment.before)
                #expect(try replica.stock(of: "a") == 100 - index)
            }
            vitrine_fault_disarm()
            try await replica.receive(segment)
            #expect(replica.version == segment.after)
            #expect(try replica.stock(of: "a") == 99 - index)
        }
        #expect(failures > 2)
        #expect(try replica.audit().isClean)
        try await replica.close()
    }

    @Test(
        "a write or a flush that fails stops the replica, and reopened it goes on from what it has",
        arguments: [true, false]
    )
    func failingReplica(_ isWrite: Bool) async throws {
        let directory = try TemporaryDirectory()
        let (replica, segments) = try await prepare(directory.path, 3)
        defer { vitrine_fault_disarm() }
        try await replica.receive(segments[0])
        if isWrite {
            arm(VITRINE_FAULT_WAL_WRITE, ioErrorOfWrite)
            await expectError(.ioFailed) { try await replica.receive(segments[1]) }
        } else {
            try await replica.receive(segments[1])
            arm(VITRINE_FAULT_WAL_SYNC, ioErrorOfFlush)
            await expectError(.ioFailed) { try await replica.flush() }
            #expect(vitrine_fault_count(Int32(VITRINE_FAULT_WAL_SYNC.rawValue)) == 1)
        }
        vitrine_fault_disarm()
        await expectError(.isReadOnly) { try await replica.receive(segments[2]) }
        await expectError(.isReadOnly) { try await replica.flush() }
        try await replica.close()
        let reopened = try await LedgerReplica.open(at: directory.path + "/two")
        for segment in segments { try await reopened.receive(segment) }
        try await reopened.flush()
        #expect(reopened.version == segments.last?.after)
        #expect(try reopened.stock(of: "a") == 97 && reopened.audit().isClean)
        try await reopened.close()
    }

    @Test("a replica's log that reads back otherwise is not shown to anybody")
    func replicaReadsBack() async throws {
        let directory = try TemporaryDirectory()
        let (replica, segments) = try await prepare(directory.path, 2)
        defer { vitrine_fault_disarm() }
        try await replica.receive(segments[0])
        vitrine_fault_flip(1)
        await expectError(.walCorrupted) { try await replica.receive(segments[1]) }
        vitrine_fault_flip(0)
        #expect(try replica.stock(of: "a") == 99)
        try await replica.close()
    }
}
