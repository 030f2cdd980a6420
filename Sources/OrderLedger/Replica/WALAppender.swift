internal import VitrineCSQLite
internal import VitrineSQLite

/// Writes commits to a database's log beside SQLite, by SQLite's own protocol and through its own file handles.
///
/// SQLite has no call that writes pages as they are: to it this is one more writer, which takes the same lock, appends
/// frames of the same form, with salts and checksums of their own, and publishes them in the same index. Its
/// connections read at their snapshots as ever, and its checkpoints copy the frames into the database file.
///
/// Confined to the replica's thread, which is also the only one to checkpoint.
final class WALAppender {
    private let connection: Connection
    private let log: LogFile
    private let index: WALIndex
    private let makeSalt: () -> UInt32
    /// What the index said after the last commit; `nil` before the first.
    private var known: WALIndex.Header?
    /// Times that the log started over here, as its header counts them.
    private var fillings: UInt32 = 0
    /// The last frame of each page in the log, from 1.
    private var frameOfPage: [UInt32: Int] = [:]

    /// - Parameters:
    ///   - connection: the only one that writes, on which nothing is under way.
    ///   - makeSalt: draws the salt of a new filling.
    /// - Throws: `ioFailed`; `corrupted` for an index that is none.
    init(_ connection: Connection, makeSalt: @escaping () -> UInt32) throws(LedgerError) {
        self.connection = connection
        self.makeSalt = makeSalt
        // A read has SQLite open the log, recover it if need be, and map the index.
        _ = try connection.scalar("SELECT COUNT(*) FROM sqlite_schema")
        log = try connection.logFile()
        index = unsafe WALIndex(try connection.mainFile(), path: connection.path)
        let header = try index.header()
        for frame in 0..<header.frames { frameOfPage[try index.page(of: frame + 1)] = frame + 1 }
        known = header
    }

    /// Bytes of the log that are in use.
    var bytesUsed: Int {
        guard let known, known.frames > 0 else { return 0 }
        return walHeaderBytes + known.frames * (walFrameHeaderBytes + known.pageSize)
    }

    /// Pages in the database.
    func databasePages(pageSize: Int) throws(LedgerError) -> Int {
        if let known, known.frames > 0 { return Int(known.databasePages) }
        return Int(try connection.mainFileSize()) / pageSize
    }

    /// Pages as they are now; zeros for those behind the end.
    func pages(_ numbers: [UInt32], pageSize: Int) throws(LedgerError) -> WALPages {
        let count = try databasePages(pageSize: pageSize)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(numbers.count * pageSize)
        for number in numbers {
            if number > count {
                bytes.append(contentsOf: repeatElement(0, count: pageSize))
            } else if let frame = frameOfPage[number] {
                bytes += try log.read(pageSize, at: offset(of: frame, pageSize) + Int64(walFrameHeaderBytes))
            } else {
                bytes += try connection.readMainPage(number, pageSize: pageSize)
            }
        }
        return WALPages(numbers: numbers, pageSize: pageSize, bytes: bytes)
    }

    /// Appends one commit, reads it back, and shows it to readers; it is not flushed.
    ///
    /// - Parameter databasePages: pages in the database from then on.
    /// - Throws: `foreignWriter` when somebody else has written or writes; `walCorrupted` when the log reads back
    ///   otherwise, and then nobody sees it; `diskFull`, `ioFailed`.
    func append(_ pages: WALPages, databasePages: Int) throws(LedgerError) {
        guard try index.tryLock(.write) else { throw foreign("holds the lock of its log") }
        defer { index.unlock(.write) }
        var header = try index.header()
        guard header == known else { throw foreign("has written to its log") }
        header.pageSize = pages.pageSize
        if header.frames > 0, try index.copiedFrames() == header.frames { try startOver(&header) }
        if header.frames == 0 { try writeLogHeader(&header) }

        let first = header.frames
        let frames = encode(pages, databasePages: databasePages, &header)
        try log.write(frames, at: offset(of: first + 1, pages.pageSize))
        let written = try log.read(frames.count, at: offset(of: first + 1, pages.pageSize))
        guard written == frames else {
            throw LedgerError(
                .walCorrupted,
                "\(log.path), offset \(offset(of: first + 1, pages.pageSize)): it reads back otherwise; check the disk"
            )
        }
        for (place, number) in pages.numbers.enumerated() {
            try index.add(first + 1 + place, page: number)
            frameOfPage[number] = first + 1 + place
        }
        header.frames = first + pages.numbers.count
        header.databasePages = UInt32(databasePages)
        header.changes &+= 1
        try index.publish(header)
        known = header
    }

