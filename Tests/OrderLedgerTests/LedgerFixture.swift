import OrderLedger
import Testing
import VitrineCSQLite
import VitrineIO
import VitrineSync
import VitrineTestSupport

/// The price that tests give a product when it does not matter.
let tenEuros = Money(minorUnits: 1_000, currency: .eur)

/// A request of one line, or of several by the same customer.
func request(
    _ key: String,
    _ lines: [(String, Int)],
    customer: String = "ada",
    payment: PaymentTerms = .later,
    cart: CartID? = nil
) -> OrderRequest {
    OrderRequest(
        idempotencyKey: key,
        customer: customer,
        lines: lines.map { OrderRequest.Line(sku: $0.0, quantity: $0.1) },
        payment: payment,
        cart: cart
    )
}

/// A payment that tests use when it does not matter.
let somePayment = PaymentReference(provider: "acme", reference: "p-1")

/// An amount of euros in cents.
func euros(_ cents: Int64) -> Money {
    Money(minorUnits: cents, currency: .eur)
}

/// A ledger in a directory of its own, with a clock that a test moves.
final class TestLedger: Sendable {
    let directory: TemporaryDirectory
    let clock: ManualClock
    let configuration: LedgerConfiguration
    let ledger: Ledger

    /// Opens one with products at ten euros each.
    init(
        stock: [String: Int] = ["a": 100],
        _ change: (inout LedgerConfiguration) -> Void = { _ in }
    ) async throws {
        let directory = try TemporaryDirectory()
        let clock = ManualClock()
        var configuration = LedgerConfiguration()
        configuration.now = clock.now
        // Only a test that is about it has the ledger look by itself.
        configuration.expiryInterval = .seconds(3_600)
        configuration.replication.acknowledgementTimeout = .seconds(600)
        change(&configuration)
        let ledger = try await Ledger.open(at: directory.path, configuration: configuration)
        for (sku, units) in stock.sorted(by: { $0.key < $1.key }) {
            try await ledger.addProduct(sku: sku, name: sku, price: tenEuros, stock: units)
        }
        self.directory = directory
        self.clock = clock
        self.configuration = configuration
        self.ledger = ledger
    }

    /// Expects that everything adds up.
    func expectClean(_ comment: String = "", sourceLocation: SourceLocation = #_sourceLocation) throws {
        let report = try ledger.audit()
        #expect(report.isClean, "\(comment) \(report)", sourceLocation: sourceLocation)
    }

    /// What the ledger's account holds in euros; debits count as positive.
    func balance(_ account: String) throws -> Int64 {
        try ledger.audit().moneyBalances.first { $0.account == account && $0.unit == "EUR" }?.amount ?? 0
    }

    /// Units in one of the ledger's accounts, over all products.
    func units(_ account: String) throws -> Int64 {
        try ledger.audit().stockBalances.first { $0.account == account }?.amount ?? 0
    }
}

/// Expects a `LedgerError` with `code` and returns it.
@discardableResult
func expectError<Value>(
    _ code: LedgerError.Code,
    _ comment: String = "",
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: () async throws -> Value
) async -> LedgerError? {
    do {
        _ = try await body()
        Issue.record("no error, \(code.name) expected. \(comment)", sourceLocation: sourceLocation)
    } catch let error as LedgerError {
        #expect(error.code == code, "\(error). \(comment)", sourceLocation: sourceLocation)
        return error
    } catch {
        Issue.record("\(error) is no LedgerError. \(comment)", sourceLocation: sourceLocation)
    }
    return nil
}

/// A connection of nobody's, to damage a database with, or to look into it.
@safe final class RawDatabase {
    private var handle: OpaquePointer?

    init(_ path: String) throws {
        let status = unsafe sqlite3_open(path, &handle)
        try #require(status == SQLITE_OK)
    }

    deinit {
        unsafe sqlite3_close_v2(handle)
    }

    func run(_ sql: String) throws {
        let status = unsafe sqlite3_exec(handle, sql, nil, nil, nil)
        let message = unsafe String(cString: sqlite3_errmsg(handle))
        try #require(status == SQLITE_OK, "\(message): \(sql)")
    }

    /// Runs what may well be refused.
    func attempt(_ sql: String) throws {
        guard unsafe sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw Refused() }
    }

    /// A statement that SQLite did not run.
    struct Refused: Error {}

    /// The columns of all rows, as text.
    func rows(_ sql: String) throws -> [[String]] {
        var statement: OpaquePointer?
        let status = unsafe sqlite3_prepare_v2(handle, sql, -1, &statement, nil)
        let message = unsafe String(cString: sqlite3_errmsg(handle))
        try #require(status == SQLITE_OK, "\(message): \(sql)")
        defer { unsafe sqlite3_finalize(statement) }
        var rows: [[String]] = []
        while unsafe sqlite3_step(statement) == SQLITE_ROW {
            let columns = unsafe (0..<sqlite3_column_count(statement)).map { column in
                unsafe sqlite3_column_text(statement, column).map { unsafe String(cString: $0) } ?? "NULL"
            }
            rows.append(columns)
        }
        return rows
    }
}

/// All bytes of a file that no ledger has open.
func bytes(of path: String) throws -> [UInt8] {
    try PosixFileSystem().contents(of: path, byteCountMax: 1 << 30)
}

/// A flag that tests share.
final class Flag: Sendable {
    private let flag = Locked(false)
    var value: Bool {
        get { flag.withLock { $0 } }
        set { flag.withLock { $0 = newValue } }
    }
}
