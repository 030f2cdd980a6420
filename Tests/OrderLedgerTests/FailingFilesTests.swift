import Glibc
import OrderLedger
import Testing
import VitrineIO
import VitrineTestSupport

/// Each change to the files beside the database fails in turn: archives, restores, snapshots, leases, fences.
@Suite("Failing files")
struct FailingFilesTests {
    private static let faults = [ENOSPC, EIO]

    /// Runs `body` with its first change failing, then with its second, until none is left to fail; a failure must be a
    /// `LedgerError` of `code` that has the system's number underneath, and `body` must succeed afterwards.
    private func sweep(
        _ disk: FailingFileSystem,
        _ errno: Int32,
        _ code: LedgerError.Code,
        before prepare: () async throws -> Void = {},
        _ body: () async throws -> Void
    ) async throws -> Int {
        for skip in 0..<1_000 {
            try await prepare()
            disk.arm(skip: skip, errno: errno)
            do {
                try await body()
                // A change whose failure does no harm may be let pass; one that was never made ends the sweep.
                if !disk.disarm() { return skip }
            } catch let error as LedgerError {
                #expect(disk.disarm(), "\(error)")
                #expect(error.code == code && (error.cause as? IOError)?.errno == errno, "change \(skip): \(error)")
                try await prepare()
                try await body()
            }
        }
        Issue.record("the sweep does not end")
        return 0
    }

    @Test("an archive says so, keeps what it has gathered, and has it all when the disk works again", arguments: faults)
    func archive(_ errno: Int32) async throws {
        let test = try await TestLedger(stock: ["a": 10_000])
        let disk = FailingFileSystem()
        let store = try await ArchiveDirectory(test.directory.path + "/archive", fileSystem: disk)
        let archive = try WALArchive(store)
        let attached = try await Attached(archive, to: test.ledger, .async(), as: "archive")
        var number = 0
        let flushes = try await sweep(disk, errno, .ioFailed) {
            number += 1
            _ = try await test.ledger.place(request("k\(number)", [("a", 1)]))
            let position = test.ledger.statistics.position.transaction
            while (test.ledger.statistics.sinks.first?.acknowledged ?? 0) < position { await Task.yield() }
            try await archive.flush()
        }
        let snapshots = try await sweep(disk, errno, .ioFailed) { try await archive.snapshot(of: test.ledger) }
        #expect(flushes > 3 && snapshots > 6)
        // The ledger went on through all of it, and everything is archived.
        _ = try await test.ledger.place(request("last", [("a", 1)]))
        try test.expectClean()
        let version = try await test.ledger.version()
        try await test.ledger.close()
        try await attached.end()
        try await archive.flush()
        #expect(try await archive.restore(at: test.directory.path + "/restored").version == version)
    }

    @Test("a restore says so and leaves nothing under the name", arguments: faults)
    func restore(_ errno: Int32) async throws {
        let test = try await TestLedger()
        let archive = try WALArchive(try await ArchiveDirectory(test.directory.path + "/archive"))
        let attached = try await Attached(archive, to: test.ledger, .received, as: "archive")
        try await archive.snapshot(of: test.ledger)
        for number in 0..<3 { _ = try await test.ledger.place(request("k\(number)", [("a", 1)])) }
        let version = try await test.ledger.version()
        try await test.ledger.close()
        try await attached.end()
        try await archive.flush()
        let disk = FailingFileSystem()
        let path = test.directory.path + "/restored"
        let changes = try await sweep(disk, errno, .snapshotFailed) {
            if try PosixFileSystem().info(path) != nil { try PosixFileSystem().remove(path) }
        } _: {
            do {
                #expect(try await archive.restore(to: .latest, at: path, on: disk, vfs: nil).version == version)
            } catch {
                #expect(try PosixFileSystem().info(path) == nil, "\(error)")
                throw error
            }
        }
        #expect(changes > 6)
    }

    @Test("a copy of the ledger says so, and the ledger goes on", arguments: faults)
    func snapshot(_ errno: Int32) async throws {
        let directory = try TemporaryDirectory()
        let disk = FailingFileSystem()
        let ledger = try await Ledger.open(
            at: directory.path + "/ledger",
            configuration: .init(),
            fileSystem: disk,
            vfs: nil
        )
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 1_000)
        let path = directory.path + "/copy"
        var number = 0
        let changes = try await sweep(disk, errno, .snapshotFailed) {
            if try PosixFileSystem().info(path) != nil { try PosixFileSystem().remove(path) }
        } _: {
            number += 1
            _ = try await ledger.place(request("k\(number)", [("a", 1)]))
            let version = try await ledger.snapshot(to: path)
            #expect(version.position == ledger.statistics.position)
        }
        #expect(changes > 2)
        #expect(try ledger.stock(of: "a") == 1_000 - number && ledger.audit().isClean)
        try await ledger.close()
    }

    @Test("a lease says so, and no epoch is given twice", arguments: faults)
    func lease(_ errno: Int32) async throws {
        let directory = try TemporaryDirectory()
        let disk = FailingFileSystem()
        let clock = ManualClock(sinceEpoch: .seconds(100))
        let file = try FileLease(
            directory.path + "/lease",
            fileSystem: disk,
            now: clock.now,
            boot: "boot",
            makeToken: { 1 }
        )
        var epochs: [UInt64] = []
        let grants = try await sweep(disk, errno, .ioFailed) {
            clock.advance(by: .seconds(10))
        } _: {
            epochs.append(try await file.acquire(holder: "one", for: .seconds(5), above: 0).epoch)
        }
        #expect(grants > 3 && epochs.count > 3)
        #expect(zip(epochs, epochs.dropFirst()).allSatisfy { $0 < $1 })
        clock.advance(by: .seconds(10))
        let grant = try await file.acquire(holder: "one", for: .seconds(500), above: 0)
        let renewals = try await sweep(disk, errno, .ioFailed) { try await file.renew(grant, for: .seconds(500)) }
        let releases = try await sweep(disk, errno, .ioFailed) { try await file.release(grant) }
        #expect(renewals > 3 && releases > 3)
        #expect(try await file.acquire(holder: "two", for: .seconds(5), above: 0).epoch == grant.epoch + 1)
    }

    @Test("a fence says so, is whole whatever failed, and goes up when the disk works again", arguments: faults)
    func fence(_ errno: Int32) async throws {
        let home = try TemporaryDirectory()
        let directory = home.path + "/replica"
        let disk = FailingFileSystem()
        let replica = try await LedgerReplica.open(
            at: directory,
            configuration: .init(),
            fileSystem: disk,
            vfs: nil
        )
        func stored() throws -> String? {
            guard try PosixFileSystem().info(directory + "/FENCE") != nil else { return nil }
            let bytes = try PosixFileSystem().contents(of: directory + "/FENCE", byteCountMax: 64)
            return String(decoding: bytes, as: UTF8.self)
        }
        // What comes after an epoch that was refused is higher, as it would be from a lease.
        var epoch = 1
        let changes = try await sweep(disk, errno, .ioFailed) {
            let before = try stored()
            epoch += 1
            do {
                try await replica.fence(below: UInt64(epoch))
            } catch {
                let after = try stored()
                #expect(after == before || after == "\(epoch)\n")
                throw error
            }
            #expect(try stored() == "\(epoch)\n")
        }
        #expect(changes > 3)
        try await replica.close()
    }
}
