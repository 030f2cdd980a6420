/// A failure of a ledger: what kind, where, and what can be done.
public struct LedgerError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure: the part to branch on.
    public var code: Code
    /// What failed, on which file and offset or key, and what to do.
    public var message: String
    /// The figures of the failure, for those kinds that have some.
    public var details: Details?
    /// The error underneath, if there is one: a ``SQLiteError``, or what a disk or a sink said.
    public var cause: (any Error)?

    /// Describes a failure.
    public init(_ code: Code, _ message: String, details: Details? = nil, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.details = details
        self.cause = cause
    }

    /// The code, the message and the cause in one line.
    public var description: String {
        let line = "\(code.name): \(message)"
        return if let cause { "\(line) (\(cause))" } else { line }
    }

    /// The figures of a failure; more kinds may come.
    @nonexhaustive
    public enum Details: Sendable, Hashable {
        /// An order asked for more units of a product than there are.
        case insufficientStock(sku: String, asked: Int, available: Int)
        /// An order in one state was asked to move to another that its state machine does not lead to.
        case illegalTransition(order: OrderID, from: OrderState, to: OrderState)
        /// A payment in one state was asked to move to another that its state machine does not lead to.
        case illegalPaymentTransition(payment: PaymentID, from: PaymentState, to: PaymentState)
        /// A cart that holds nothing any more was asked for its units.
        case cartClosed(cart: CartID, state: CartState)
        /// More money was asked for than there is to pay, to capture or to refund.
        case amountExceeded(asked: Money, available: Money)
        /// More units of a line were asked for than are left to ship, to refund or to return.
        case quantityExceeded(order: OrderID, line: Int, asked: Int, available: Int)
        /// A change would take an account's balance out of its limits.
        case limitExceeded(account: String, balance: Money, change: Money)
        /// An idempotency key already stands for another request.
        case idempotencyConflict(key: String)
    }
}

extension LedgerError {
    /// The kinds of failure; more may come.
    public struct Code: Sendable, Hashable {
        /// The code's name, as it stands in logs.
        public let name: String

        private init(_ name: String) {
            self.name = name
        }

        /// The disk refused an operation.
        public static let ioFailed = Code("ioFailed")
        /// There is no room on the disk: the orders of the group are not placed, and may be tried again.
        public static let diskFull = Code("diskFull")
        /// A flush failed or the files contradict themselves: nothing more is written until it is opened anew.
        public static let isReadOnly = Code("isReadOnly")
        /// The ledger was closed.
        public static let isClosed = Code("isClosed")
        /// More writes wait than the configuration allows: come back later.
        public static let isOverloaded = Code("isOverloaded")
        /// Another process, or another ledger of this one, has the directory open.
        public static let isLocked = Code("isLocked")
        /// Another connection held the database for longer than the ledger waits.
        public static let isBusy = Code("isBusy")
        /// The bytes of the database are not what was written: restore from a snapshot.
        public static let corrupted = Code("corrupted")
        /// The write-ahead log read back after a commit is not what was written.
        public static let walCorrupted = Code("walCorrupted")
        /// Somebody else wrote to the database: only the ledger may.
        public static let foreignWriter = Code("foreignWriter")
        /// Somebody with a newer epoch writes now: this ledger acknowledges nothing any more.
        public static let fenced = Code("fenced")
        /// A commit is on this ledger's disk, but not on as many copies as the configuration asks for, or not in time:
        /// nobody knows what will become of it; repeat the request with its key.
        public static let notReplicated = Code("notReplicated")
        /// A sink was too far behind and gets no more segments.
        public static let lagExceeded = Code("lagExceeded")
        /// A segment does not follow what the copy has: others between are missing.
        public static let gap = Code("gap")
        /// A copy's bytes or history are not those of the ledger that it follows: begin anew from a snapshot.
        public static let diverged = Code("diverged")
        /// The bytes of a segment are not what a writer made; they were not applied.
        public static let segmentCorrupted = Code("segmentCorrupted")
        /// A segment, a snapshot or a message is of a newer format than this module knows.
        public static let newerSegment = Code("newerSegment")
        /// One commit changed more pages than a segment can carry.
        public static let segmentTooLarge = Code("segmentTooLarge")
        /// What a copy has to go on from is not kept any more: it needs a snapshot.
        public static let needsSnapshot = Code("needsSnapshot")
        /// There is a sink of that name already.
        public static let duplicateSink = Code("duplicateSink")
        /// A replica did not reach a position in the time that it was given.
        public static let replicaBehind = Code("replicaBehind")
        /// The bytes of a snapshot are not what was written.
        public static let snapshotCorrupted = Code("snapshotCorrupted")
        /// The archive has nothing from which that moment could be restored.
        public static let notArchived = Code("notArchived")
        /// The other end of a connection is gone, or said something that the protocol does not have.
        public static let connectionFailed = Code("connectionFailed")
        /// Somebody else holds the lease.
        public static let leaseHeld = Code("leaseHeld")
        /// A copy of the database could not be written; the ledger itself is well.
        public static let snapshotFailed = Code("snapshotFailed")
        /// The file is a database, but not of a ledger.
        public static let notALedger = Code("notALedger")
        /// The database was made by a newer version of this module.
        public static let newerSchema = Code("newerSchema")
        /// A statement was refused by a constraint or a trigger of the schema.
        public static let constraintFailed = Code("constraintFailed")
        /// A host's statement asked for something that only the ledger may do.
        public static let sqlRefused = Code("sqlRefused")
        /// A read kept its snapshot for longer than the configuration allows.
        public static let readExpired = Code("readExpired")
        /// A host's own code failed inside a write; the cause is what it threw.
        public static let hostFailed = Code("hostFailed")
        /// SQLite failed in a way that has no code of its own here; the cause says which.
        public static let databaseFailed = Code("databaseFailed")

