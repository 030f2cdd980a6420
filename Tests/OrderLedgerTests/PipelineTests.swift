import OrderLedger
import Testing
import VitrineCFaultVFS
import VitrineCSQLite
import VitrineIO
import VitrineSync
import VitrineTestSupport

/// What is committed, what is durable, and who learns of it when; the file system's orders are the process's, so that
/// these run within the suite that uses it one test at a time.
extension FaultTests {
    /// An order that is committed and whose flush is held, as are all flushes until they are let go of.
    private func heldOrder(of ledger: Ledger) async -> Task<Order, any Error> {
        vitrine_fault_hold(1)
        let order = Task { try await ledger.place(request("first", [("a", 1)])) }
        while vitrine_fault_held() == 0 { await Task.yield() }
        return order
    }

    @Test("a caller goes on only after the flush, and a reader shows none of it before")
    func pipelined() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await open(directory.path)
        defer { vitrine_fault_disarm() }
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 100)
        let first = await heldOrder(of: ledger)
        let isFirstDone = Flag()
        let isSecondDone = Flag()
        let isRead = Flag()
        let commits = ledger.statistics.commits
        let followers = [
            Task {
                _ = try await first.value
                isFirstDone.value = true
            },
            Task {
                _ = try await ledger.place(request("k2", [("a", 1)]))
                isSecondDone.value = true
            },
            Task {
                _ = try await ledger.read { try $0.rows("SELECT stock FROM product") }
                isRead.value = true
            },
        ]
        for _ in 0..<2_000 { await Task.yield() }
        #expect(!isFirstDone.value && !isRead.value, "somebody was told of what is not durable")
        #expect(ledger.statistics.commits >= commits)
        vitrine_fault_hold(0)
        for follower in followers { try await follower.value }
        #expect(isSecondDone.value && isRead.value)
        #expect(try ledger.stock(of: "a") == 98)
        try await ledger.close()
    }

    @Test("what comes while a flush is under way makes one group, however it comes")
    func gathered() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await open(directory.path)
        defer { vitrine_fault_disarm() }
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 100)
        let commits = ledger.statistics.commits
        let first = await heldOrder(of: ledger)
        var others: [Task<Order, any Error>] = []
        for number in 0..<20 {
            others.append(Task { try await ledger.place(request("\(number)", [("a", 1)])) })
            // Long enough for the writer to have done it, mostly: one that comes late makes a group more.
            try await Task.sleep(for: .milliseconds(5))
        }
        vitrine_fault_hold(0)
        _ = try await first.value
        for other in others { _ = try await other.value }
        let groups = ledger.statistics.commits - commits
        #expect((2...5).contains(groups), "\(groups) groups")
        #expect(try ledger.stock(of: "a") == 79)
        try await ledger.close()
    }

    @Test("a write that fails in a group that took others in takes back only itself")
    func gatheredFailure() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await open(directory.path)
        defer { vitrine_fault_disarm() }
        for sku in ["a", "b"] { try await ledger.addProduct(sku: sku, name: sku, price: tenEuros, stock: 10) }
        let first = await heldOrder(of: ledger)
        // The second takes units of a before b turns out to be too few, which is what the group is done anew for.
        let lines: [[(String, Int)]] = [[("a", 1)], [("a", 1), ("b", 11)], [("b", 1)]]
        var others: [Task<Order, any Error>] = []
        for (number, lines) in lines.enumerated() {
            others.append(Task { try await ledger.place(request("\(number)", lines)) })
            try await Task.sleep(for: .milliseconds(5))
        }
        let host = Task { try await ledger.write { try $0.place(request("host", [("b", 1)])) } }
        try await Task.sleep(for: .milliseconds(5))
        vitrine_fault_hold(0)
        _ = try await first.value
        _ = try await others[0].value
        await expectError(.insufficientStock) { try await others[1].value }
        _ = try await others[2].value
        _ = try await host.value
        #expect(try ledger.stock(of: "a") == 8)
        #expect(try ledger.stock(of: "b") == 8)
        #expect(ledger.statistics.ordersPlaced == 4)
        #expect(try ledger.audit().isClean)
        try await ledger.close()
    }

    @Test("each commit is flushed once by the ledger, none by SQLite, and repeated requests wait for the flush too")
    func flushes() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await open(directory.path)
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 100)
        let before = vitrine_fault_flushes()
        for number in 0..<10 { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
        #expect(vitrine_fault_flushes() - before == 10)
        // What changes nothing needs no flush.
        for number in 0..<10 { _ = try await ledger.place(request("k\(number)", [("a", 1)])) }
        #expect(vitrine_fault_flushes() - before == 10)
        try await ledger.close()
    }

    @Test("groups are committed while a flush is under way, and the next flush serves all of them")
    func overlapping() async throws {
        let directory = try TemporaryDirectory()
        var configuration = LedgerConfiguration()
        configuration.groupOrdersMax = 1
        let ledger = try await open(directory.path, configuration)
        defer { vitrine_fault_delay(0) }
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 10_000)
        let commits = ledger.statistics.commits
        let flushes = vitrine_fault_flushes()
        vitrine_fault_delay(3_000)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for task in 0..<16 {
                group.addTask {
                    for number in 0..<5 { _ = try await ledger.place(request("\(task)-\(number)", [("a", 1)])) }
                }
            }
            try await group.waitForAll()
        }
        let done = ledger.statistics.commits - commits
        #expect(done == 80)
        #expect((5...60).contains(vitrine_fault_flushes() - flushes), "\(vitrine_fault_flushes() - flushes) flushes")
        try await ledger.close()
    }

    @Test("a flush that fails ends every group that was committed since, and none before")
    func failedFlushOfMany() async throws {
        let directory = try TemporaryDirectory()
        let ledger = try await open(directory.path)
        defer { vitrine_fault_disarm() }
        try await ledger.addProduct(sku: "a", name: "A", price: tenEuros, stock: 1_000)
        for number in 0..<5 { _ = try await ledger.place(request("before-\(number)", [("a", 1)])) }
        arm(VITRINE_FAULT_WAL_SYNC, skip: 3, ioErrorOfFlush)
        let acknowledged = await withTaskGroup(of: String?.self) { group in
            for task in 0..<8 {
                group.addTask {
                    var kept: String?
                    for number in 0..<10 {
                        let key = "\(task)-\(number)"
                        guard (try? await ledger.place(request(key, [("a", 1)]))) != nil else { return kept }
                        kept = key
                    }
                    return kept
                }
            }
            return await group.reduce(into: [String]()) { if let key = $1 { $0.append(key) } }
        }
        #expect(vitrine_fault_count(Int32(VITRINE_FAULT_WAL_SYNC.rawValue)) == 1, "a failed flush was tried again")
        await expectError(.isReadOnly) { try await ledger.place(request("after", [("a", 1)])) }
        await expectError(.isReadOnly) { try await ledger.snapshot(to: directory.path + "/copy") }
        // Reads do not wait for a flush that will never come.
        #expect(try ledger.stock(of: "a") <= 995)
        vitrine_fault_disarm()
        try? await ledger.close()
        let reopened = try await Ledger.open(at: directory.path)
        #expect(try reopened.audit().isClean)
        for key in acknowledged { _ = try await reopened.place(request(key, [("a", 1)])) }
        #expect(reopened.statistics.ordersPlaced == 0, "an acknowledged order was lost")
    }
}
