/// Products added and restocked: each method is one write of a group, inside its savepoint.
struct ProductWriter {
    let core: WriterCore
    private var connection: Connection { core.connection }
    private var reader: OrderReader { OrderReader(connection: core.connection) }

    /// Adds a product, and its first delivery if there is any stock.
    func add(sku: String, name: String, price: Money, stock: Int) throws(LedgerError) {
        guard try reader.product(sku) == nil else {
            throw LedgerError(.duplicateProduct, "there is a product of SKU \(sku) already; restock it instead")
        }
        try connection.run(.insertProduct, sku, name, price.currency.code, price.minorUnits)
        if stock > 0 { try deliver(stock, of: connection.lastInsertedID) }
    }

    /// Books a delivery of a product.
    func restock(sku: String, by quantity: Int) throws(LedgerError) {
        guard let product = try reader.product(sku) else { throw unknownProduct(sku) }
        guard product.stock <= stockMax - quantity else {
            throw LedgerError(
                .invalidRequest,
                "SKU \(sku): \(product.stock) units and \(quantity) more pass the \(stockMax) that one product may have"
            )
        }
        try deliver(quantity, of: product.id)
    }

    private func deliver(_ quantity: Int, of product: Int64) throws(LedgerError) {
        let journal = Journal(connection: connection)
        try connection.run(.addStock, product, quantity)
        let entry = try journal.open(.delivery, order: nil, at: core.nowMilliseconds)
        try journal.post(quantity, of: product, to: .onHand, from: .supplier, in: entry, line: 1)
    }
}

/// Units of one product that may be on hand: far more than there are things, far less than 64 bits hold.
private let stockMax = 1_000_000_000_000
