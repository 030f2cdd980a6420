import OrderLedger
import Testing
import VitrineTestSupport

@Suite("States of an order")
struct StateTests {
    /// Brings a fresh order of three units into a state.
    private func order(in state: OrderState, _ ledger: Ledger, _ key: String) async throws -> OrderID {
        let terms: PaymentTerms = state == .placed ? .later : .captured(somePayment)
        let id = try await ledger.place(request(key, [("a", 3)], payment: terms)).id
        switch state {
        case .placed, .paid: break
        case .cancelled: _ = try await ledger.cancel(id)
        case .partiallyRefunded:
            let part = RefundRequest(idempotencyKey: key + "-r", amount: euros(1))
            _ = try await ledger.refund(id, part)
        case .refunded: _ = try await ledger.refund(id, RefundRequest(idempotencyKey: key + "-r"))
        default:
            _ = try await ledger.fulfill(id)
            if state == .fulfilled { break }
            let shipment = try await ledger.ship(id, ShipmentRequest(idempotencyKey: key + "-s"))
            if state == .delivered { _ = try await ledger.deliver(id, shipment: shipment.number) }
        }
        return id
    }

    /// The calls that move an order, and the state that each leads to.
    private func attempt(_ state: OrderState, _ id: OrderID, _ ledger: Ledger, _ key: String) async throws {
        switch state {
        case .paid: _ = try await ledger.pay(id, somePayment)
        case .fulfilled: _ = try await ledger.fulfill(id)
        case .shipped: _ = try await ledger.ship(id, ShipmentRequest(idempotencyKey: key + "-s2"))
        case .cancelled: _ = try await ledger.cancel(id)
        case .partiallyRefunded:
            _ = try await ledger.refund(id, RefundRequest(idempotencyKey: key + "-r2", amount: euros(1)))
        default: _ = try await ledger.refund(id, RefundRequest(idempotencyKey: key + "-r2"))
        }
    }

    @Test("every pair of states is a legal move or an error that names both", arguments: OrderState.allCases)
    func moves(from: OrderState) async throws {
        let test = try await TestLedger()
        let ledger = test.ledger
        for to in OrderState.allCases where to != .placed && to != .delivered {
            let key = "\(from.rawValue)-\(to.rawValue)"
            let id = try await order(in: from, ledger, key)
            let before = try #require(try ledger.order(id))
            #expect(before.state == from)
            // Goods that were not refunded still leave; the state goes on telling of the money.
            let isShippingTheRest = from == .partiallyRefunded && to == .shipped
            if from.canMove(to: to) || isShippingTheRest {
                try await attempt(to, id, ledger, key)
                #expect(try ledger.order(id)?.state == (isShippingTheRest ? from : to), "\(from) to \(to)")
            } else {
                let error = await expectError(.illegalTransition, "\(from) to \(to)") {
                    try await attempt(to, id, ledger, key)
                }
                guard case .illegalTransition(let named, let first, let second) = error?.details else {
                    Issue.record("no states in \(String(describing: error))")
                    continue
                }
                #expect(named == id && first == from)
                // A refused refund names the end of that road.
                #expect(second == to || (to == .partiallyRefunded && second == .refunded))
                #expect(error?.message.contains("is \(from) and cannot become \(second)") == true)
                #expect(try ledger.order(id) == before)
            }
        }
        try test.expectClean()
        await expectError(.unknownOrder) { try await ledger.pay(OrderID(rawValue: 99_999), somePayment) }
        await expectError(.unknownOrder) { try await ledger.cancel(OrderID(rawValue: -1)) }
    }

