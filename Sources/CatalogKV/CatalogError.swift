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
        /// A flush failed, or the catalog was closed: nothing more is written until it is opened anew.
        public static let isReadOnly = Code("isReadOnly")
        /// Another process, or another catalog of this one, has the directory open.
        public static let isLocked = Code("isLocked")
        /// Bytes on disk do not match their checksum or their format.
        public static let isCorrupt = Code("isCorrupt")
        /// A partition or sort key is over its limit, or empty.
        public static let keyTooLong = Code("keyTooLong")
        /// An item is over its limit.
        public static let valueTooLarge = Code("valueTooLarge")
    }
}
