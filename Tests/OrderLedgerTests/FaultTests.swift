import OrderLedger
import Testing
import VitrineCFaultVFS
import VitrineCSQLite
import VitrineIO
import VitrineTestSupport

// Extended codes are macros of shifts, which the importer leaves out (sqlite.org/rescode.html).
let ioErrorOfWrite: Int32 = SQLITE_IOERR | 3 << 8
let ioErrorOfFlush: Int32 = SQLITE_IOERR | 4 << 8

/// A disk that fails under SQLite; one at a time, because its orders are the process's.
@Suite("Failing disks", .serialized)
struct FaultTests {
    /// A ledger on a file system that can be made to fail.
    func open(_ directory: String, _ configuration: LedgerConfiguration = .init()) async throws -> Ledger {
        try #require(vitrine_fault_register() == SQLITE_OK)
        vitrine_fault_disarm()
        return try await Ledger.open(
            at: directory,
            configuration: configuration,
            fileSystem: PosixFileSystem(),
            vfs: "vitrine-fault"
        )
    }

    func arm(_ operation: vitrine_fault_operation, skip: Int = 0, _ code: Int32) {
        vitrine_fault_arm(Int32(operation.rawValue), skip, code)
    }

    @Test("a flush that fails makes the ledger read-only; what was acknowledged before is there")
    func failedFlush() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await open(directory.path)
        defer { vitrine_fault_disarm() }
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        let first = try await ledger.place(request("k1", [("a", 1)])).id
        arm(VITRINE_FAULT_WAL_SYNC, ioErrorOfFlush)
        let error = await expectError(.ioFailed) { try await ledger.place(request("k2", [("a", 1)])) }
        #expect((error?.cause as? SQLiteError)?.extendedCode == ioErrorOfFlush)
        #expect(vitrine_fault_count(Int32(VITRINE_FAULT_WAL_SYNC.rawValue)) == 1, "a failed flush was tried again")
        vitrine_fault_disarm()
        // The disk would work again, but nobody can know what it kept.
        let refusal = await expectError(.isReadOnly) { try await ledger.place(request("k3", [("a", 1)])) }
        #expect((refusal?.cause as? LedgerError)?.code == .ioFailed)
        await expectError(.isReadOnly) { try await ledger.restock(sku: "a", by: 1) }
        // Reads go on, and show what the log holds: whether the disk kept the last of it is what nobody knows.
        #expect(try (8...9).contains(ledger.stock(of: "a")))
        #expect(try ledger.orders(of: "ada").count >= 1)
        try await ledger.close()

