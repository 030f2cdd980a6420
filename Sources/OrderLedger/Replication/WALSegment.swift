internal import VitrineIO
internal import VitrineSync

/// The pages that one commit wrote, as SQLite wrote them to its write-ahead log.
///
/// Applying a segment is writing each frame's bytes to `(pageNumber - 1) * pageSize` of a copy of the database file, in
/// order, then cutting the file to `databasePages` pages. A copy that has every segment up to some number is then, byte
/// for byte, the primary's database at that commit. `Docs/formats/orderledger.md` has the bytes behind `checksum`.
public struct WALSegment: Sendable {
    /// 1 for the first commit after the ledger was opened, then one more for each commit, without a gap.
    public let sequence: UInt64
    /// The filling of the log that the frames stand in.
    public let salts: WALSalts
    /// Frames of that filling that come before these.
    public let firstFrame: Int
    /// Bytes of a page.
    public let pageSize: Int
    /// Pages in the database from this commit on.
    public let databasePages: Int
    /// When it was committed, since 1970-01-01 00:00 UTC, in whole milliseconds by the ledger's clock.
    public let committedAt: Duration
    /// What was written, in the log's order; a page may occur more than once, the last counts.
    public let frames: [WALFrame]
    /// CRC-32C of all of the above.
    public let checksum: UInt32

    /// Makes a segment with the checksum of its contents.
    package init(
        sequence: UInt64,
        salts: WALSalts,
        firstFrame: Int,
        pageSize: Int,
        databasePages: Int,
        committedAt: Duration,
        frames: [WALFrame]
    ) {
        self.sequence = sequence
        self.salts = salts
        self.firstFrame = firstFrame
        self.pageSize = pageSize
        self.databasePages = databasePages
        self.committedAt = committedAt
        self.frames = frames
        var head: [UInt8] = []
        head.appendLittleEndian(sequence)
        head.appendLittleEndian(salts.first)
        head.appendLittleEndian(salts.second)
        head.appendLittleEndian(UInt64(firstFrame))
        head.appendLittleEndian(UInt32(pageSize))
        head.appendLittleEndian(UInt32(databasePages))
        head.appendLittleEndian(committedAt.wholeMilliseconds)
        head.appendLittleEndian(UInt32(frames.count))
        var crc = CRC32C()
        crc.update(head.span)
        for frame in frames {
            var number: [UInt8] = []
            number.appendLittleEndian(frame.pageNumber)
            crc.update(number.span)
            crc.update(frame.bytes.span)
        }
        checksum = crc.value
    }
}

/// One page of a commit.
public struct WALFrame: Sendable {
    /// Which page of the database file, from 1.
    public let pageNumber: UInt32
    /// All of its bytes.
    public let bytes: ArraySlice<UInt8>

    /// A page's new contents.
    package init(pageNumber: UInt32, bytes: ArraySlice<UInt8>) {
        self.pageNumber = pageNumber
        self.bytes = bytes
    }
}
