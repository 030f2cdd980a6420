internal import VitrineCSQLite

/// SQLite's index of the log, in shared memory, as a second writer of the log has to keep it.
///
/// Readers of any process find their snapshot and its pages here and in the log, and are never asked to wait. The
/// layout is SQLite's (sqlite.org/walformat.html, section 2): two copies of a header and the state of checkpoints and
/// readers, then for each 4,096 frames their page numbers and a hash table of these. Numbers are in the machine's own
/// order, the salts as they stand in the log.
@safe final class WALIndex {
    private let file: UnsafeMutablePointer<sqlite3_file>
    private let path: String

    /// Frames that the first block describes, and the others.
    private static let framesOfFirst = 4_062
    private static let framesOfOther = 4_096
    private static let slots = 8_192
    private static let blockBytes = 32_768
    /// Where the first block's page numbers begin: behind headers and checkpoint state.
    private static let headerBytes = 136
    private static let notUsed: UInt32 = 0xFFFF_FFFF

    /// - Parameter file: SQLite's own handle of the database, on a connection that has read it.
    init(_ file: UnsafeMutablePointer<sqlite3_file>, path: String) {
        unsafe self.file = file
        self.path = path
    }

    /// What the index says of the log.
    struct Header: Equatable {
        var changes: UInt32
        var isBigEndian: Bool
        var pageSize: Int
        var frames: Int
        var databasePages: UInt32
        var checksum: WALChecksum
        var salts: WALSalts
    }

    /// The locks of the index, by their numbers.
    enum Lock {
        /// Held by whoever appends.
        case write
        /// Held by readers of the log, each one of four; all of them together by whoever starts the log over.
        case readers

        var range: (offset: Int32, count: Int32) {
            switch self {
            case .write: (0, 1)
            case .readers: (4, 4)
            }
        }
    }

    /// Takes a lock for this connection alone, if nobody has it; returns whether it did.
    func tryLock(_ lock: Lock) throws(LedgerError) -> Bool {
        let flags = SQLITE_SHM_LOCK | SQLITE_SHM_EXCLUSIVE
        let (offset, count) = lock.range
        let status = unsafe file.pointee.pMethods.pointee.xShmLock(file, offset, count, flags)
        if status & 0xFF == SQLITE_BUSY { return false }
        try check(status, "locked")
        return true
    }

    /// Gives a lock back.
    func unlock(_ lock: Lock) {
        let (offset, count) = lock.range
        // Fails only for a lock that is not held.
        _ = unsafe file.pointee.pMethods.pointee.xShmLock(
            file,
            offset,
            count,
            SQLITE_SHM_UNLOCK | SQLITE_SHM_EXCLUSIVE
        )
    }

    /// What the index says; call it with the write lock held.
    func header() throws(LedgerError) -> Header {
        let base = unsafe try block(0)
        let bytes = unsafe Array(UnsafeRawBufferPointer(start: base, count: 48))
        guard unsafe bytes.elementsEqual(UnsafeRawBufferPointer(start: base + 48, count: 48)), bytes[12] == 1 else {
            throw LedgerError(.corrupted, "\(path)-shm is not an index of a log; close the replica and open it anew")
        }
        let size = Int(Self.word(bytes, 12) >> 16)
        return Header(
            changes: Self.word(bytes, 8),
            isBigEndian: bytes[13] != 0,
            pageSize: size == 1 ? 65_536 : size,
            frames: Int(Self.word(bytes, 16)),
            databasePages: Self.word(bytes, 20),
            checksum: WALChecksum(isBigEndian: bytes[13] != 0, sums: (Self.word(bytes, 24), Self.word(bytes, 28))),
            salts: WALSalts(first: Self.word(bytes, 32).byteSwapped, second: Self.word(bytes, 36).byteSwapped)
        )
    }

    /// Shows readers what `header` says: the commit becomes visible.
    ///
    /// The second copy is written first, and readers read the first one first: who sees two that are equal has a whole
    /// one.
    func publish(_ header: Header) throws(LedgerError) {
        let base = unsafe try block(0)
        let (first, second) = header.checksum.sums
        let size = UInt32(header.pageSize == 65_536 ? 1 : header.pageSize)
        let words: [UInt32] = [
            3_007_000, 0, header.changes, 1 | (header.isBigEndian ? 0x100 : 0) | size << 16,
            UInt32(header.frames), header.databasePages, first, second,
            header.salts.first.byteSwapped, header.salts.second.byteSwapped,
        ]
        var bytes: [UInt8] = []
        for word in words { Self.append(word, to: &bytes) }
        var sums = WALChecksum(isBigEndian: false)
        sums.update(bytes.span)
        Self.append(sums.sums.0, to: &bytes)
        Self.append(sums.sums.1, to: &bytes)
        unsafe (base + 48).copyMemory(from: bytes, byteCount: 48)
        unsafe file.pointee.pMethods.pointee.xShmBarrier(file)
        unsafe base.copyMemory(from: bytes, byteCount: 48)
        unsafe file.pointee.pMethods.pointee.xShmBarrier(file)
    }

