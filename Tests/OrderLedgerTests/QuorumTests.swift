import OrderLedger
import Testing
import VitrineSync
import VitrineTestSupport

/// A write that is not acknowledged however long it waits: the clock is moved until it gives up.
private func expectNotReplicated(
    _ test: TestLedger,
    _ steady: ManualClock,
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: @escaping @Sendable (Ledger) async throws -> Void
) async {
    let ledger = test.ledger
    let isDone = Flag()
    let write = Task {
        defer { isDone.value = true }
        try await body(ledger)
    }
    while !isDone.value {
        steady.advance(by: .seconds(1))
        await Task.yield()
    }
    let error = await expectError(.notReplicated, sourceLocation: sourceLocation) { try await write.value }
    #expect(error?.message.contains("too few copies") == true, sourceLocation: sourceLocation)
}

@Suite("Acknowledgement")
struct QuorumTests {
    @Test("a write waits for a sink in mode received, and for its flush in mode durable; async is not waited for")
    func modes() async throws {
        let steady = ManualClock()
        let test = try await TestLedger { $0.steadyNow = steady.now }
        let gate = Gate()
        let slow = Collector { _ in await gate.pass() }
        let attached = try await Attached(slow, to: test.ledger, .async(), as: "slow")
        _ = try await test.ledger.place(request("k1", [("a", 1)]))
        #expect(test.ledger.statistics.sinks.first?.bytes ?? 0 > 0)
        gate.open()
        let second = Gate()
        let received = Collector { _ in await second.pass() }
        let waiting = try await Attached(received, to: test.ledger, .received, as: "received")
        let isDone = Flag()
        let write = Task {
            _ = try await test.ledger.place(request("k2", [("a", 1)]))
            isDone.value = true
        }
        while test.ledger.statistics.position.transaction < 3 { await Task.yield() }
        for _ in 0..<500 { await Task.yield() }
        #expect(!isDone.value, "it was acknowledged before the sink had it")
        second.open()
        try await write.value
        #expect(received.segments.count == 1 && received.flushedCount == 0)
        let durable = Collector()
        let last = try await Attached(durable, to: test.ledger, .durable, as: "durable")
        _ = try await test.ledger.place(request("k3", [("a", 1)]))
        #expect(durable.flushedCount == 1)
        try await test.ledger.close()
        for sink in [attached, waiting, last] { try await sink.end() }
    }

    @Test("two of three copies are enough when the quorum says so, and one is not")
    func quorum() async throws {
        let steady = ManualClock()
        let test = try await TestLedger(stock: [:]) {
            $0.replication.quorum = .atLeast(1)
            $0.replication.acknowledgementTimeout = .seconds(10)
            $0.steadyNow = steady.now
        }
        await expectNotReplicated(test, steady) {
            try await $0.addProduct(sku: "a", name: "a", price: tenEuros, stock: 100)
        }
        let gate = Gate()
        let slow = try await Attached(Collector { _ in await gate.pass() }, to: test.ledger, .received, as: "slow")
        let quick = Collector()
        let other = try await Attached(quick, to: test.ledger, .durable, as: "quick")
        _ = try await test.ledger.place(request("k1", [("a", 1)]))
        #expect(quick.flushedCount == 1)
        other.link.detach()
        try await other.end()
        await expectNotReplicated(test, steady) { _ = try await $0.place(request("k2", [("a", 1)])) }
        // The write stands: repeated with its key it is found, and acknowledged once a copy has it.
        gate.open()
        _ = try await test.ledger.place(request("k3", [("a", 1)]))
        #expect(try test.ledger.stock(of: "a") == 97)
        try await test.ledger.close()
        try await slow.end()
    }

    @Test("a sink that begins with what comes confirms nothing older, nor does letting go of another")
    func newcomer() async throws {
        let steady = ManualClock()
        let test = try await TestLedger(stock: [:]) {
            $0.replication.quorum = .atLeast(1)
            $0.replication.acknowledgementTimeout = .seconds(10)
            $0.steadyNow = steady.now
        }
        let isDone = Flag()
        let write = Task {
            defer { isDone.value = true }
            try await test.ledger.addProduct(sku: "a", name: "a", price: tenEuros, stock: 100)
        }
        while test.ledger.statistics.position.transaction < 1 { await Task.yield() }
        let received = Collector()
        let newcomer = try await Attached(received, to: test.ledger, .received, as: "newcomer")
        #expect(test.ledger.statistics.sinks.map(\.acknowledged) == [0])
        // What keeps segments while a snapshot is sent is a link of mode async that is detached in the end.
        let pin = try await Attached(Collector(), to: test.ledger, .async(), as: "pin")
        pin.link.detach()
        try await pin.end()
        while !isDone.value {
            steady.advance(by: .seconds(1))
            await Task.yield()
        }
        await expectError(.notReplicated) { try await write.value }
        #expect(received.segments.isEmpty)
        // For what comes it counts.
        _ = try await test.ledger.place(request("k1", [("a", 1)]))
        #expect(received.segments.map(\.transactions.lowerBound) == [2])
        #expect(test.ledger.statistics.sinks.map(\.acknowledged) == [2])
        try await test.ledger.close()
        try await newcomer.end()
    }