        /// A limit of the configuration is out of its range.
        public static let invalidConfiguration = Code("invalidConfiguration")
        /// A request that no state of the ledger could accept.
        public static let invalidRequest = Code("invalidRequest")
        /// There is no product of that SKU.
        public static let unknownProduct = Code("unknownProduct")
        /// There is a product of that SKU already.
        public static let duplicateProduct = Code("duplicateProduct")
        /// There is no order of that id.
        public static let unknownOrder = Code("unknownOrder")
        /// Fewer units are in stock than an order asks for; `details` has the figures.
        public static let insufficientStock = Code("insufficientStock")
        /// There is no payment of that number.
        public static let unknownPayment = Code("unknownPayment")
        /// There is no shipment of that number.
        public static let unknownShipment = Code("unknownShipment")
        /// There is no cart of that id.
        public static let unknownCart = Code("unknownCart")
        /// There is no account of that name.
        public static let unknownAccount = Code("unknownAccount")
        /// There is an account of that name already.
        public static let duplicateAccount = Code("duplicateAccount")
        /// There is no subscriber of that name.
        public static let unknownSubscriber = Code("unknownSubscriber")
        /// The order's state machine has no such move; `details` names both states.
        public static let illegalTransition = Code("illegalTransition")
        /// The payment's state machine has no such move; `details` names both states.
        public static let illegalPaymentTransition = Code("illegalPaymentTransition")
        /// The cart has expired, was released, or was ordered; `details` says which.
        public static let cartClosed = Code("cartClosed")
        /// More money was asked for than there is; `details` has the figures.
        public static let amountExceeded = Code("amountExceeded")
        /// More units were asked for than are left; `details` has the figures.
        public static let quantityExceeded = Code("quantityExceeded")
        /// An account's balance would leave its limits; `details` has the figures.
        public static let limitExceeded = Code("limitExceeded")
        /// The idempotency key stands for another request; `details` names it.
        public static let idempotencyConflict = Code("idempotencyConflict")

        /// ISO 4217 has no such currency.
        public static let unknownCurrency = Code("unknownCurrency")
        /// Two amounts of different currencies met.
        public static let currencyMismatch = Code("currencyMismatch")
        /// An amount does not fit 64 bits of minor units.
        public static let amountOverflow = Code("amountOverflow")
        /// Weights by which nothing can be divided.
        public static let invalidAllocation = Code("invalidAllocation")
    }
}
