/// The two salts in the header of a write-ahead log and in each frame: they name one filling of the file.
///
/// When the log starts over, the first grows by one and the second is random.
public struct WALSalts: Sendable, Hashable {
    /// Grows by one each time that the log starts over.
    public let first: UInt32
    /// Random for each filling.
    public let second: UInt32

    /// Names a filling of the log.
    public init(first: UInt32, second: UInt32) {
        self.first = first
        self.second = second
    }
}

// The format is SQLite's (sqlite.org/fileformat2.html, section 4): a header of 32 bytes, then frames, each a header of
// 24 bytes and one page. Numbers are big-endian.
//
//     header   0 magic 0x377f0682, or …83: checksums take their words big-endian
//              4 version 3007000      8 page size          12 checkpoint sequence
//             16 salts (2 x 4)       24 checksum of the first 24 bytes (2 x 4)
//     frame    0 page number          4 pages in the database after a commit; 0 for all but its last frame
//              8 salts (2 x 4)       16 checksum of all before: the header, the frames, this one's first 8 bytes and
//                                       page (2 x 4)

/// Bytes of the log's header.
package let walHeaderBytes = 32
/// Bytes of a frame before its page.
package let walFrameHeaderBytes = 24

/// The running checksum of a log: two sums over 32-bit words, each taking in the other.
package struct WALChecksum: Sendable, Equatable {
    private var first: UInt32 = 0
    private var second: UInt32 = 0
    private let isBigEndian: Bool

    init(isBigEndian: Bool) {
        self.isBigEndian = isBigEndian
    }

    /// Takes in more bytes, a multiple of 8 of them.
    mutating func update(_ bytes: Span<UInt8>) {
        precondition(bytes.count % 8 == 0, "the checksum of a log takes 8 bytes at a time")
        var (first, second, isBigEndian) = (first, second, isBigEndian)
        // Raw loads, because a bounds check per byte costs more than the sums; the stride stays within the count.
        unsafe bytes.withUnsafeBytes { bytes in
            var offset = 0
            while offset < bytes.count {
                let low = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                let high = unsafe UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
                first &+= (isBigEndian ? low.byteSwapped : low) &+ second
                second &+= (isBigEndian ? high.byteSwapped : high) &+ first
                offset += 8
            }
        }
        (self.first, self.second) = (first, second)
    }

    /// Makes the sums the two numbers that stand at `offset`.
    mutating func carryOn(from bytes: Span<UInt8>, at offset: Int) {
        first = bytes.bigEndian(at: offset)
        second = bytes.bigEndian(at: offset + 4)
    }

    /// Whether the sums are the two numbers that stand at `offset`.
    func matches(_ bytes: Span<UInt8>, at offset: Int) -> Bool {
        first == bytes.bigEndian(at: offset) && second == bytes.bigEndian(at: offset + 4)
    }
}

/// What is wrong with the bytes of a log, and where.
package struct WALFault: Error, Sendable, Equatable {
    /// Offset in the file.
    package let offset: Int64
    /// What does not hold there.
    package let reason: String
}

/// The header of a log, checked.
package struct WALHeader: Sendable {
    /// Names this filling of the log.
    package let salts: WALSalts
    /// Bytes of a page: a power of two from 512 to 65,536.
    package let pageSize: Int
    /// The sums that the first frame carries on from.
    package let checksum: WALChecksum

    /// Reads and checks the first 32 bytes of a log.
    package init(decoding bytes: Span<UInt8>) throws(WALFault) {
        guard bytes.count >= walHeaderBytes else { throw WALFault(offset: 0, reason: "no whole header") }
        let magic = bytes.bigEndian(at: 0)
        guard magic == 0x377F_0682 || magic == 0x377F_0683 else { throw WALFault(offset: 0, reason: "not a log") }
        guard bytes.bigEndian(at: 4) == 3_007_000 else { throw WALFault(offset: 4, reason: "another version") }
        var checksum = WALChecksum(isBigEndian: magic == 0x377F_0683)
        checksum.update(bytes.extracting(0..<24))
        guard checksum.matches(bytes, at: 24) else {
            throw WALFault(offset: 24, reason: "wrong checksum of the header")
        }
        let size = Int(bytes.bigEndian(at: 8))
        guard (512...65_536).contains(size), size.nonzeroBitCount == 1 else {
            throw WALFault(offset: 8, reason: "page size \(size)")
        }
        salts = WALSalts(first: bytes.bigEndian(at: 16), second: bytes.bigEndian(at: 20))
        pageSize = size
        self.checksum = checksum
    }
}

