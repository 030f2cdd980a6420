internal import VitrineIO

/// What one commit group changed: the pages that it wrote, each as its difference from what it was before.
///
/// A segment is made from the frames of SQLite's write-ahead log once their salts, their chain of checksums and the
/// commit mark were found right. Applied to a copy that is at `before`, it makes one that is at `after`, byte for byte.
/// `Docs/formats/orderledger.md` has the bytes of `encoded`.
public struct WALSegment: Sendable, Equatable {
    /// The version that the segment goes on from.
    public let before: LedgerVersion
    /// The version that it leads to.
    public let after: LedgerVersion
    /// When it was committed, since 1970-01-01 00:00 UTC, in whole milliseconds by the ledger's clock; never less than
    /// that of the segment before, also when the clock was set back.
    public let committedAt: Duration
    /// Bytes of a page.
    public let pageSize: Int
    /// Pages in the database from this commit on.
    public let databasePages: Int
    /// Pages that it changes.
    public let frameCount: Int
    /// Where its frames stand in the primary's log: the filling, and the first of them.
    public let origin: WALOrigin
    /// CRC-32C of the pages as they were, see ``WALPages/checksum``; a page that was not there is all zeros.
    public let checksumBefore: UInt32
    /// CRC-32C of the pages as they are from now on.
    public let checksumAfter: UInt32
    /// The segment's bytes, for a file or a socket.
    public let encoded: [UInt8]

    /// The writer's epoch.
    public var epoch: UInt64 { after.position.epoch }
    /// The transactions that the group has, without a gap to the segment before.
    public var transactions: ClosedRange<UInt64> { before.position.transaction + 1...after.position.transaction }
    /// CRC-32C of the encoded segment, as it stands at its end.
    public var checksum: UInt32 {
        encoded.suffix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    init(_ header: SegmentHeader, encoded: [UInt8]) {
        before = header.before
        after = header.after
        committedAt = .milliseconds(header.committedAt)
        pageSize = header.pageSize
        databasePages = header.databasePages
        frameCount = header.frameCount
        origin = header.origin
        checksumBefore = header.checksumBefore
        checksumAfter = header.checksumAfter
        self.encoded = encoded
    }

    /// The pages' differences from what they were before.
    ///
    /// - Throws: ``LedgerError`` with `segmentCorrupted` when the payload is not what a writer makes.
    /// - Complexity: O(*frames*): inflates the payload.
    public func differences() throws(LedgerError) -> WALPages {
        let start = SegmentHeader.byteCount
        let payload = encoded[start..<encoded.count - 4]
        guard let header = try? SegmentHeader(decoding: encoded.span, name: ""),
            let packed = inflated(payload, byteCount: header.payloadBytes),
            let pages = WALPages(unpacking: packed, count: frameCount, pageSize: pageSize, pageMax: databasePages)
        else {
            throw LedgerError(
                .segmentCorrupted,
                "the segment to \(after), offset \(start): its pages cannot be read; fetch it again"
            )
        }
        return pages
    }

    /// The pages as they are from now on.
    ///
    /// - Parameter base: the pages of these numbers as they are in the copy, at `before`; zeros for what is not there.
    /// - Throws: ``LedgerError`` with `diverged` when the copy's pages are not what the primary's were, or what comes
    ///   of it is not what the primary has; `segmentCorrupted`.
    public func images(
        over base: (_ pageNumbers: [UInt32]) throws -> WALPages
    ) throws -> WALPages {
        var pages = try differences()
        let old = try base(pages.numbers)
        guard old.numbers == pages.numbers, old.pageSize == pageSize, old.checksum == checksumBefore else {
            throw LedgerError(
                .diverged,
                "the copy's pages are not those that the segment to \(after) goes on from; begin anew from a snapshot"
            )
        }
        pages.formSymmetricDifference(old)
        guard pages.checksum == checksumAfter else {
            throw LedgerError(
                .segmentCorrupted,
                "the segment to \(after) does not lead to the primary's pages; fetch it again"
            )
        }
        return pages
    }
}

/// A place in a write-ahead log.
public struct WALOrigin: Sendable, Hashable {
    /// Names the filling of the log.
    public let salts: WALSalts
    /// Frames of that filling that come before.
    public let firstFrame: Int

    /// Names a place.
    public init(salts: WALSalts, firstFrame: Int) {
        self.salts = salts
        self.firstFrame = firstFrame
    }
}