    @Test("a failed sink is waited for until it is attached anew or detached")
    func failedSink() async throws {
        struct Broken: Error {}
        let steady = ManualClock()
        let test = try await TestLedger {
            $0.replication.acknowledgementTimeout = .seconds(10)
            $0.steadyNow = steady.now
        }
        let version = try await test.ledger.version()
        let broken = try await Attached(Collector { _ in throw Broken() }, to: test.ledger, .received)
        await expectNotReplicated(test, steady) { _ = try await $0.place(request("k1", [("a", 1)])) }
        await #expect(throws: Broken.self) { try await broken.end() }
        await expectNotReplicated(test, steady) { _ = try await $0.place(request("k2", [("a", 1)])) }
        let mended = Collector()
        let again = try await Attached(mended, to: test.ledger, .received, after: version)
        _ = try await test.ledger.place(request("k3", [("a", 1)]))
        #expect(mended.segments.map(\.transactions.lowerBound) == [2, 3, 4])
        again.link.detach()
        try await again.end()
        _ = try await test.ledger.place(request("k4", [("a", 1)]))
        try await test.ledger.close()
    }

    @Test(
        "a sink that comes back with what it did not get to acknowledge acknowledges it by that",
        .timeLimit(.minutes(5))
    )
    func returning() async throws {
        struct Broken: Error {}
        let test = try await TestLedger { $0.replication.acknowledgementTimeout = .seconds(600) }
        let broken = try await Attached(Collector { _ in throw Broken() }, to: test.ledger, .durable)
        let write = Task { try await test.ledger.place(request("k1", [("a", 1)])) }
        await #expect(throws: Broken.self) { try await broken.end() }
        let version = try await test.ledger.version()
        let again = try await Attached(Collector(), to: test.ledger, .durable, after: version)
        _ = try await write.value
        #expect(test.ledger.statistics.sinks.map(\.acknowledged) == [version.position.transaction])
        try await test.ledger.close()
        try await again.end()
    }

    @Test("a sink that is too far behind is let go, or holds up the writer, as its policy says")
    func lag() async throws {
        let test = try await TestLedger(stock: ["a": 10_000]) { $0.replication.lagBytesMax = 65_536 }
        let gate = Gate()
        let lost = try await Attached(
            Collector { _ in await gate.pass() },
            to: test.ledger,
            .async(.detach),
            as: "lost"
        )
        for number in 0..<150 { _ = try await test.ledger.place(request("k\(number)", [("a", 1)])) }
        gate.open()
        await expectError(.lagExceeded) { try await lost.end() }
        #expect((lost.link.failure as? LedgerError)?.code == .lagExceeded)

        let brake = Gate()
        let waiting = Collector { _ in await brake.pass() }
        let slow = try await Attached(waiting, to: test.ledger, .async(.delayWrites), as: "slow")
        let placed = Locked(0)
        let writes = Task {
            for number in 150..<300 {
                _ = try await test.ledger.place(request("k\(number)", [("a", 1)]))
                placed.withLock { $0 += 1 }
            }
        }
        while test.ledger.statistics.sinks.first(where: { $0.name == "slow" })?.bytes ?? 0 <= 65_536 {
            await Task.yield()
        }
        for _ in 0..<500 { await Task.yield() }
        let count = placed.withLock { $0 }
        #expect(count < 150, "nothing held the writer up")
        brake.open()
        try await writes.value
        try await test.ledger.close()
        try await slow.end()
        #expect(waiting.segments.count == 150)
    }

    @Test("a sink that knows a newer epoch fences the ledger: nothing is acknowledged any more")
    func fenced() async throws {
        let test = try await TestLedger()
        let sink = Collector { segment in
            if segment.after.position.transaction > 2 { throw LedgerError(.fenced, "epoch 2 writes now") }
        }
        let attached = try await Attached(sink, to: test.ledger, .received)
        _ = try await test.ledger.place(request("k1", [("a", 1)]))
        await expectError(.fenced) { try await test.ledger.place(request("k2", [("a", 1)])) }
        await expectError(.fenced) { try await test.ledger.place(request("k3", [("a", 1)])) }
        await expectError(.fenced) { try await attached.end() }
        await expectError(.fenced) { try await test.ledger.snapshot(to: test.directory.path + "/copy") }
        #expect(try test.ledger.stock(of: "a") <= 99)
        try await test.ledger.close()
    }
}
