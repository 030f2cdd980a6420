// A host's own table beside the ledger's, and its own queries.
import OrderLedger

// snippet.show
func placeWithNote(_ request: OrderRequest, note: String, in ledger: Ledger) async throws -> Order {
    try await ledger.write { tx in
        try tx.execute("CREATE TABLE IF NOT EXISTS host_note (order_id INTEGER PRIMARY KEY, text TEXT) STRICT")
        let order = try tx.place(request)
        try tx.execute("INSERT INTO host_note VALUES (?1, ?2)", .integer(order.id.rawValue), .text(note))
        try tx.emit(topic: "note-added")
        return order
    }
}

func notes(of customer: String, in ledger: Ledger) async throws -> [String] {
    try await ledger.read { db in
        let sql = """
            SELECT n.text FROM customer c JOIN orders o ON o.customer_id = c.id JOIN host_note n ON n.order_id = o.id
            WHERE c.reference = ?1 ORDER BY o.id DESC LIMIT 20
            """
        return try db.rows(sql, .text(customer)).compactMap { $0["text"]?.text }
    }
}
// snippet.hide
