internal import VitrineSQLite

/// Products added, priced and restocked: each method is one write of a group, inside its savepoint.
struct ProductWriter {
    let core: WriterCore
    private var connection: Connection { core.connection }
    private var reader: OrderReader { OrderReader(connection: core.connection) }

    /// Adds a product, and its first delivery if there is any stock.
    func add(sku: String, name: String, price: Money, stock: Int, reorderPoint: Int) throws(LedgerError) {
        guard try reader.product(sku) == nil else {
            throw LedgerError(.duplicateProduct, "there is a product of SKU \(sku) already; restock it instead")
        }
        try connection.run(.insertProduct, sku, name, price.currency.code, price.minorUnits, reorderPoint)
        if stock > 0 { _ = try deliver(stock, of: connection.lastInsertedID) }
    }

    /// Changes a product's price for orders to come.
    func setPrice(_ price: Money, of sku: String) throws(LedgerError) {
        guard let product = try reader.product(sku) else { throw unknownProduct(sku) }
        guard product.price.currency == price.currency else {
            throw LedgerError(.currencyMismatch, "SKU \(sku) is sold in \(product.price.currency), not for \(price)")
        }
        core.cache.forget(product: sku)
        try connection.run(.updatePrice, product.id, price.minorUnits)
    }

    /// Changes when a product is to be reordered.
    func setReorderPoint(_ units: Int, of sku: String) throws(LedgerError) {
        guard let product = try reader.product(sku) else { throw unknownProduct(sku) }
        try connection.run(.updateReorderPoint, product.id, units)
    }

    /// Books a delivery of a product.
    func restock(sku: String, by quantity: Int) throws(LedgerError) -> KeyWriter.Outcome {
        guard let product = try reader.product(sku) else { throw unknownProduct(sku) }
        guard product.stock <= stockMax - quantity else {
            throw LedgerError(
                .invalidRequest,
                "SKU \(sku): \(product.stock) units and \(quantity) more pass the \(stockMax) that one product may have"
            )
        }
        return KeyWriter.Outcome(id: try deliver(quantity, of: product.id))
    }

    private func deliver(_ quantity: Int, of product: Int64) throws(LedgerError) -> Int64 {
        let journal = Journal(core: core)
        try StockWriter(core: core).give(quantity, of: product)
        let entry = try journal.open(.stocked, subject: product)
        try journal.post(quantity, of: product, to: .onHand, from: .supplier, in: entry, line: 1)
        return entry
    }
}

/// Units of one product that may be on hand: far more than there are things, far less than 64 bits hold.
private let stockMax = 1_000_000_000_000
