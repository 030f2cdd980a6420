public import Logging
internal import VitrineSQLite
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
    /// How long an idempotency key stands for its request, from one second to 3,660 days; after that it is forgotten,
    /// and the same request would be done again.
    public var keyLifetime: Duration = .seconds(30 * 86_400)
    /// How often the ledger looks for holds that have run out and for readers that are too old when nobody writes, from
    /// one millisecond to one hour.
    ///
    /// A write looks first, whatever the interval.
    public var expiryInterval: Duration = .seconds(1)
    /// How long one ``Ledger/read(_:)`` may keep its snapshot, and with it the log from starting over, from one
    /// millisecond to one day.
    public var readerAgeMax: Duration = .seconds(30)
    /// The time since 1970-01-01 00:00 UTC, for dates and for holds that run out.
    ///
    /// Orders and events are ordered by their ids alone: a clock that jumps makes a wrong date, never a wrong order.
    /// After a jump back no hold lasts longer from then on than it was asked to, and none that ran out comes back.
    public var now: @Sendable () -> Duration = { WallClock.sinceEpoch() }
    /// How commits are handed on to sinks, and how many must have them.
    public var replication = ReplicationConfiguration()
    /// The lease under which the ledger writes, and whose epoch it writes in; `nil` for the epoch after the last.
    public var lease: LedgerLease?
    /// A clock that never jumps, for how long a caller waits for copies.
    package var steadyNow: @Sendable () -> Duration = { .nanoseconds(monotonicNanoseconds()) }
    /// Draws identifiers of ledgers and of openings.
    package var makeIdentifier: @Sendable () -> UInt64 = { UInt64.random(in: 1...UInt64.max) }
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
            ("replication.lagBytesMax", replication.lagBytesMax, 65_536...Int.max),
            ("replication.backlogBytesMax", replication.backlogBytesMax, 0...Int.max),
            ("replication.quorum", replication.quorum.count ?? 0, 0...64),
        ]
        let times: [(name: String, value: Duration, range: ClosedRange<Duration>)] = [
            ("keyLifetime", keyLifetime, .seconds(1) ... .seconds(3_660 * 86_400)),
            ("expiryInterval", expiryInterval, .milliseconds(1) ... .seconds(3_600)),
            ("readerAgeMax", readerAgeMax, .milliseconds(1) ... .seconds(86_400)),
            (
                "replication.acknowledgementTimeout", replication.acknowledgementTimeout,
                .milliseconds(1) ... .seconds(3_600)
            ),
        ]
        for time in times where !time.range.contains(time.value) {
            throw LedgerError(
                .invalidConfiguration,
                "\(time.name) is \(time.value): pass \(time.range.lowerBound) to \(time.range.upperBound)"
            )
        }
        for limit in limits where !limit.range.contains(limit.value) {
            throw LedgerError(
                .invalidConfiguration,
                "\(limit.name) is \(limit.value): pass \(limit.range.lowerBound) to \(limit.range.upperBound)"
            )
        }
    }
}
