internal import Glibc
internal import VitrineIO

/// A failure of a vault: what kind, where, and what can be done.
public struct VaultError: Error, Sendable, CustomStringConvertible {
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
        /// The disk is full, or the quota is used up.
        public static let outOfSpace = Code("outOfSpace")
        /// A flush failed: nothing more is written until the vault is opened anew, and reads go on.
        public static let isReadOnly = Code("isReadOnly")
        /// The vault was closed.
        public static let isClosed = Code("isClosed")
        /// Another process, or another vault of this one, has the directory open.
        public static let isLocked = Code("isLocked")
        /// Stored bytes do not match their digest, their checksum or their format.
        public static let isCorrupt = Code("isCorrupt")
        /// No object has that digest.
        public static let notFound = Code("notFound")
        /// The range does not lie within the object.
        public static let invalidRange = Code("invalidRange")
        /// The object, or the part of it that was asked for, is over a limit of the configuration.
        public static let objectTooLarge = Code("objectTooLarge")
        /// A limit of the configuration, or a piece size, cannot work.
        public static let invalidArgument = Code("invalidArgument")
        /// The directory holds something, and it is not a vault.
        public static let notVault = Code("notVault")
        /// There is no bucket of that name.
        public static let noSuchBucket = Code("noSuchBucket")
        /// There is a bucket of that name already.
        public static let bucketExists = Code("bucketExists")
        /// The bucket still has objects.
        public static let bucketNotEmpty = Code("bucketNotEmpty")
        /// A bucket's or object's name, its metadata or its tags are not what names and metadata can be.
        public static let invalidName = Code("invalidName")
        /// A condition of the call does not hold: the object is not the expected one.
        public static let preconditionFailed = Code("preconditionFailed")
        /// The object is the one that the caller has already.
        public static let notModified = Code("notModified")
        /// A data key cannot be unwrapped, or no provider was given.
        public static let keyUnavailable = Code("keyUnavailable")
        /// A file is of a format that only a later release can read.
        public static let unsupportedFormat = Code("unsupportedFormat")
    }
}

extension VaultError {
    /// What a refusal of the disk means; `words` say what could not be done.
    init(_ error: IOError, _ words: String) {
        if error.errno == ENOSPC || error.errno == EDQUOT {
            self.init(.outOfSpace, words + ": make room on the disk and try again", cause: error)
        } else {
            self.init(.ioFailed, words + ": the cause names the file and what the system answered", cause: error)
        }
    }
}
