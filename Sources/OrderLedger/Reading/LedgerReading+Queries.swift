internal import VitrineSQLite
internal import VitrineSync

// Products and accounts
extension LedgerReading {
    /// The product of that SKU, or `nil` when there is none.
    public func product(_ sku: String) throws -> Product? {
        try pool.read { connection throws(LedgerError) in
            try OrderReader(connection: connection).product(sku)?.product
        }
    }

    /// Units of the product that can be sold now.
    ///
    /// - Throws: ``LedgerError`` with `unknownProduct`.
    public func stock(of sku: String) throws -> Int {
        guard let product = try product(sku) else { throw unknownProduct(sku) }
        return product.stock
    }

    /// Products with fewer units than their reorder point, those with the fewest units first.
    ///
    /// - Parameters:
    ///   - limit: at most so many, from 1 to 1,000.
    ///   - cursor: only products after this one, the last of the page before.
    /// - Throws: ``LedgerError`` with `invalidRequest` for a limit out of range, `unknownProduct` for the cursor.
    public func productsToReorder(limit: Int = 100, after cursor: Product? = nil) throws -> [Product] {
        try checkPage(limit)
        return try pool.readSnapshot { connection throws(LedgerError) in
            let reader = OrderReader(connection: connection)
            var id = Int64.min
            if let cursor {
                guard let row = try reader.product(cursor.sku) else { throw unknownProduct(cursor.sku) }
                id = row.id
            }
            return try reader.productsToReorder(limit: limit, after: cursor, id: id).map(\.product)
        }
    }

    /// An account that the host has opened, or `nil` when there is none of that name.
    public func account(_ name: String) throws -> Account? {
        try pool.read { connection throws(LedgerError) in
            try AccountReader(connection: connection).account(name).map {
                Account(name: $0.name, balance: $0.balance, minimum: $0.minimum, maximum: $0.maximum)
            }
        }
    }

    /// A cart, or `nil` when there is none of that id.
    public func cart(_ id: CartID) throws -> Cart? {
        try pool.readSnapshot { connection throws(LedgerError) in try CartReader(connection: connection).cart(id) }
    }
}

// Orders
extension LedgerReading {
    /// The order of `id`, or `nil` when there is none.
    public func order(_ id: OrderID) throws -> Order? {
        try pool.readSnapshot { connection throws(LedgerError) in try OrderReader(connection: connection).order(id) }
    }

    /// A customer's orders, the newest first.
    ///
    /// - Parameters:
    ///   - customer: whose.
    ///   - limit: at most so many, from 1 to 1,000.
    ///   - cursor: only orders older than this one: the last of the page before; `nil` for the first page.
    /// - Throws: ``LedgerError`` with `invalidRequest` for a limit out of range.
    public func orders(of customer: String, limit: Int = 20, before cursor: OrderID? = nil) throws -> [Order] {
        try checkPage(limit)
        return try pool.readSnapshot { connection throws(LedgerError) in
            try OrderReader(connection: connection).orders(of: customer, limit: limit, before: cursor)
        }
    }

    /// Orders that stand in a state now, by the time that they were placed at, the oldest first.
    ///
    /// - Parameters:
    ///   - state: where they stand.
    ///   - start: only those placed at or after this time, since 1970-01-01 00:00 UTC; `nil` for all.
    ///   - end: only those placed before this time; `nil` for all.
    ///   - limit: at most so many, from 1 to 1,000.
    ///   - cursor: where the page before ended.
    /// - Throws: ``LedgerError`` with `invalidRequest` for a limit out of range.
    public func orders(
        in state: OrderState,
        from start: Duration? = nil,
        to end: Duration? = nil,
        limit: Int = 100,
        after cursor: OrderCursor? = nil
    ) throws -> [Order] {
        try checkPage(limit)
        return try pool.readSnapshot { connection throws(LedgerError) in
            try OrderReader(connection: connection).orders(
                in: state,
                from: start?.wholeMilliseconds ?? .min,
                to: end?.wholeMilliseconds ?? .max,
                limit: limit,
                after: cursor
            )
        }
    }