    /// Frames that a checkpoint has copied into the database file.
    func copiedFrames() throws(LedgerError) -> Int {
        unsafe Int(try block(0).load(fromByteOffset: 96, as: UInt32.self))
    }

    /// Notes that the log starts over; call it with both locks held, after an empty header was published.
    func forgetCopied() throws(LedgerError) {
        let base = unsafe try block(0)
        unsafe base.storeBytes(of: 0, toByteOffset: 96, as: UInt32.self)
        unsafe base.storeBytes(of: 0, toByteOffset: 128, as: UInt32.self)
        for (index, mark) in [0, Self.notUsed, Self.notUsed, Self.notUsed].enumerated() {
            unsafe base.storeBytes(of: mark, toByteOffset: 104 + index * 4, as: UInt32.self)
        }
    }

    /// The page that a frame holds.
    func page(of frame: Int) throws(LedgerError) -> UInt32 {
        let (number, entry) = Self.place(of: frame)
        return unsafe try block(number).load(
            fromByteOffset: Self.numbersOffset(number) + (entry - 1) * 4,
            as: UInt32.self
        )
    }

    /// Notes that frame `frame` holds page `page`; readers look at it only once the header counts it.
    func add(_ frame: Int, page: UInt32) throws(LedgerError) {
        let (number, entry) = Self.place(of: frame)
        let base = unsafe try block(number)
        let numbers = Self.numbersOffset(number)
        let table = Self.framesOfOther * 4
        if entry == 1 {
            unsafe (base + numbers).initializeMemory(as: UInt8.self, repeating: 0, count: Self.blockBytes - numbers)
        } else if unsafe base.load(fromByteOffset: numbers + (entry - 1) * 4, as: UInt32.self) != 0 {
            // A writer died before it could publish what it had added.
            try forgetUnpublished(from: entry, of: number)
        }
        var slot = Int(truncatingIfNeeded: page &* 383) & (Self.slots - 1)
        var collisions = 0
        while unsafe base.load(fromByteOffset: table + slot * 2, as: UInt16.self) != 0 {
            collisions += 1
            guard collisions <= entry else {
                throw LedgerError(.corrupted, "\(path)-shm is damaged; close the replica and open it anew")
            }
            slot = (slot + 1) & (Self.slots - 1)
        }
        unsafe base.storeBytes(of: page, toByteOffset: numbers + (entry - 1) * 4, as: UInt32.self)
        unsafe base.storeBytes(of: UInt16(entry), toByteOffset: table + slot * 2, as: UInt16.self)
    }

    /// Removes the entries from `entry` on out of a block.
    private func forgetUnpublished(from entry: Int, of number: Int) throws(LedgerError) {
        let base = unsafe try block(number)
        let table = Self.framesOfOther * 4
        for slot in 0..<Self.slots {
            let found = unsafe Int(base.load(fromByteOffset: table + slot * 2, as: UInt16.self))
            if found >= entry { unsafe base.storeBytes(of: 0, toByteOffset: table + slot * 2, as: UInt16.self) }
        }
        let start = Self.numbersOffset(number) + (entry - 1) * 4
        unsafe (base + start).initializeMemory(as: UInt8.self, repeating: 0, count: table - start)
    }

    /// The block that a frame is described in, and its entry there, from 1.
    private static func place(of frame: Int) -> (block: Int, entry: Int) {
        if frame <= framesOfFirst { return (0, frame) }
        let rest = frame - framesOfFirst - 1
        return (1 + rest / framesOfOther, 1 + rest % framesOfOther)
    }

    private static func numbersOffset(_ block: Int) -> Int { block == 0 ? headerBytes : 0 }

    private func block(_ number: Int) throws(LedgerError) -> UnsafeMutableRawPointer {
        var block: UnsafeMutableRawPointer?
        // SQLite keeps what it has mapped until its connections are closed; asking again is a look into a table.
        let status = unsafe withUnsafeMutablePointer(to: &block) { block in
            unsafe block.withMemoryRebound(to: UnsafeMutableRawPointer?.self, capacity: 1) { block in
                unsafe file.pointee.pMethods.pointee.xShmMap(file, Int32(number), Int32(Self.blockBytes), 1, block)
            }
        }
        try check(status, "mapped")
        guard let block = unsafe block else {
            throw LedgerError(.ioFailed, "\(path)-shm could not be mapped")
        }
        return unsafe block
    }

    private func check(_ status: Int32, _ what: String) throws(LedgerError) {
        guard status != SQLITE_OK else { return }
        let words = unsafe String(cString: sqlite3_errstr(status))
        let cause = SQLiteError(extendedCode: status, message: words, sql: "")
        throw LedgerError(.ioFailed, "\(path)-shm could not be \(what)", cause: cause)
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
        bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }

    private static func append(_ word: UInt32, to bytes: inout [UInt8]) {
        for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
    }
}
