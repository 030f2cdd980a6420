internal import VitrineIO

/// A commit whose pages are to be read out of the log.
struct CommittedFrames: Sendable {
    /// Where the commit begins in the log, with the checksum of what comes before.
    let start: WALCursor
    /// Frames in the log after it.
    let end: Int
    /// The versions before and after it.
    let before: LedgerVersion
    let after: LedgerVersion
    /// When it was committed, in milliseconds since 1970.
    let committedAt: Int64
}

/// Makes segments of commits: reads their frames, holds them against salts, checksums and the commit mark, and takes
/// their difference from the pages as they were.
///
/// Confined to the shipping thread. It reads frames that were committed, which SQLite does not touch again before a
/// checkpoint has copied all of them; and no checkpoint begins before what was committed is shipped, so that the
/// database file does not change while it reads either.
final class SegmentBuilder {
    private let path: String
    private let fileSystem: any FileSystem
    private var log: (any StorageFile)?
    /// For the database file, which only SQLite's own handle may read (fcntl(2): closing another drops its locks).
    private let connection: Connection
    private let deflater: Deflater
    /// The filling of the log that `frameOfPage` is about.
    private var salts: WALSalts?
    /// The last frame of each page in the log, from 1.
    private var frameOfPage: [UInt32: Int] = [:]
    /// Pages in the database before the next commit.
    private var databasePages = 0

    init(path: String, fileSystem: any FileSystem, connection: Connection) throws(LedgerError) {
        self.path = path
        self.fileSystem = fileSystem
        self.connection = connection
        deflater = try Deflater()
    }

    /// The segment of one commit; they must come in order.
    ///
    /// - Throws: `walCorrupted`, naming the offset in the log; `ioFailed`; `segmentTooLarge`.
    func segment(of commit: CommittedFrames) throws(LedgerError) -> WALSegment {
        do {
            let log = try openedLog()
            if salts != commit.start.salts { try begin(at: commit.start, log) }
            var cursor = commit.start
            let bytes = try log.readBytes((commit.end - cursor.frames) * cursor.frameBytes, at: cursor.offset)
            let (pageNumbers, newPages) = try cursor.advance(over: bytes.span)
            guard cursor.frames == commit.end else {
                throw WALFault(offset: cursor.offset, reason: "the log ends here")
            }
            // A page may have been written more than once: the last counts. One behind the end is of no meaning.
            var frames: [UInt32: Int] = [:]
            for (index, number) in pageNumbers.enumerated() where number <= newPages { frames[number] = index }
            let numbers = frames.keys.sorted()
            let new = pages(numbers, in: bytes, frames, pageSize: cursor.pageSize)
            let old = try previousPages(numbers, pageSize: cursor.pageSize, log)
            for (number, index) in frames { frameOfPage[number] = commit.start.frames + index + 1 }
            databasePages = Int(newPages)
            let header = SegmentHeader(
                before: commit.before,
                after: commit.after,
                committedAt: commit.committedAt,
                pageSize: cursor.pageSize,
                databasePages: databasePages,
                frameCount: numbers.count,
                checksumBefore: old.checksum,
                checksumAfter: new.checksum,
                origin: WALOrigin(salts: commit.start.salts, firstFrame: commit.start.frames)
            )
            return try WALSegment(header, from: old, to: new, with: deflater)
        } catch let error as WALFault {
            throw error.asLedgerError(path: path + "-wal")
        } catch let error as LedgerError {
            throw error
        } catch {
            throw LedgerError(.ioFailed, "cannot read back what was committed", cause: error)
        }
    }

    func close() {
        try? log?.close()  // It was only read.
        log = nil
        connection.close()
    }

    private func openedLog() throws -> any StorageFile {
        if let log { return log }
        let opened = try fileSystem.open(path + "-wal", .read)
        log = opened
        return opened
    }

    /// Learns which pages the log holds before `cursor`: none when it has just started over.
    private func begin(at cursor: WALCursor, _ log: any StorageFile) throws {
        salts = cursor.salts
        frameOfPage = [:]
        if databasePages == 0 { databasePages = Int(try connection.mainFileSize()) / cursor.pageSize }
        for index in 0..<cursor.frames {
            let position = Int64(walHeaderBytes) + Int64(index) * Int64(cursor.frameBytes)
            let header = try log.readBytes(8, at: position)
            guard header.count == 8 else { throw WALFault(offset: position, reason: "no whole frame") }
            frameOfPage[header.span.bigEndian(at: 0)] = index + 1
            let pagesThen = Int(header.span.bigEndian(at: 4))
            if pagesThen > 0 { databasePages = pagesThen }
        }
    }

    private func pages(
        _ numbers: [UInt32],
        in bytes: [UInt8],
        _ frames: [UInt32: Int],
        pageSize: Int
    ) -> WALPages {
        var images: [UInt8] = []
        images.reserveCapacity(numbers.count * pageSize)
        for number in numbers {
            let start = (frames[number] ?? 0) * (walFrameHeaderBytes + pageSize) + walFrameHeaderBytes
            images += bytes[start..<start + pageSize]
        }
        return WALPages(numbers: numbers, pageSize: pageSize, bytes: images)
    }

    /// The pages as they were before this commit.
    private func previousPages(_ numbers: [UInt32], pageSize: Int, _ log: any StorageFile) throws -> WALPages {
        var images: [UInt8] = []
        images.reserveCapacity(numbers.count * pageSize)
        for number in numbers {
            if number > databasePages {
                images.append(contentsOf: repeatElement(0, count: pageSize))
            } else if let frame = frameOfPage[number] {
                let end = Int64(walHeaderBytes) + Int64(frame) * Int64(walFrameHeaderBytes + pageSize)
                let image = try log.readBytes(pageSize, at: end - Int64(pageSize))
                guard image.count == pageSize else { throw WALFault(offset: end, reason: "no whole frame") }
                images += image
            } else {
                images += try connection.readMainPage(number, pageSize: pageSize)
            }
        }
        return WALPages(numbers: numbers, pageSize: pageSize, bytes: images)
    }
}

extension Connection {
    /// A page of the database file; zeros where the file does not reach, as for a page that was given up again in the
    /// transaction that made it, and so never written.
    func readMainPage(_ number: UInt32, pageSize: Int) throws(LedgerError) -> [UInt8] {
        let offset = Int64(number - 1) * Int64(pageSize)
        do throws(LedgerError) {
            return try readMainFile(pageSize, at: offset)
        } catch {
            guard try mainFileSize() < offset + Int64(pageSize) else { throw error }
            return [UInt8](repeating: 0, count: pageSize)
        }
    }
}