        let reopened = try await Ledger.open(at: directory.path)
        #expect(try reopened.audit().isClean)
        #expect(try reopened.orders(of: "ada").contains { $0.id == first })
        // Whether or not the disk kept it, repeating the request leaves one order.
        _ = try await reopened.place(request("k2", [("a", 1)]))
        #expect(try reopened.stock(of: "a") == 8)
    }

    @Test("a full disk fails the orders of the group only, and service resumes when there is room")
    func fullDisk() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await open(directory.path)
        defer { vitrine_fault_disarm() }
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 100)
        var fullCount = 0
        for skip in 0..<12 {
            arm(VITRINE_FAULT_WAL_WRITE, skip: skip, SQLITE_FULL)
            let isFull = await (try? ledger.place(request("full-\(skip)", [("a", 1)]))) == nil
            let wasMet = vitrine_fault_count(Int32(VITRINE_FAULT_WAL_WRITE.rawValue)) > 0
            // The log is made longer ahead of need too; that this fails is nobody's loss.
            #expect(wasMet || !isFull, "after \(skip) writes")
            fullCount += isFull ? 1 : 0
            vitrine_fault_disarm()
            let order = try await ledger.place(request("full-\(skip)", [("a", 1)]))
            #expect(try ledger.order(order.id) == order)
        }
        #expect(fullCount > 5)
        #expect(try ledger.stock(of: "a") == 88)
        #expect(try ledger.audit().isClean)
        arm(VITRINE_FAULT_WAL_WRITE, SQLITE_FULL)
        await expectError(.diskFull) { try await ledger.place(request("last", [("a", 1)])) }
        vitrine_fault_disarm()
        try await ledger.close()
    }

    @Test("each write of the log that fails is a typed error, and loses nothing that was acknowledged")
    func failedWrites() async throws {
        for skip in 0..<14 {
            let directory = try TemporaryDirectory()
            let ledger = try await open(directory.path)
            defer { vitrine_fault_disarm() }
            try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 100)
            arm(VITRINE_FAULT_WAL_WRITE, skip: skip, ioErrorOfWrite)
            var acknowledged: [String] = []
            for number in 0..<4 {
                do {
                    _ = try await ledger.place(request("k\(number)", [("a", 1)]))
                    acknowledged.append("k\(number)")
                } catch let error as LedgerError {
                    #expect(error.code == .ioFailed || error.code == .isReadOnly, "after \(skip) writes: \(error)")
                }
            }
            vitrine_fault_disarm()
            #expect(try ledger.orders(of: "ada").count == acknowledged.count)
            try await ledger.close()
            let reopened = try await Ledger.open(at: directory.path)
            #expect(try reopened.audit().isClean)
            for key in acknowledged { _ = try await reopened.place(request(key, [("a", 1)])) }
            #expect(reopened.statistics.ordersPlaced == 0, "after \(skip) writes, an acknowledged order was lost")
        }
    }

    /// The life of one order, each step with its key; returns how many steps were done.
    private func live(_ ledger: Ledger, _ key: String) async throws -> Int {
        let lines = [CartRequest.Line(sku: "a", quantity: 2)]
        let hold = CartRequest(idempotencyKey: "c" + key, customer: "ada", lines: lines, hold: .seconds(600))
        let cart = try await ledger.reserve(hold)
        let order = try await ledger.place(request("k" + key, [("a", 2)], cart: cart.id)).id
        let payment = try await ledger.authorize(order, somePayment, for: .seconds(600), key: "a" + key)
        _ = try await ledger.capture(payment.id, amount: euros(1_500), key: "p" + key)
        _ = try await ledger.capture(payment.id, key: "q" + key)
        if try ledger.order(order)?.state == .paid { _ = try await ledger.fulfill(order) }
        let part = ShipmentRequest(idempotencyKey: "s" + key, lines: [LineQuantity(line: 1, quantity: 1)])
        _ = try await ledger.ship(order, part)
        let back = RefundRequest(idempotencyKey: "r" + key, lines: [.init(line: 1, quantity: 2, returned: 1)])
        _ = try await ledger.refund(order, back)
        return 8
    }

    @Test("a disk that is full at any write of an order's life fails that step only, and the same keys finish it")
    func fullDiskAtEachWrite() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await open(directory.path)
        defer { vitrine_fault_disarm() }
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10)
        var failures = 0
        for skip in stride(from: 0, to: 80, by: 3) {
            arm(VITRINE_FAULT_WAL_WRITE, skip: skip, SQLITE_FULL)
            do {
                _ = try await live(ledger, "\(skip)")
            } catch let error as LedgerError {
                #expect(error.code == .diskFull, "after \(skip) writes: \(error)")
                failures += 1
            }
            #expect(try ledger.audit().isClean, "after \(skip) writes")
            vitrine_fault_disarm()
            #expect(try await live(ledger, "\(skip)") == 8)
            #expect(try ledger.stock(of: "a") == 10, "after \(skip) writes")
        }
        #expect(failures > 15)
        #expect(try ledger.audit().isClean)
        try await ledger.close()
    }

    @Test("a full disk at a checkpoint is a typed error, and the ledger goes on in its log")
    func fullDiskAtCheckpoint() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await open(directory.path)
        defer { vitrine_fault_disarm() }
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 100)
        arm(VITRINE_FAULT_MAIN_WRITE, skip: 2, SQLITE_FULL)
        await expectError(.diskFull) { try await ledger.checkpoint() }
        _ = try await ledger.place(request("k1", [("a", 1)]))
        vitrine_fault_disarm()
        try await ledger.checkpoint()
        #expect(try ledger.stock(of: "a") == 99 && ledger.audit().isClean)
        try await ledger.close()
    }

    @Test("a checkpoint that fails loses nothing and stops writing", arguments: [true, false])
    func failedCheckpoint(_ isWrite: Bool) async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await open(directory.path)
        defer { vitrine_fault_disarm() }
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 100)
        if isWrite {
            arm(VITRINE_FAULT_MAIN_WRITE, skip: 2, ioErrorOfWrite)
        } else {
            arm(VITRINE_FAULT_MAIN_SYNC, ioErrorOfFlush)
        }
        await expectError(.ioFailed) { try await ledger.checkpoint() }
        vitrine_fault_disarm()
        await expectError(.isReadOnly) { try await ledger.place(request("k1", [("a", 1)])) }
        try await ledger.close()
        let reopened = try await Ledger.open(at: directory.path)
        #expect(try reopened.stock(of: "a") == 100)
        #expect(try reopened.audit().isClean)
    }
}
