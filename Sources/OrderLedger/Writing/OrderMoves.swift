internal import VitrineSQLite

/// Orders moved along their state machine: each method is one write of a group, inside its savepoint.
struct OrderMoves {
    let core: WriterCore
    private var connection: Connection { core.connection }
    private var journal: Journal { Journal(core: core) }
    private var reader: OrderReader { OrderReader(connection: core.connection) }

    /// Notes that the goods are ready to leave.
    func fulfill(_ id: OrderID) throws(LedgerError) -> Order {
        try move(try reader.existingHead(id), to: .fulfilled)
        _ = try journal.open(.fulfilled, order: id)
        return try reader.existing(id)
    }

    /// Takes the order back: its stock, its holds, and the money that was captured.
    func cancel(_ id: OrderID) throws(LedgerError) -> Order {
        let head = try reader.existingHead(id)
        try check(head, .cancelled)
        if try ShipmentReader(connection: connection).hasAny(id) { throw Self.illegal(id, head.state, .cancelled) }
        let payments = try PaymentReader(connection: connection).payments(of: id, head.total.currency)
        for payment in payments where payment.state == .authorized || payment.state == .intended {
            try PaymentWriter(core: core).close(payment, as: .voided)
        }
        let entry = try journal.open(.cancelled, order: id)
        var line = try postReversal(head.total, head.tax, in: entry)
        for payment in payments where payment.captured.minorUnits > 0 {
            try RefundWriter(core: core).giveBack(payment.captured, to: payment, in: entry, line: &line)
        }
        for row in try reader.lineRows(of: id) {
            try StockWriter(core: core).give(row.quantity, of: row.product)
            try journal.post(row.quantity, of: row.product, to: .onHand, from: .committed, in: entry, line: row.line)
        }
        let captured = head.captured.minorUnits
        try connection.run(.updateOrder, id.rawValue, OrderState.cancelled.rawValue, captured, captured)
        return try reader.existing(id)
    }

    /// Takes `amount`, of which `tax` is tax, out of what was sold; returns the next free line of the entry.
    func postReversal(_ amount: Money, _ tax: Money, in entry: Int64) throws(LedgerError) -> Int {
        let net = try arithmetic { try amount.subtracting(tax) }
        try journal.post(net, to: .revenue, from: .receivable, in: entry, line: 1)
        try journal.post(tax, to: .tax, from: .receivable, in: entry, line: 2)
        return 3
    }

    /// Checks the move against the state machine and makes it; no amount changes.
    func move(_ head: OrderHead, to next: OrderState) throws(LedgerError) {
        try check(head, next)
        try connection.run(
            .updateOrder,
            head.id.rawValue,
            next.rawValue,
            head.captured.minorUnits,
            head.refunded.minorUnits
        )
    }

    /// - Throws: `illegalTransition` when the machine does not lead from the order's state to `next`.
    func check(_ head: OrderHead, _ next: OrderState) throws(LedgerError) {
        guard head.state.canMove(to: next) else { throw Self.illegal(head.id, head.state, next) }
    }

    /// The error for a move that the machine does not have.
    static func illegal(_ id: OrderID, _ from: OrderState, _ to: OrderState) -> LedgerError {
        LedgerError(
            .illegalTransition,
            "order \(id) is \(from) and cannot become \(to)",
            details: .illegalTransition(order: id, from: from, to: to)
        )
    }
}