    /// Makes all that was appended safe from a loss of power.
    ///
    /// Never call it again after it threw.
    func flush() throws(LedgerError) {
        try asLedgerError { () throws(DatabaseError) in try log.flush() }
    }

    /// Begins a new filling of the log when no reader needs the old one.
    private func startOver(_ header: inout WALIndex.Header) throws(LedgerError) {
        guard try index.tryLock(.readers) else { return }
        defer { index.unlock(.readers) }
        header.frames = 0
        header.salts = WALSalts(first: header.salts.first &+ 1, second: makeSalt())
        try index.publish(header)
        try index.forgetCopied()
        frameOfPage = [:]
        known = header
    }

    private func writeLogHeader(_ header: inout WALIndex.Header) throws(LedgerError) {
        if header.salts == WALSalts(first: 0, second: 0) {
            header.salts = WALSalts(first: makeSalt(), second: makeSalt())
        }
        header.isBigEndian = false
        var bytes: [UInt8] = []
        fillings &+= 1
        for word in [
            0x377F_0682, 3_007_000, UInt32(header.pageSize), fillings, header.salts.first, header.salts.second,
        ] {
            bytes.appendBigEndian(word)
        }
        header.checksum = WALChecksum(isBigEndian: false)
        header.checksum.update(bytes.span)
        bytes.appendBigEndian(header.checksum.sums.0)
        bytes.appendBigEndian(header.checksum.sums.1)
        try log.write(bytes, at: 0)
    }

    /// The frames of a commit, whose checksums carry on from `header`'s.
    private func encode(_ pages: WALPages, databasePages: Int, _ header: inout WALIndex.Header) -> [UInt8] {
        var frames: [UInt8] = []
        frames.reserveCapacity(pages.numbers.count * (walFrameHeaderBytes + pages.pageSize))
        for (place, number) in pages.numbers.enumerated() {
            let isLast = place == pages.numbers.count - 1
            var head: [UInt8] = []
            head.appendBigEndian(number)
            head.appendBigEndian(isLast ? UInt32(databasePages) : 0)
            header.checksum.update(head.span)
            header.checksum.update(pages.bytes.span.extracting(place * pages.pageSize..<(place + 1) * pages.pageSize))
            head.appendBigEndian(header.salts.first)
            head.appendBigEndian(header.salts.second)
            head.appendBigEndian(header.checksum.sums.0)
            head.appendBigEndian(header.checksum.sums.1)
            frames += head
            frames += pages[place]
        }
        return frames
    }

    private func offset(of frame: Int, _ pageSize: Int) -> Int64 {
        Int64(walHeaderBytes) + Int64(frame - 1) * Int64(walFrameHeaderBytes + pageSize)
    }

    private func foreign(_ what: String) -> LedgerError {
        LedgerError(.foreignWriter, "\(connection.path): somebody else \(what), which only the replica may")
    }
}

extension LogFile {
    /// Reads exactly `count` bytes at `offset`.
    func read(_ count: Int, at offset: Int64) throws(LedgerError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        let status = unsafe bytes.withUnsafeMutableBytes { bytes in
            unsafe file.pointee.pMethods.pointee.xRead(file, bytes.baseAddress, Int32(bytes.count), offset)
        }
        try check(status, "read at offset \(offset)")
        return bytes
    }

    /// Writes `bytes` at `offset`.
    func write(_ bytes: [UInt8], at offset: Int64) throws(LedgerError) {
        let step = 64 << 10  // Below the 128 KiB that one xWrite can take.
        for start in stride(from: 0, to: bytes.count, by: step) {
            let count = min(step, bytes.count - start)
            let status = unsafe bytes.withUnsafeBytes { bytes in
                unsafe file.pointee.pMethods.pointee.xWrite(
                    file,
                    bytes.baseAddress.map { unsafe $0 + start },
                    Int32(count),
                    offset + Int64(start)
                )
            }
            try check(status, "written at offset \(offset + Int64(start))")
        }
    }

    private func check(_ status: Int32, _ what: String) throws(LedgerError) {
        guard status != SQLITE_OK else { return }
        let words = unsafe String(cString: sqlite3_errstr(status))
        let cause = SQLiteError(extendedCode: status, message: words, sql: "")
        let code: LedgerError.Code = status & 0xFF == SQLITE_FULL ? .diskFull : .ioFailed
        throw LedgerError(code, "\(path) could not be \(what)", cause: cause)
    }
}

extension [UInt8] {
    /// Appends a number's bytes, the highest first.
    fileprivate mutating func appendBigEndian(_ value: UInt32) {
        for shift in [24, 16, 8, 0] { append(UInt8(truncatingIfNeeded: value >> UInt32(shift))) }
    }
}
