internal import VitrineSQLite

/// A product whose units were taken.
struct TakenProduct {
    let id: Int64
    let price: Money
}

/// Units taken out of stock and put back; the postings are whoever's who does it.
struct StockWriter {
    let core: WriterCore

    /// Takes units of a product, if there are as many: the condition and the change are one statement.
    ///
    /// - Throws: `insufficientStock` or `unknownProduct`; nothing is taken then.
    func take(_ quantity: Int, of sku: String) throws(LedgerError) -> TakenProduct {
        if let product = try product(sku) {
            try core.connection.run(.takeStock, product.id, quantity)
            if core.connection.changes == 1 { return product }
        }
        guard let product = try OrderReader(connection: core.connection).product(sku) else { throw unknownProduct(sku) }
        throw LedgerError(
            .insufficientStock,
            "SKU \(sku): \(quantity) asked, \(product.stock) available; ask for fewer, or restock",
            details: .insufficientStock(sku: sku, asked: quantity, available: product.stock)
        )
    }

    private func product(_ sku: String) throws(LedgerError) -> TakenProduct? {
        if let known = core.cache.product(sku) { return known }
        let found = try core.connection.first(.selectPrice, sku) { row throws(LedgerError) in
            TakenProduct(
                id: row.int64(0),
                price: Money(minorUnits: row.int64(2), currency: try row.currency(1, of: "product \(sku)"))
            )
        }
        if let found { core.cache.keep(product: sku, found) }
        return found
    }

    /// Puts units back.
    func give(_ quantity: Int, of product: Int64) throws(LedgerError) {
        try core.connection.run(.addStock, product, quantity)
    }
}

/// The error for a SKU that names nothing.
func unknownProduct(_ sku: String) -> LedgerError {
    LedgerError(.unknownProduct, "there is no product of SKU \(sku); add it first")
}
