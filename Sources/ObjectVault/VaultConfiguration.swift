public import Logging
public import Metrics

/// Every limit of a vault, with its default.
public struct VaultConfiguration: Sendable {
    /// The largest object that a put takes, in bytes; 256 GiB by default.
    ///
    /// A put in flight keeps 4 bytes of checksums in memory for every 64 KiB: 16 MiB for an object of 256 GiB.
    public var objectBytesMax: Int64 = 256 << 30
    /// The most bytes that one `read` returns, 1 GiB by default; `stream` has no such limit.
    public var readBytesMax = 1 << 30
    /// How many bytes a put gathers before it writes them, 1 MiB by default.
    ///
    /// An object that fits is written in one piece, together with others that wait. From 64 KiB to 64 MiB.
    public var writePieceBytes = 1 << 20
    /// How many puts of objects larger than `writePieceBytes` run at once, 64 by default; others wait their turn.
    ///
    /// Each holds an open file and two pieces of memory. Raise it where many slow clients upload at once.
    public var largePutsMax = 64
    /// Threads that write and flush large objects, 4 by default.
    public var threadCount = 4
    /// Where to log openings, failed flushes and damage that was found; nowhere by default.
    public var logger: Logger?
    /// Who counts puts, reads and damage; by default whoever the process has made its metrics system.
    public var metrics: (any MetricsFactory)?

    /// The defaults.
    public init() {}
}

extension VaultConfiguration {
    /// Refuses limits that cannot work.
    func check() throws(VaultError) {
        func require(_ holds: Bool, _ words: String) throws(VaultError) {
            if !holds { throw VaultError(.invalidArgument, "the vault's configuration is refused: \(words)") }
        }
        try require(
            (0...ObjectFormat.sizeMax).contains(objectBytesMax),
            "objectBytesMax is \(objectBytesMax), and must be from 0 to \(ObjectFormat.sizeMax)"
        )
        try require(readBytesMax >= 0, "readBytesMax is \(readBytesMax), and must not be negative")
        try require(
            (1 << 16...1 << 26).contains(writePieceBytes),
            "writePieceBytes is \(writePieceBytes), and must be from 65536 to 67108864"
        )
        try require((1...65_536).contains(largePutsMax), "largePutsMax is \(largePutsMax), and must be 1 to 65536")
        try require((1...256).contains(threadCount), "threadCount is \(threadCount), and must be from 1 to 256")
    }
}
