/// A failure of a metric's registration: what kind, where, and what can be done.
public struct TelemetryError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure: the part to branch on.
    public var code: Code
    /// What failed, on which metric or label, and what to do.
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

        init(_ name: String) {
            self.name = name
        }

        /// A metric or label name does not follow the data model.
        public static let invalidName = Code("invalidName")
        /// The name is taken by a metric of another type or unit.
        public static let typeConflict = Code("typeConflict")
        /// The registry holds as many families as its configuration allows.
        public static let tooManyFamilies = Code("tooManyFamilies")
    }
}
