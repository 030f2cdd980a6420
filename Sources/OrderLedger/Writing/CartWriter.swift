internal import VitrineSQLite
internal import VitrineSync

/// Carts that hold units: each method is one write of a group, inside its savepoint.
struct CartWriter {
    let core: WriterCore
    private var connection: Connection { core.connection }
    private var journal: Journal { Journal(core: core) }
    private var reader: CartReader { CartReader(connection: core.connection) }

    /// Takes the units out of stock and holds them.
    func reserve(_ request: CartRequest) throws(LedgerError) -> KeyWriter.Outcome {
        let customer = try CustomerWriter(core: core).id(of: request.customer)
        let entry = try journal.open(.reserved)
        let hold = request.hold.wholeMilliseconds
        let expires = expiry(from: core.now, after: hold)
        try connection.run(.insertCart, entry, customer, expires, hold)
        for (index, line) in request.lines.enumerated() {
            let product = try StockWriter(core: core).take(line.quantity, of: line.sku)
            try connection.run(.insertCartLine, entry, index + 1, product.id, line.quantity)
            try journal.post(line.quantity, of: product.id, to: .reserved, from: .onHand, in: entry, line: index + 1)
        }
        core.expiries.note(expires)
        return KeyWriter.Outcome(id: entry)
    }

    /// Holds the cart's units for its whole time again, from now on.
    func renew(_ id: CartID) throws(LedgerError) -> Cart {
        let cart = try open(id)
        try connection.run(.renewCart, id.rawValue, core.now)
        _ = cart
        return try reader.existing(id)
    }

    /// Gives the cart's units back into stock.
    func release(_ id: CartID) throws(LedgerError) {
        _ = try open(id)
        try close(id, .released, as: .released)
    }

    /// Gives the units of a cart back whose time is over.
    func expire(_ id: CartID) throws(LedgerError) {
        try close(id, .expired, as: .expired)
    }

    /// Gives the cart's units back for the order that is about to take them, in the same savepoint.
    func empty(_ id: CartID) throws(LedgerError) {
        _ = try open(id)
        try giveBack(id, .ordered)
    }

    private func close(_ id: CartID, _ state: CartState, as kind: EntryKind) throws(LedgerError) {
        try connection.run(.closeCart, id.rawValue, state.rawValue, Int64?.none)
        try giveBack(id, kind)
    }

    private func giveBack(_ id: CartID, _ kind: EntryKind) throws(LedgerError) {
        let entry = try journal.open(kind, subject: id.rawValue)
        let lines = try connection.all(.selectCartRows, id.rawValue) { ($0.int(0), $0.int64(1), $0.int(2)) }
        for (line, product, quantity) in lines {
            try StockWriter(core: core).give(quantity, of: product)
            try journal.post(quantity, of: product, to: .onHand, from: .reserved, in: entry, line: line)
        }
    }

    private func open(_ id: CartID) throws(LedgerError) -> Cart {
        let cart = try reader.existing(id)
        guard cart.state == .open else {
            throw LedgerError(
                .cartClosed,
                "cart \(id) is \(cart.state) and holds nothing; reserve anew",
                details: .cartClosed(cart: id, state: cart.state)
            )
        }
        return cart
    }
}
