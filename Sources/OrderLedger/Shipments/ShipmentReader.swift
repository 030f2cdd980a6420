internal import VitrineSQLite

/// Reads of shipments, on whatever connection has them.
struct ShipmentReader {
    let connection: Connection

    /// Whether anything of the order has left.
    func hasAny(_ order: OrderID) throws(LedgerError) -> Bool {
        try connection.first(.selectShipments, order.rawValue, read: { _ in true }) ?? false
    }

    /// All shipments of an order, the first first.
    func shipments(of order: OrderID) throws(LedgerError) -> [Shipment] {
        let lines = try connection.all(.selectShipmentLines, order.rawValue) { row throws(LedgerError) in
            (shipment: row.int(0), line: LineQuantity(line: row.int(1), quantity: row.int(2)))
        }
        return try connection.all(.selectShipments, order.rawValue) { row throws(LedgerError) in
            let number = row.int(0)
            return Shipment(
                order: order,
                number: number,
                carrier: row.optionalText(1),
                tracking: row.optionalText(2),
                lines: lines.filter { $0.shipment == number }.map(\.line),
                shippedAt: .milliseconds(row.int64(3)),
                deliveredAt: row.isNull(4) ? nil : .milliseconds(row.int64(4))
            )
        }
    }
}
