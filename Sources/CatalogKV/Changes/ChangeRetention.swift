internal import VitrineSync

/// How long changes stay readable once they are written.
///
/// Changes are read from the journal, whose old files compaction removes. Retention keeps it from those that hold
/// changes younger than `duration`, as long as the newest files of which they are the first come to no more than
/// `byteCountMax`. What is kept counts towards the store's size on disk.
public struct ChangeRetention: Sendable, Hashable {
    /// Changes younger than this are kept.
    public var duration: Duration
    /// Bytes of journal that are kept for the sake of changes, at most.
    public var byteCountMax: Int

    /// Nothing is kept for the sake of changes: a stream that keeps up misses nothing, one that stops for long may find
    /// what it needs gone.
    public static let none = ChangeRetention(duration: .zero, byteCountMax: 0)

    /// Keeps changes for `duration`, by default a day, in at most `byteCountMax` bytes, by default 1 GiB.
    public init(duration: Duration = .seconds(24 * 60 * 60), byteCountMax: Int = 1 << 30) {
        self.duration = duration
        self.byteCountMax = byteCountMax
    }
}

/// A journal file, as retention looks at it.
package struct RetainedSegment: Sendable {
    let number: UInt32
    let byteCount: Int
    /// When its last record was written, in milliseconds since the Unix epoch.
    let lastTime: Int64

    /// Describes a file.
    package init(number: UInt32, byteCount: Int, lastTime: Int64) {
        self.number = number
        self.byteCount = byteCount
        self.lastTime = lastTime
    }
}

extension ChangeRetention {
    /// The oldest of the files, given oldest first, that must stay at `now`, in milliseconds since the Unix epoch; `nil`
    /// when none must.
    ///
    /// What stays is unbroken up to the newest file, for a stream cannot go on behind a gap.
    package func firstRetained(_ segments: [RetainedSegment], now: Int64) -> UInt32? {
        let (horizon, isOver) = now.subtractingReportingOverflow(duration.wholeMilliseconds)
        var first: UInt32?
        var total = 0
        for segment in segments.reversed() {
            total += segment.byteCount
            guard total <= byteCountMax, isOver || segment.lastTime > horizon else { break }
            first = segment.number
        }
        return first
    }
}
