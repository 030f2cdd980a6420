internal import VitrineSQLite

/// What can be asked of a ledger, alone or as a part of a host's transaction.
enum LedgerCommands {
    /// Adds a product.
    static func addProduct(
        _ sku: String,
        _ name: String,
        _ price: Money,
        _ stock: Int,
        _ reorderPoint: Int,
        _ limits: LedgerConfiguration
    ) throws(LedgerError) -> SimpleCommand<Void> {
        try limits.checkText(sku, "SKU")
        try limits.checkText(name, "name")
        if stock != 0 { try checkQuantity(stock, of: sku) }
        if reorderPoint != 0 { try checkQuantity(reorderPoint, of: sku) }
        try checkPrice(price, of: sku)
        return SimpleCommand { core throws(LedgerError) in
            try ProductWriter(core: core)
                .add(sku: sku, name: name, price: price, stock: stock, reorderPoint: reorderPoint)
        }
    }

    /// Changes a price.
    static func setPrice(
        _ price: Money,
        _ sku: String,
        _ limits: LedgerConfiguration
    ) throws(LedgerError) -> SimpleCommand<Void> {
        try limits.checkText(sku, "SKU")
        try checkPrice(price, of: sku)
        return SimpleCommand { core throws(LedgerError) in try ProductWriter(core: core).setPrice(price, of: sku) }
    }

    /// Changes a reorder point.
    static func setReorderPoint(
        _ units: Int,
        _ sku: String,
        _ limits: LedgerConfiguration
    ) throws(LedgerError) -> SimpleCommand<Void> {
        try limits.checkText(sku, "SKU")
        if units != 0 { try checkQuantity(units, of: sku) }
        return SimpleCommand { core throws(LedgerError) in
            try ProductWriter(core: core).setReorderPoint(units, of: sku)
        }
    }

    /// Opens an account.
    static func openAccount(
        _ name: String,
        _ currency: Currency,
        _ range: ClosedRange<Int64>,
        _ limits: LedgerConfiguration
    ) throws(LedgerError) -> SimpleCommand<Void> {
        try limits.checkText(name, "account")
        guard range.contains(0) else {
            throw LedgerError(.invalidRequest, "an account begins at zero: pass limits that allow it, not \(range)")
        }
        return SimpleCommand { core throws(LedgerError) in
            try AccountWriter(core: core).open(name, currency, range)
        }
    }

    /// Writes an event of the host's.
    static func emit(
        _ topic: String,
        _ payload: [UInt8],
        _ limits: LedgerConfiguration
    ) throws(LedgerError) -> SimpleCommand<Void> {
        try limits.checkText(topic, "topic")
        guard payload.count <= payloadBytesMax else {
            throw LedgerError(
                .invalidRequest,
                "an event of \(payload.count) bytes: pass at most \(payloadBytesMax), or a name of where they are"
            )
        }
        return SimpleCommand { core throws(LedgerError) in
            try core.connection.run(.insertHostEntry, topic, payload, core.now)
        }
    }

    private static func checkPrice(_ price: Money, of sku: String) throws(LedgerError) {
        guard price.minorUnits >= 0 else {
            throw LedgerError(.invalidRequest, "SKU \(sku) at \(price): a price cannot be negative")
        }
    }
}

/// Bytes of one event of a host's: what a message broker takes, and far from slowing a group down.
private let payloadBytesMax = 1 << 20
