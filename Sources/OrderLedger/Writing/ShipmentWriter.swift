internal import VitrineSQLite

/// Goods that leave and arrive: each method is one write of a group, inside its savepoint.
///
/// An order may leave in parts. It stays fulfilled until its last unit has left, and shipped until its last shipment
/// has arrived; units that were refunded before they left are not waited for.
struct ShipmentWriter {
    let core: WriterCore
    private var connection: Connection { core.connection }
    private var journal: Journal { Journal(core: core) }
    private var reader: OrderReader { OrderReader(connection: core.connection) }

    /// Ships what the request names, or all that has not left.
    func ship(_ id: OrderID, _ request: ShipmentRequest) throws(LedgerError) -> KeyWriter.Outcome {
        let head = try reader.existingHead(id)
        guard head.state == .fulfilled || head.state == .partiallyRefunded else {
            throw OrderMoves.illegal(id, head.state, .shipped)
        }
        let rows = try reader.lineRows(of: id)
        let progress = try LineProgress.read(id, connection)
        let unshipped = rows.map { LineQuantity(line: $0.line, quantity: progress.unshipped($0)) }
        let leaving = request.lines ?? unshipped.filter { $0.quantity > 0 }
        guard !leaving.isEmpty else { throw OrderMoves.illegal(id, head.state, .shipped) }
        let number = (try connection.first(.selectLastShipment, id.rawValue, read: { $0.int(0) }) ?? 0) + 1
        try connection.run(.insertShipment, id.rawValue, number, request.carrier, request.tracking, core.now)
        let entry = try journal.open(.shipped, order: id, subject: Int64(number))
        for line in leaving {
            guard let row = rows.first(where: { $0.line == line.line }), line.quantity <= progress.unshipped(row) else {
                let left = rows.first { $0.line == line.line }.map(progress.unshipped) ?? 0
                throw LineProgress.exceeded(id, line, left)
            }
            try connection.run(.insertShipmentLine, id.rawValue, number, line.line, line.quantity)
            try journal.post(
                line.quantity,
                of: row.product,
                to: .customers,
                from: .committed,
                in: entry,
                line: line.line
            )
        }
        if head.state == .fulfilled, try isAllShipped(id, rows) {
            try OrderMoves(core: core).move(head, to: .shipped)
        }
        return KeyWriter.Outcome(id: id.rawValue, number: number)
    }

    /// Notes that a shipment has arrived; one that had arrived already stays as it is.
    func deliver(_ id: OrderID, shipment number: Int) throws(LedgerError) -> Order {
        let head = try reader.existingHead(id)
        let shipments = try ShipmentReader(connection: connection).shipments(of: id)
        guard let shipment = shipments.first(where: { $0.number == number }) else {
            throw LedgerError(.unknownShipment, "order \(id) has no shipment \(number)")
        }
        guard shipment.deliveredAt == nil else { return try reader.existing(id) }
        try connection.run(.deliverShipment, id.rawValue, number, core.now)
        _ = try journal.open(.delivered, order: id, subject: Int64(number))
        let isLast = shipments.allSatisfy { $0.number == number || $0.deliveredAt != nil }
        if head.state == .shipped, isLast { try OrderMoves(core: core).move(head, to: .delivered) }
        return try reader.existing(id)
    }

    private func isAllShipped(_ id: OrderID, _ rows: [OrderLineRow]) throws(LedgerError) -> Bool {
        let progress = try LineProgress.read(id, connection)
        return rows.allSatisfy { progress.unshipped($0) == 0 }
    }
}

/// How many units of each line of an order have left, and how many were refunded.
struct LineProgress {
    private var shipped: [Int: Int] = [:]
    private var refunded: [Int: Int] = [:]
    private var refundedUnshipped: [Int: Int] = [:]

    /// Adds up the order's shipments and refunds.
    static func read(_ order: OrderID, _ connection: Connection) throws(LedgerError) -> LineProgress {
        var progress = LineProgress()
        let shipped = try connection.all(.selectShipmentLines, order.rawValue) { ($0.int(1), $0.int(2)) }
        for (line, quantity) in shipped { progress.shipped[line, default: 0] += quantity }
        let refunded = try connection.all(.selectRefundLines, order.rawValue) { ($0.int(1), $0.int(2), $0.int(3)) }
        for (line, quantity, unshipped) in refunded {
            progress.refunded[line, default: 0] += quantity
            progress.refundedUnshipped[line, default: 0] += unshipped
        }
        return progress
    }

    /// Units of the line that can still leave.
    func unshipped(_ row: OrderLineRow) -> Int {
        row.quantity - shipped[row.line, default: 0] - refundedUnshipped[row.line, default: 0]
    }

    /// Units of the line that can still be refunded.
    func unrefunded(_ row: OrderLineRow) -> Int {
        row.quantity - refunded[row.line, default: 0]
    }

    /// The error for more units than a line has left.
    static func exceeded(_ order: OrderID, _ asked: LineQuantity, _ available: Int) -> LedgerError {
        LedgerError(
            .quantityExceeded,
            "order \(order), line \(asked.line): \(asked.quantity) units asked, \(available) left",
            details: .quantityExceeded(order: order, line: asked.line, asked: asked.quantity, available: available)
        )
    }
}
