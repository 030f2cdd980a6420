/// A failure of a model's reading, simplifying or writing: what kind, where, and what can be done.
public struct LODError: Error, Sendable, CustomStringConvertible {
    /// The kind of failure: the part to branch on.
    public var code: Code
    /// What failed, on which file and offset or key, and what to do.
    public var message: String
    /// The error underneath, if there is one.
    public var cause: (any Error)?
    /// The file, or the name given to the bytes, if the failure lies in what was read.
    public var file: String?
    /// The place in the file's JSON as an RFC 6901 pointer, if it is there; empty for the document itself.
    public var pointer: String?
    /// The byte in `file` at which the fault lies, counted from 0, if it is known.
    ///
    /// For a fault in the JSON it is where the value at `pointer` starts or, where something is missing, the nearest
    /// value around it.
    public var byteOffset: Int?

    /// Describes a failure.
    public init(
        _ code: Code,
        _ message: String,
        cause: (any Error)? = nil,
        file: String? = nil,
        pointer: String? = nil,
        byteOffset: Int? = nil
    ) {
        self.code = code
        self.message = message
        self.cause = cause
        self.file = file
        self.pointer = pointer
        self.byteOffset = byteOffset
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

        /// The file could not be read or written.
        public static let ioFailed = Code("ioFailed")
        /// The bytes are not of a format this module reads.
        public static let notAModel = Code("notAModel")
        /// The file states something that cannot be: an offset, a count, an index or a number.
        public static let invalidModel = Code("invalidModel")
        /// The bytes are not an image that can be read, or a picture cannot have the size that was asked for.
        public static let invalidImage = Code("invalidImage")
        /// A picture cannot be taken from where the camera is said to be.
        public static let invalidCamera = Code("invalidCamera")
        /// The file needs an extension or a feature that this module does not have.
        public static let unsupported = Code("unsupported")
        /// The file asks for more than `ReadLimits` allow.
        public static let limitExceeded = Code("limitExceeded")
        /// A URI leads out of the model's directory, or to another machine; it was not followed.
        public static let outsideDirectory = Code("outsideDirectory")
    }
}
