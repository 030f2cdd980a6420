import OrderLedger
import Testing
import VitrineSync
import VitrineTestSupport

@Suite("Events")
struct EventTests {
    @Test("every event comes once and in order, and those not acknowledged come again after a restart")
    func restart() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let order = try await ledger.place(request("k", [("a", 2)], payment: .captured(somePayment))).id
        _ = try await ledger.fulfill(order)
        _ = try await ledger.ship(order, ShipmentRequest(idempotencyKey: "s"))
        _ = try await ledger.deliver(order, shipment: 1)
        _ = try await ledger.refund(order, RefundRequest(idempotencyKey: "r"))
        let expected: [LedgerEvent.Kind] = [
            .stocked(product: 1), .placed(order), .captured(PaymentID(order: order, number: 1)), .fulfilled(order),
            .shipped(order, shipment: 1), .delivered(order, shipment: 1), .refunded(order, refund: 1),
        ]
        let mailer = try await ledger.subscriber("mailer")
        var seen: [LedgerEvent] = []
        for try await event in mailer.events {
            seen.append(event)
            if seen.count == 3 { try await mailer.acknowledge(event) }
            if seen.count == expected.count { break }
        }
        #expect(seen.map(\.kind) == expected)
        #expect(seen.map(\.id) == seen.map(\.id).sorted())
        try await ledger.close()
        let reopened = try await Ledger.open(at: test.directory.path, configuration: test.configuration)
        let again = try await reopened.subscriber("mailer", startingAt: .now)
        var rest: [LedgerEvent] = []
        for try await event in again.events {
            rest.append(event)
            if rest.count == 4 { break }
        }
        #expect(rest == Array(seen[3...]))
        // An acknowledgement of what was acknowledged already changes nothing.
        try await again.acknowledge(seen[0])
        var iterator = again.events.makeAsyncIterator()
        #expect(try await iterator.next() == seen[3])
        try await reopened.removeSubscriber("mailer")
        await expectError(.unknownSubscriber) {
            var iterator = again.events.makeAsyncIterator()
            return try await iterator.next()
        }
    }

    @Test("a subscriber that waits is woken by each commit, sees all of them in order, and ends when cancelled")
    func waiting() async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        let subscriber = try await ledger.subscriber("live", startingAt: .now)
        let seen = Locked<[OrderID]>([])
        let follower = Task {
            for try await event in subscriber.events {
                if case .placed(let id) = event.kind { seen.withLock { $0.append(id) } }
            }
        }
        let placed = try await withThrowingTaskGroup(of: OrderID.self) { group in
            for number in 0..<40 { group.addTask { try await ledger.place(request("k\(number)", [("a", 1)])).id } }
            return try await group.reduce(into: [OrderID]()) { $0.append($1) }
        }
        while seen.withLock({ $0.count }) < 40 { await Task.yield() }
        #expect(seen.withLock { $0 } == placed.sorted())
        follower.cancel()
        try await follower.value
    }

    @Test("a loop over events ends with an error when the ledger is closed")
    func closing() async throws {
        let test = try await TestLedger()
        let subscriber = try await test.ledger.subscriber("live", startingAt: .now)
        let follower = Task {
            for try await _ in subscriber.events {}
        }
        try await test.ledger.close()
        await expectError(.isClosed) { try await follower.value }
    }

    @Test("an event of the host's is written with what it is about, or not at all")
    func hostEvents() async throws {
        struct Oops: Error {}
        let test = try await TestLedger()
        let ledger = test.ledger
        let id = try await ledger.write { transaction in
            let order = try transaction.place(request("k1", [("a", 1)]))
            try transaction.emit(topic: "gift-wrap", payload: [1, 2, 3])
            return order.id
        }
        await #expect(throws: Oops.self) {
            try await ledger.write { transaction in
                _ = try transaction.place(request("k2", [("a", 1)]))
                try transaction.emit(topic: "lost")
                throw Oops()
            }
        }
        let kinds = try ledger.events(after: 0).map(\.kind)
        #expect(kinds == [.stocked(product: 1), .placed(id), .host(topic: "gift-wrap", payload: [1, 2, 3])])
        #expect(try ledger.stock(of: "a") == 99)
        await expectError(.invalidRequest) { try await ledger.write { try $0.emit(topic: "") } }
        await expectError(.invalidRequest) {
            try await ledger.write { try $0.emit(topic: "t", payload: Array(repeating: 0, count: (1 << 20) + 1)) }
        }
        await expectError(.invalidRequest) { try ledger.events(after: 0, limit: 0) }
    }
}
