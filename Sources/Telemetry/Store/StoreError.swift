internal import Glibc
internal import VitrineIO

extension TelemetryError.Code {
    /// Another process, or another part of this one, has the store open.
    public static let storeIsLocked = TelemetryError.Code("storeIsLocked")
    /// The directory holds something else than a store.
    public static let notStore = TelemetryError.Code("notStore")
    /// A later release made the store, or one with other tiers.
    public static let unsupportedFormat = TelemetryError.Code("unsupportedFormat")
    /// Bytes of the store are not what was written.
    public static let storeIsDamaged = TelemetryError.Code("storeIsDamaged")
    /// The disk refused an operation; the cause says which.
    public static let storeFailed = TelemetryError.Code("storeFailed")
    /// An earlier write failed and may be lost; the store takes no more until it is opened again.
    public static let storeIsReadOnly = TelemetryError.Code("storeIsReadOnly")
    /// The store was closed.
    public static let storeIsClosed = TelemetryError.Code("storeIsClosed")
    /// A configuration or argument cannot work.
    public static let invalidArgument = TelemetryError.Code("invalidArgument")
    /// A query asks for more series or steps than the store's bounds allow.
    public static let queryIsTooLarge = TelemetryError.Code("queryIsTooLarge")
    /// A query combines what cannot be combined, such as a histogram and a number.
    public static let queryFailed = TelemetryError.Code("queryFailed")
    /// The task that asked was cancelled while its query was computed.
    public static let queryWasCancelled = TelemetryError.Code("queryWasCancelled")
}

extension IOError {
    /// Whether nothing was written because there is no room.
    ///
    /// Of a flush that says so nobody knows what it wrote.
    var isRefusedForRoom: Bool {
        [.write, .open, .allocate].contains(operation) && [ENOSPC, EDQUOT].contains(errno)
    }
}

extension StorageFile {
    /// Writes all of `bytes` at the file's `end`, or nothing: what a full disk took of them is cut off again.
    func appendAll(_ bytes: Span<UInt8>, at end: Int64) throws(IOError) {
        do throws(IOError) {
            try writeAll(bytes, at: end)
        } catch {
            try truncate(to: end)
            throw error
        }
    }
}

extension TelemetryError {
    /// What the disk refused, in the module's words.
    init(io error: IOError, _ doing: String) {
        if error.operation == .lock, error.errno == EWOULDBLOCK {
            self.init(
                .storeIsLocked,
                "\(error.path) is \(error.detail ?? "held"); close the store there, or use another directory",
                cause: error
            )
        } else {
            self.init(.storeFailed, "\(doing) failed; see the cause, and whether the disk is full", cause: error)
        }
    }
}

/// Runs `body` and gives what the disk refused the module's error type.
func storing<Value>(_ doing: @autoclosure () -> String, _ body: () throws(IOError) -> Value) throws(TelemetryError)
    -> Value
{
    do {
        return try body()
    } catch {
        throw TelemetryError(io: error, doing())
    }
}