    @Test("the schema refuses every move that the machine does not have, whoever asks")
    func schemaMoves() async throws {
        let test = try await TestLedger()
        var ids: [OrderState: OrderID] = [:]
        for state in OrderState.allCases { ids[state] = try await order(in: state, test.ledger, "\(state.rawValue)") }
        try await test.ledger.close()
        let raw = try RawDatabase(test.directory.path + "/ledger.sqlite3")
        // Amounts have constraints of their own, which would refuse some of the moves too.
        try raw.run("PRAGMA ignore_check_constraints = ON")
        for (from, id) in ids {
            for to in OrderState.allCases where to != from {
                let sql = "UPDATE orders SET state = \(to.rawValue) WHERE id = \(id)"
                if from.canMove(to: to) {
                    try raw.run("BEGIN; \(sql); ROLLBACK")
                } else {
                    #expect(throws: (any Error).self, "\(from) to \(to)") { try raw.attempt(sql) }
                }
            }
        }
    }

    /// The picture of the state machine, in the guides beside the sources.
    private let picturePath =
        #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/Docs/OrderLedger.docc/states.svg"

    @Test("every state and move is in the guide's picture")
    func picture() throws {
        let text = String(decoding: try bytes(of: picturePath), as: UTF8.self)
        for state in OrderState.allCases {
            #expect(text.contains(">\(state)<"), "\(state)")
            for next in state.next { #expect(text.contains("data-move=\"\(state.rawValue)-\(next.rawValue)\"")) }
        }
        let moves = text.ranges(of: "data-move=").count
        #expect(moves == OrderState.allCases.reduce(0) { $0 + $1.next.count })
    }

    @Test("an order that leaves in parts is fulfilled until the last unit has left, and shipped until it has arrived")
    func partialShipments() async throws {
        let test = try await TestLedger(stock: ["a": 100, "b": 100])
        let ledger = test.ledger
        let order = try await ledger.place(request("k", [("a", 5), ("b", 2)], payment: .captured(somePayment))).id
        _ = try await ledger.fulfill(order)
        let first = ShipmentRequest(
            idempotencyKey: "s1",
            lines: [LineQuantity(line: 1, quantity: 3)],
            carrier: "post",
            tracking: "T1"
        )
        let shipment = try await ledger.ship(order, first)
        #expect(shipment.number == 1 && shipment.carrier == "post" && shipment.tracking == "T1")
        #expect(shipment.lines == [LineQuantity(line: 1, quantity: 3)])
        #expect(try await ledger.ship(order, first) == shipment)
        #expect(try ledger.order(order)?.state == .fulfilled)
        await expectError(.illegalTransition) { try await ledger.cancel(order) }
        for (line, quantity, left) in [(1, 3, 2), (2, 3, 2), (3, 1, 0), (0, 1, 0)] {
            let tooMany = ShipmentRequest(
                idempotencyKey: "x",
                lines: [LineQuantity(line: line, quantity: quantity)]
            )
            let error = await expectError(.quantityExceeded) { try await ledger.ship(order, tooMany) }
            let details = LedgerError.Details.quantityExceeded(
                order: order,
                line: line,
                asked: quantity,
                available: left
            )
            #expect(error?.details == details)
        }
        #expect(try test.units("customers") == 3 && test.units("committed") == 4)
        let rest = try await ledger.ship(order, ShipmentRequest(idempotencyKey: "s2"))
        #expect(rest.lines == [LineQuantity(line: 1, quantity: 2), LineQuantity(line: 2, quantity: 2)])
        #expect(try ledger.order(order)?.state == .shipped)
        #expect(try await ledger.deliver(order, shipment: 2).state == .shipped)
        #expect(try await ledger.deliver(order, shipment: 2).state == .shipped)
        #expect(try await ledger.deliver(order, shipment: 1).state == .delivered)
        await expectError(.unknownShipment) { try await ledger.deliver(order, shipment: 3) }
        #expect(try ledger.shipments(of: order).allSatisfy { $0.deliveredAt != nil })
        let one = LineQuantity(line: 1, quantity: 1)
        for lines in [[], [LineQuantity(line: 1, quantity: 0)], [one, one]] {
            await expectError(.invalidRequest) {
                try await ledger.ship(order, ShipmentRequest(idempotencyKey: "y", lines: lines))
            }
        }
        try test.expectClean()
    }
}
