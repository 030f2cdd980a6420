internal import VitrineSQLite

/// Reads of carts, on whatever connection has them.
struct CartReader {
    let connection: Connection

    /// The cart of `id`; two statements, to be run in one snapshot.
    func cart(_ id: CartID) throws(LedgerError) -> Cart? {
        let lines = try connection.all(.selectCartLines, id.rawValue) { row in
            Cart.Line(sku: row.text(0), quantity: row.int(1))
        }
        return try connection.first(.selectCart, id.rawValue) { row throws(LedgerError) in
            guard let state = CartState(rawValue: row.int(1)) else {
                throw row.damaged("cart \(id)", "state \(row.int(1))")
            }
            return Cart(
                id: id,
                customer: row.text(0),
                state: state,
                lines: lines,
                expiresAt: .milliseconds(row.int64(2)),
                order: row.isNull(3) ? nil : OrderID(rawValue: row.int64(3))
            )
        }
    }

    /// The cart of `id`, which must be there.
    func existing(_ id: CartID) throws(LedgerError) -> Cart {
        guard let cart = try cart(id) else { throw LedgerError(.unknownCart, "there is no cart \(id)") }
        return cart
    }
}

extension CartRequest {
    /// - Throws: `invalidRequest`, naming the part that no ledger could accept.
    func validate(_ limits: LedgerConfiguration) throws(LedgerError) {
        try limits.checkText(idempotencyKey, "idempotency key")
        try limits.checkText(customer, "customer")
        try checkHold(hold, "a cart")
        try limits.checkLines(lines.map { ($0.sku, $0.quantity) }, of: "cart \(idempotencyKey)")
    }

    /// The request with its key; equal for equal requests only.
    var keyed: KeyedRequest {
        var digest = RequestDigest(.reserve)
        digest.append(customer)
        digest.append(lines.count)
        for line in lines {
            digest.append(line.sku)
            digest.append(line.quantity)
        }
        let (seconds, attoseconds) = hold.components
        digest.append(seconds)
        digest.append(attoseconds)
        return KeyedRequest(idempotencyKey, digest)
    }
}