/// Where reading a log has got to: after a whole number of commits.
package struct WALCursor: Sendable {
    /// The filling of the log.
    package let salts: WALSalts
    /// Bytes of a page.
    package let pageSize: Int
    /// Frames before the cursor.
    package private(set) var frames = 0
    private var checksum: WALChecksum

    /// Starts before the first frame.
    package init(_ header: WALHeader) {
        salts = header.salts
        pageSize = header.pageSize
        checksum = header.checksum
    }

    /// Bytes of a frame with its page.
    package var frameBytes: Int { walFrameHeaderBytes + pageSize }
    /// Where the next frame begins.
    package var offset: Int64 { Int64(walHeaderBytes) + Int64(frames) * Int64(frameBytes) }

    /// Checks one commit, whose frames are `bytes`, and moves behind it.
    ///
    /// - Returns: the numbers of the pages, in the order of the frames, and the pages in the database from then on.
    /// - Throws: `WALFault` when a salt, a checksum or the commit mark is wrong; the cursor then stays.
    package mutating func advance(
        over bytes: Span<UInt8>
    ) throws(WALFault) -> (pageNumbers: [UInt32], databasePages: UInt32) {
        let count = bytes.count / frameBytes
        guard count > 0, bytes.count == count * frameBytes else {
            throw WALFault(offset: offset, reason: "\(bytes.count) bytes are no whole frames")
        }
        var sums = checksum
        var pageNumbers: [UInt32] = []
        var databasePages: UInt32 = 0
        for index in 0..<count {
            let frame = bytes.extracting(index * frameBytes..<(index + 1) * frameBytes)
            let position = offset + Int64(index) * Int64(frameBytes)
            sums.update(frame.extracting(0..<8))
            sums.update(frame.extracting(walFrameHeaderBytes..<frameBytes))
            guard salts == WALSalts(first: frame.bigEndian(at: 8), second: frame.bigEndian(at: 12)) else {
                throw WALFault(offset: position + 8, reason: "a frame with other salts")
            }
            guard sums.matches(frame, at: 16) else {
                throw WALFault(offset: position, reason: "wrong checksum of a frame")
            }
            databasePages = frame.bigEndian(at: 4)
            guard (databasePages != 0) == (index == count - 1) else {
                throw WALFault(offset: position + 4, reason: "a commit mark that is missing or misplaced")
            }
            pageNumbers.append(frame.bigEndian(at: 0))
        }
        checksum = sums
        frames += count
        return (pageNumbers, databasePages)
    }

    /// Moves to the end of the commit whose last frame begins with the header `bytes`, without reading its pages.
    package mutating func skip(to end: Int, lastHeader bytes: Span<UInt8>) throws(WALFault) {
        let position = Int64(walHeaderBytes) + Int64(end - 1) * Int64(frameBytes)
        guard bytes.count >= walFrameHeaderBytes else { throw WALFault(offset: position, reason: "no whole frame") }
        guard salts == WALSalts(first: bytes.bigEndian(at: 8), second: bytes.bigEndian(at: 12)) else {
            throw WALFault(offset: position + 8, reason: "a frame with other salts")
        }
        guard bytes.bigEndian(at: 4) != 0 else { throw WALFault(offset: position + 4, reason: "no commit mark") }
        checksum.carryOn(from: bytes, at: 16)
        frames = end
    }
}

extension WALChecksum {
    /// The two sums.
    var sums: (UInt32, UInt32) { (first, second) }

    /// Carries on from sums that stand elsewhere.
    init(isBigEndian: Bool, sums: (UInt32, UInt32)) {
        self.isBigEndian = isBigEndian
        (first, second) = sums
    }
}

extension Span<UInt8> {
    /// The four bytes at `offset` as a number, the highest first.
    func bigEndian(at offset: Int) -> UInt32 {
        UInt32(self[offset]) << 24 | UInt32(self[offset + 1]) << 16 | UInt32(self[offset + 2]) << 8
            | UInt32(self[offset + 3])
    }
}
