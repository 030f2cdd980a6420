internal import VitrineIO
internal import VitrineSync

/// A ledger of orders in a directory: products with stock, orders, payments, and the postings behind them.
///
/// Every write is `async`: it waits for the commit and the flush that make it durable, together with all other writes
/// of the moment, and is on disk when it returns. A write that throws has changed nothing, with one exception: after
/// `ioFailed`, `walCorrupted` and `foreignWriter` nobody knows what the disk kept. The ledger is then read-only;
/// opened anew it shows what was kept, and a request repeated with its idempotency key cannot be doubled.
///
/// Reads are plain calls at one consistent state, and see what is durable only. They run on connections of their own,
/// beside the writer; a read beyond `readersMax` waits, first come first served, until another is done.
///
/// The directory holds `ledger.sqlite3`, its `-wal` and `-shm`, and `LOCK`. Nobody else may write them; to look into
/// them with other tools, copy a ``snapshot(to:)``.
public final class Ledger: Sendable {
    private let configuration: LedgerConfiguration
    private let fileSystem: any FileSystem
    private let core: WriterCore
    private let writer: LedgerWriter
    /// Connections for reading.
    package let readers: ReaderPool
    private let lock: any FileLock

    init(
        core: WriterCore,
        writer: LedgerWriter,
        readers: ReaderPool,
        lock: any FileLock,
        configuration: LedgerConfiguration,
        fileSystem: any FileSystem
    ) {
        self.core = core
        self.writer = writer
        self.readers = readers
        self.lock = lock
        self.configuration = configuration
        self.fileSystem = fileSystem
    }

    deinit {
        // In this order: the lock must be the last to go, and no connection may be in use when it is closed.
        writer.stop()
        readers.close()
        core.connection.close()
        lock.release()
    }

    /// Opens the ledger in `directory`, making both where there is none.
    ///
    /// What an earlier process committed and did not copy into the database file is copied now.
    /// - Throws: ``LedgerError`` with `isLocked` when somebody has it open, `newerSchema`, `notALedger`, `corrupted`,
    ///   `invalidConfiguration`, `ioFailed`.
    public static func open(
        at directory: String,
        configuration: LedgerConfiguration = .init()
    ) async throws -> Ledger {
        try await open(at: directory, configuration: configuration, fileSystem: PosixFileSystem(), vfs: nil)
    }

    /// Waits for the writes under way and for reads to end, and closes the files.
    ///
    /// Later calls on the ledger throw `isClosed`; so does a second `close`. A ledger that goes away without it is
    /// closed too, but then the next one to open has the log to go through.
    /// - Throws: ``LedgerError`` with `ioFailed` when the log could not be copied; what was acknowledged is safe in it.
    public func close() async throws {
        let readers = readers
        let outcome: Result<Void, LedgerError>
        do throws(LedgerError) {
            try await writer.maintain(isLast: true) { core throws(LedgerError) in
                readers.close()
                try core.close()
            }
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        if case .failure(let error) = outcome, error.code == .isClosed { throw error }
        writer.stop()
        lock.release()
        try outcome.get()
    }
}

// Products
extension Ledger {
    /// Adds a product; its stock arrives by a posting, as later deliveries do.
    ///
    /// - Throws: ``LedgerError`` with `duplicateProduct`, or `invalidRequest` for a negative price or stock.
    public func addProduct(sku: String, name: String, price: Money, stock: Int) async throws {
        try configuration.checkText(sku, "SKU")
        try configuration.checkText(name, "name")
        if stock != 0 { try checkQuantity(stock, of: sku) }
        guard price.minorUnits >= 0 else {
            throw LedgerError(.invalidRequest, "SKU \(sku) at \(price): a price cannot be negative")
        }
        try await writer.write { core throws(LedgerError) in
            try ProductWriter(core: core).add(sku: sku, name: name, price: price, stock: stock)
        }
    }

    /// Books a delivery of `quantity` units, from 1 to 1,000,000,000.
    ///
    /// It has no idempotency key: one that failed with `ioFailed` may have arrived; look at the stock.
    /// - Throws: ``LedgerError`` with `unknownProduct` or `invalidRequest`.
    public func restock(sku: String, by quantity: Int) async throws {
        try configuration.checkText(sku, "SKU")
        try checkQuantity(quantity, of: sku)
        try await writer.write { core throws(LedgerError) in
            try ProductWriter(core: core).restock(sku: sku, by: quantity)
        }
    }

