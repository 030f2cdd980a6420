public import Logging
internal import VitrineSync

/// Every limit of a ledger, its clock and its log.
public struct LedgerConfiguration: Sendable {
    /// Connections for reading, from 1 to 64; a read beyond them waits its turn.
    public var readersMax = 8
    /// Orders that share one commit and one flush, from 1 to 10,000.
    public var groupOrdersMax = 256
    /// Writes that may wait, at least 1; one more is refused with `isOverloaded`.
    public var pendingWritesMax = 16_384
    /// Bytes of new frames in the write-ahead log after which the writer copies them into the database file.
    ///
    /// The log can grow to about twice that, and keeps the size it has reached. At least 64 KiB.
    public var walBytesMax = 16 << 20
    /// Bytes of database pages that each connection may keep in memory, at least 64 KiB.
    public var cacheBytesMax = 8 << 20
    /// Lines of one order, from 1 to 1,000.
    public var linesMax = 100
    /// Bytes, in UTF-8, of a key, a customer, an SKU, a name, or a part of a payment, from 1 to 4,096.
    public var textBytesMax = 256
    /// The time since 1970-01-01 00:00 UTC, for the dates of orders.
    ///
    /// Orders are ordered by their ids alone: a clock that jumps makes a wrong date, never a wrong order.
    public var now: @Sendable () -> Duration = { WallClock.sinceEpoch() }
    /// Where the ledger says that it was opened, checkpointed or stopped; `nil` for nowhere.
    public var logger: Logger?

    /// The default limits.
    public init() {}

    /// - Throws: `invalidConfiguration`, naming the first limit that is out of its range.
    func validate() throws(LedgerError) {
        let limits: [(name: String, value: Int, range: ClosedRange<Int>)] = [
            ("readersMax", readersMax, 1...64),
            ("groupOrdersMax", groupOrdersMax, 1...10_000),
            ("pendingWritesMax", pendingWritesMax, 1...Int.max),
            ("walBytesMax", walBytesMax, 65_536...Int(Int32.max)),
            ("cacheBytesMax", cacheBytesMax, 65_536...Int(Int32.max)),
            ("linesMax", linesMax, 1...1_000),
            ("textBytesMax", textBytesMax, 1...4_096),
        ]
        for limit in limits where !limit.range.contains(limit.value) {
            throw LedgerError(
                .invalidConfiguration,
                "\(limit.name) is \(limit.value): pass \(limit.range.lowerBound) to \(limit.range.upperBound)"
            )
        }
    }
}
