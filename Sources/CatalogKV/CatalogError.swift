internal import Glibc
internal import VitrineIO

/// A failure of a catalog: what kind, where, and what can be done.
public struct CatalogError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure: the part to branch on.
    public var code: Code
    /// What failed, on which file and offset or key, and what to do.
    public var message: String
    /// The error underneath, if there is one.
    public var cause: (any Error)?

    /// Describes a failure.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The code, the message and the cause in one line.
    public var description: String {
        let line = "\(code.name): \(message)"
        return if let cause { "\(line) (\(cause))" } else { line }
    }

    /// The kinds of failure; more may come.
    public struct Code: Sendable, Hashable {
        /// The code's name, as it stands in logs.
        public let name: String

        private init(_ name: String) {
            self.name = name
        }

        /// The disk refused an operation.
        public static let ioFailed = Code("ioFailed")
        /// The index has no memory for more keys: nothing was written, though deletes still are; see the message.
        public static let indexFull = Code("indexFull")
        /// The disk is full: nothing was written, and a later write may succeed.
        public static let diskFull = Code("diskFull")
        /// A write or flush failed earlier: nothing more is written until the catalog is opened anew.
        public static let isReadOnly = Code("isReadOnly")
        /// The catalog was closed.
        public static let isClosed = Code("isClosed")
        /// Another process, or another catalog of this one, has the directory open.
        public static let isLocked = Code("isLocked")
        /// Bytes on disk do not match their checksum or their format.
        public static let isCorrupt = Code("isCorrupt")
        /// The files were written in a format that this version of the module does not know.
        public static let unsupportedFormat = Code("unsupportedFormat")
        /// A partition or sort key is over its limit, or empty.
        public static let keyTooLong = Code("keyTooLong")
        /// An item is over its limit.
        public static let valueTooLarge = Code("valueTooLarge")
        /// A batch has too many operations, or too many bytes.
        public static let batchTooLarge = Code("batchTooLarge")
        /// The item is not what the write's condition asks for; see `failedItem`.
        public static let conditionFailed = Code("conditionFailed")
        /// An operation of a transaction could not be carried out, so none was; see `cancellation`.
        public static let transactionCancelled = Code("transactionCancelled")
        /// The token of a transaction was used for another one within the last ten minutes.
        public static let tokenConflict = Code("tokenConflict")
        /// A cursor is damaged, or belongs to another table or query.
        public static let invalidCursor = Code("invalidCursor")
        /// There is no table of that name, or it was dropped since the `Table` was made.
        public static let noSuchTable = Code("noSuchTable")
        /// A table is there with other options than asked for, or there can be no more tables.
        public static let tableConflict = Code("tableConflict")
        /// A setting or argument has a value that means nothing.
        public static let invalidArgument = Code("invalidArgument")
        /// A text is no decimal number, or one that cannot be held exactly.
        public static let invalidNumber = Code("invalidNumber")
        /// Bytes are not a document in the layout this version knows; the message says at which byte.
        public static let invalidDocument = Code("invalidDocument")
        /// Changes that a stream or consumer asked for have been removed; the message names the oldest available.
        public static let changesTrimmed = Code("changesTrimmed")
        /// A condition, update, projection or query is over its limits, or contradicts itself.
        public static let invalidExpression = Code("invalidExpression")
        /// An attribute, or the item, is not of the type that a condition or an update needs.
        public static let typeMismatch = Code("typeMismatch")
        /// The result of an update is a number that its type cannot hold.
        public static let numberOverflow = Code("numberOverflow")
    }
}

extension CatalogError {
    static func indexFull() -> CatalogError {
        CatalogError(
            .indexFull,
            "the index has used the 32 GiB that it can address, or the system gives it no memory; "
                + "delete items and open the catalog anew, or run with more memory"
        )
    }

    static func sequencesUsedUp() -> CatalogError {
        CatalogError(
            .isReadOnly,
            "the store has used up its 2^49 operation numbers; copy its items into a new one"
        )
    }

    static func droppedTable(_ table: TableNumber) -> CatalogError {
        CatalogError(.noSuchTable, "table number \(table.rawValue) was dropped; ask the catalog for the table anew")
    }

    static func notADocument(_ key: Key, _ what: String) -> CatalogError {
        CatalogError(.typeMismatch, "\(key) is raw bytes without attributes, and \(what) needs a document")
    }

    static func closed() -> CatalogError {
        CatalogError(.isClosed, "the catalog was closed; open it again")
    }

    static func corrupt(_ path: String, at offset: Int, _ what: String) -> CatalogError {
        CatalogError(.isCorrupt, "\(path) at offset \(offset): \(what); restore the file from a backup")
    }

    /// A failed disk operation, or a held lock, in this module's terms.
    static func wrapping(_ error: IOError, while doing: String) -> CatalogError {
        if error.operation == .lock, error.errno == EWOULDBLOCK {
            let holder = error.detail ?? "held by an unknown process"
            return CatalogError(
                .isLocked,
                "\(error.path) is \(holder); only one catalog at a time can have the directory open",
                cause: error
            )
        }
        // After a flush that failed it is not known what the disk has, whatever the reason was.
        let isFlush = error.operation == .synchronize || error.operation == .synchronizeDirectory
        if [ENOSPC, EDQUOT].contains(error.errno), !isFlush {
            return CatalogError(
                .diskFull,
                "the disk has no room left for \(doing): \(error.path); free some and try again",
                cause: error
            )
        }
        return CatalogError(.ioFailed, "the disk failed while \(doing): \(error.path)", cause: error)
    }
}

/// Runs `body` and turns its `IOError` into a `CatalogError` that says what was being done.
func onDisk<Result>(_ doing: @autoclosure () -> String, _ body: () throws(IOError) -> Result) throws -> Result {
    do throws(IOError) {
        return try body()
    } catch {
        throw CatalogError.wrapping(error, while: doing())
    }
}