    /// Units of the product that can be sold now.
    ///
    /// - Throws: ``LedgerError`` with `unknownProduct`.
    public func stock(of sku: String) throws -> Int {
        let product = try readers.read { connection throws(LedgerError) in
            try OrderReader(connection: connection).product(sku)
        }
        guard let product else { throw unknownProduct(sku) }
        return product.stock
    }
}

// Orders
extension Ledger {
    /// Places an order: takes its stock, fixes its prices, posts its money.
    ///
    /// All of it or nothing. The same key with the same request returns the order that the first one placed, as it is
    /// now, whoever sends it and however often. A request that was refused leaves its key unused.
    /// - Throws: ``LedgerError`` with `insufficientStock` (`details` has SKU, asked and available), `unknownProduct`,
    ///   `idempotencyConflict`, `currencyMismatch`, `amountOverflow` (a total past 10,000,000,000,000 minor units),
    ///   `invalidRequest`, `isOverloaded`.
    public func place(_ request: OrderRequest) async throws -> Order {
        try request.validate(configuration)
        return try await writer.write { core throws(LedgerError) in try OrderWriter(core: core).place(request) }
    }

    /// Notes that a placed order was paid.
    ///
    /// - Throws: ``LedgerError`` with `illegalTransition` when it was paid already or cancelled, `unknownOrder`.
    public func pay(_ id: OrderID, _ payment: Payment) async throws -> Order {
        try configuration.checkText(payment.provider, "payment provider")
        try configuration.checkText(payment.reference, "payment reference")
        return try await writer.write { core throws(LedgerError) in try OrderWriter(core: core).pay(id, payment) }
    }

    /// Cancels an order: its units are in stock again, and its money goes back if it was paid.
    ///
    /// The ledger books the refund; having the provider pay it out is the host's.
    /// - Throws: ``LedgerError`` with `illegalTransition` when it was cancelled already, `unknownOrder`.
    public func cancel(_ id: OrderID) async throws -> Order {
        try await writer.write { core throws(LedgerError) in try OrderWriter(core: core).cancel(id) }
    }

    /// The order of `id`, or `nil` when there is none.
    public func order(_ id: OrderID) throws -> Order? {
        try readers.readSnapshot { connection throws(LedgerError) in try OrderReader(connection: connection).order(id) }
    }

    /// A customer's orders, the newest first.
    ///
    /// - Parameters:
    ///   - customer: whose.
    ///   - limit: at most so many, from 1 to 1,000.
    ///   - cursor: only orders older than this one: the last of the page before; `nil` for the first page.
    /// - Throws: ``LedgerError`` with `invalidRequest` for a limit out of range.
    public func orders(of customer: String, limit: Int = 20, before cursor: OrderID? = nil) throws -> [Order] {
        guard (1...1_000).contains(limit) else {
            throw LedgerError(.invalidRequest, "a page of \(limit) orders: pass 1 to 1000")
        }
        return try readers.readSnapshot { connection throws(LedgerError) in
            try OrderReader(connection: connection).orders(of: customer, limit: limit, before: cursor)
        }
    }

    /// Goes through the whole ledger at one state and checks that everything adds up.
    ///
    /// It reads every page, so it takes as long as reading the file does; writes go on beside it. Run it where a
    /// blocked thread does no harm.
    /// - Throws: ``LedgerError`` with `corrupted` when the file cannot even be read through.
    public func audit() throws -> AuditReport {
        try readers.readSnapshot { connection throws(LedgerError) in try Audit(connection: connection).run() }
    }
}

// Replication, upkeep, figures
extension Ledger {
    /// Sends every commit from now on to `sink`.
    ///
    /// A copy for the sink to start from is a ``snapshot(to:)`` taken afterwards: skip the segments it contains.
    public func subscribe(_ sink: any WALSink) async throws -> WALSubscription {
        try await writer.maintain { core throws(LedgerError) in core.subscribe(sink) }
    }

    /// Sends every commit from now on to `receive`, under the same rules as a sink.
    public func subscribe(
        _ receive: @escaping @Sendable (WALSegment) throws -> Void
    ) async throws -> WALSubscription {
        try await subscribe(ClosureSink(body: receive))
    }

    /// Writes a copy of the database, flushed, to a file outside the ledger's directory that must not be there yet.
    ///
    /// Writes wait meanwhile. The copy is a plain SQLite file without a log.
    /// - Returns: the number of the last segment that the copy contains; 0 when nothing was committed since opening.
    /// - Throws: ``LedgerError`` with `snapshotFailed`, or `isBusy` when a long read (an audit) keeps the log open.
    @discardableResult
    public func snapshot(to path: String) async throws -> UInt64 {
        let fileSystem = fileSystem
        return try await writer.maintain { core throws(LedgerError) in
            try core.snapshot(to: path, on: fileSystem)
        }
    }

    /// Copies the write-ahead log into the database file now; the ledger does so by itself when the log grows.
    package func checkpoint() async throws {
        _ = try await writer.maintain { core throws(LedgerError) in try core.checkpoint(.restart) }
    }

    /// What the ledger has done so far, as of the last commit.
    public var statistics: LedgerStatistics { core.latestStatistics }
}
