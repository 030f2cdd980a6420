internal import VitrineSQLite

/// Removes keys whose time is over, a few at a time, without an index of their times.
///
/// An index would cost every order another page; a walk costs little and reads each key once in a round. For each key
/// that was written it looks at a few old ones, in the order of the keys, so that the table stays within a small
/// factor of the keys that live. A key whose time is over counts as gone from then on, removed or not.
struct KeySweep {
    private var position = ""
    private var written = 0

    /// Keys that are looked at in one step.
    private static let step = 256

    /// Notes writes; returns whether a step is due.
    mutating func note(_ count: Int) -> Bool {
        written += count
        return written >= Self.step / 4
    }

    /// Looks at the next keys, and removes those that have expired.
    mutating func run(_ core: WriterCore) throws(LedgerError) {
        written = 0
        let end = try core.connection.first(.selectKeyAhead, position, Self.step, read: { $0.text(0) })
        try core.connection.run(.deleteExpiredKeys, position, end, core.now)
        position = end ?? ""
    }
}