    /// An order's payments, the first first; empty for an order that does not exist or costs nothing.
    public func payments(of id: OrderID) throws -> [Payment] {
        try pool.readSnapshot { connection throws(LedgerError) in
            guard let head = try OrderReader(connection: connection).head(id) else { return [] }
            return try PaymentReader(connection: connection).payments(of: id, head.total.currency)
        }
    }

    /// An order's shipments, the first first.
    public func shipments(of id: OrderID) throws -> [Shipment] {
        try pool.readSnapshot { connection throws(LedgerError) in
            try ShipmentReader(connection: connection).shipments(of: id)
        }
    }

    /// An order's refunds, the first first.
    public func refunds(of id: OrderID) throws -> [Refund] {
        try pool.readSnapshot { connection throws(LedgerError) in
            guard let head = try OrderReader(connection: connection).head(id) else { return [] }
            return try RefundReader(connection: connection).refunds(of: head)
        }
    }

    /// What was sold by day, SKU and currency: orders placed in a stretch of time that were not cancelled.
    ///
    /// It reads the orders of that time and their lines, and nothing else: ask for days, not for years.
    /// - Parameters:
    ///   - start: from this time on, since 1970-01-01 00:00 UTC.
    ///   - end: before this time.
    ///   - offset: how far the days' time zone is ahead of UTC, less than a day either way.
    /// - Throws: ``LedgerError`` with `invalidRequest` for an offset of a day or more.
    public func sales(from start: Duration, to end: Duration, utcOffset offset: Duration = .zero) throws -> [Sales] {
        guard abs(offset.wholeMilliseconds) < 86_400_000 else {
            throw LedgerError(.invalidRequest, "an offset of \(offset) from UTC: pass less than a day")
        }
        return try pool.readSnapshot { connection throws(LedgerError) in
            try connection.all(
                .selectSales,
                start.wholeMilliseconds,
                end.wholeMilliseconds,
                offset.wholeMilliseconds
            ) { row throws(LedgerError) in
                let currency = try row.currency(2, of: "an order")
                return Sales(
                    day: row.int(0),
                    sku: row.text(1),
                    units: row.int(3),
                    total: Money(minorUnits: row.int64(4), currency: currency),
                    tax: Money(minorUnits: row.int64(5), currency: currency),
                    discount: Money(minorUnits: row.int64(6), currency: currency)
                )
            }
        }
    }

    /// Goes through the whole ledger at one state and checks that everything adds up.
    ///
    /// It reads every page, so it takes as long as reading the file does; writes go on beside it. Run it where a
    /// blocked thread does no harm.
    /// - Throws: ``LedgerError`` with `corrupted` when the file cannot even be read through.
    public func audit() throws -> AuditReport {
        try pool.readSnapshot { connection throws(LedgerError) in try Audit(connection: connection).run() }
    }

    fileprivate func checkPage(_ limit: Int) throws(LedgerError) {
        guard (1...1_000).contains(limit) else {
            throw LedgerError(.invalidRequest, "a page of \(limit): pass 1 to 1000")
        }
    }
}

// The host's own reads
extension LedgerReading {
    /// Runs a host's own queries at one snapshot of the database, on a thread that may block.
    ///
    /// The read waits for a free connection, first come first served, and is over within
    /// ``LedgerConfiguration/readerAgeMax``; cancelling the task ends it while it waits and while a statement runs. It
    /// returns what is durable only.
    /// - Throws: what `body` throws; ``LedgerError`` with `readExpired`, `sqlRefused`, `isClosed`; `CancellationError`.
    public func read<Value: Sendable>(
        _ body: @escaping @Sendable (ReadTransaction) throws -> Value
    ) async throws -> Value {
        try await pool.readForHost(body)
    }
}

// Events
extension LedgerReading {
    /// At most `limit` events after the one of that id, in order.
    ///
    /// - Throws: ``LedgerError`` with `invalidRequest` for a limit that is not from 1 to 1,000.
    public func events(after id: Int64, limit: Int = 100) throws -> [LedgerEvent] {
        try checkPage(limit)
        return try pool.read { connection throws(LedgerError) in
            try EventReader(connection: connection).events(after: id, limit: limit)
        }
    }
}
