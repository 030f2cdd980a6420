import OrderLedger
import Testing
import VitrineIO
import VitrineSync
import VitrineTestSupport

@Suite("Leases")
final class LeaseTests {
    let directory: TemporaryDirectory
    let clock = ManualClock(sinceEpoch: .seconds(100))

    init() throws {
        directory = try TemporaryDirectory()
    }

    /// A lease file as one process sees it.
    private func file(boot: String = "boot-1") throws -> FileLease {
        let counter = Locked<UInt64>(UInt64.random(in: 1...1 << 60))
        return try FileLease(
            directory.path + "/lease",
            fileSystem: PosixFileSystem(),
            now: clock.now,
            boot: boot,
            makeToken: {
                counter.withLock { count in
                    count += 1
                    return count
                }
            }
        )
    }

    private func acquire(_ file: FileLease, _ holder: String, above epoch: UInt64 = 0) async throws -> LedgerLease {
        try await LedgerLease.acquire(from: file, holder: holder, for: .seconds(5), above: epoch, now: clock.now)
    }

    @Test("one holder at a time, and each grant has an epoch above all before")
    func exclusive() async throws {
        let one = try file()
        let other = try file()
        let first = try await acquire(one, "one")
        #expect(first.epoch == 1 && first.isHeld)
        let error = await expectError(.leaseHeld) { try await acquire(other, "other") }
        #expect(error?.message.contains("held by one in epoch 1") == true)
        clock.advance(by: .seconds(4))
        try await first.renew()
        clock.advance(by: .seconds(4))
        await expectError(.leaseHeld) { try await acquire(other, "other") }
        clock.advance(by: .seconds(2))
        #expect(!first.isHeld)
        let second = try await acquire(other, "other", above: 7)
        #expect(second.epoch == 8)
        await expectError(.fenced) { try await first.renew() }
        await expectError(.fenced) { try await one.renew(LeaseGrant(epoch: 1, token: 1), for: .seconds(5)) }
        // Somebody else's release changes nothing.
        try await first.release()
        await expectError(.leaseHeld) { try await acquire(one, "one") }
        try await second.release()
        #expect(try await acquire(one, "one").epoch == 9)
    }

    @Test("after a restart of the machine no grant of before is held, and epochs go on")
    func restart() async throws {
        _ = try await acquire(try file(), "one")
        clock.advance(by: .seconds(-90))
        #expect(try await acquire(try file(boot: "boot-2"), "two").epoch == 2)
    }

    @Test("a damaged file is a typed error that names it")
    func damaged() async throws {
        let file = try file()
        for text in ["", "1 2\n", "a b c d e\n", "1 2 3 boot holder"] {
            try PosixFileSystem().replaceFile(at: directory.path + "/lease", with: Array(text.utf8).span)
            let error = await expectError(.corrupted) { try await acquire(file, "one") }
            #expect(error?.message.contains("/lease, offset 0") == true)
        }
    }

    @Test(
        "a ledger writes in its lease's epoch, and acknowledges nothing any more once the lease has run out"
    )
    func ledger() async throws {
        let file = try file()
        let lease = try await acquire(file, "one", above: 3)
        var configuration = LedgerConfiguration()
        configuration.lease = lease
        let ledger = try await Ledger.open(at: directory.path + "/ledger", configuration: configuration)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        #expect(ledger.statistics.position == LedgerPosition(epoch: 4, transaction: 1))
        clock.advance(by: .seconds(6))
        await expectError(.fenced) { try await ledger.place(request("k1", [("a", 1)])) }
        clock.advance(by: .seconds(-6))
        await expectError(.fenced) { try await ledger.place(request("k2", [("a", 1)])) }
        try await ledger.close()
        // The same epoch is not written twice.
        await expectError(.fenced) {
            try await Ledger.open(at: directory.path + "/ledger", configuration: configuration)
        }
        clock.advance(by: .seconds(6))
        configuration.lease = try await acquire(file, "two", above: 4)
        let next = try await Ledger.open(at: directory.path + "/ledger", configuration: configuration)
        _ = try await next.place(request("k1", [("a", 1)]))
        #expect(next.statistics.position.epoch == 5)
        try await next.close()
    }

    @Test("a lease that is kept lasts; when another has it, keeping it ends with fenced")
    func keeping() async throws {
        final class Flaky: LeaseAuthority {
            let count = Locked(0)
            func acquire(holder: String, for duration: Duration, above epoch: UInt64) -> LeaseGrant {
                LeaseGrant(epoch: epoch + 1, token: 1)
            }
            func renew(_ grant: LeaseGrant, for duration: Duration) throws {
                let count = count.withLock { count in
                    count += 1
                    return count
                }
                if count == 1 { throw LedgerError(.ioFailed, "the network hiccuped") }
                if count == 4 { throw LedgerError(.fenced, "another has it") }
            }
            func release(_ grant: LeaseGrant) {}
        }
        let authority = Flaky()
        let lease = try await LedgerLease.acquire(
            from: authority,
            holder: "one",
            for: .milliseconds(600),
            now: clock.now
        )
        await expectError(.fenced) { try await lease.run() }
        #expect(!lease.isHeld && authority.count.withLock { $0 } == 4)
        await expectError(.invalidConfiguration) {
            try await LedgerLease.acquire(from: authority, holder: "one", for: .milliseconds(1))
        }
    }
}
