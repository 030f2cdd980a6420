/// One version of one key in the arena.
///
///      0  u64  location: segment (31 bits) | which byte count holds (1) | offset (32), changed by compaction
///      8  u64  sequence (49 bits) | has a value (1) | has an expiry (1) | is a delete (1) | key byte count (12)
///     16  u32  handle of the version before this one, 0 when there is none or nobody can ask for it
///     20  u32  byte count of the frame
///     24  u32  the same, for the next location
///     28 [i64  expiry]
///        [u32  value's byte count (16 bits) | is a document (1) | was read lately (1), set by readers]
///         key
///        [value]
///
/// Small values may stand beside their keys (see `ResidentValues`): a read then waits for one place in memory and not for
/// two, and has no checksum to compare.
///
/// There are two byte counts because compaction may change the frame's length together with its place: it fills the one
/// not in use and then stores the location that names it, and so a reader never pairs one frame's place with another's
/// length.
@safe struct Entry {
    static let headerByteCount = 28
    /// As far as entries are fetched before their byte count is known: what one with a small value beside it takes.
    static let fetchByteCount = 320
    /// The highest number that an operation can have; the journal is read no further.
    static let sequenceMax: UInt64 = 1 << 49 - 1
    private static let deleteFlag: UInt64 = 1 << 12
    private static let expiryFlag: UInt64 = 1 << 13
    private static let valueFlag: UInt64 = 1 << 14
    private static let documentFlag: UInt32 = 1 << 16
    private static let readFlag: UInt32 = 1 << 17

    let block: Block

    @inline(__always)
    init(_ block: Block) {
        self.block = block
    }

    /// Bytes that an entry takes.
    static func byteCount(keyByteCount: Int, hasExpiry: Bool, valueByteCount: Int?) -> Int {
        headerByteCount + keyByteCount + (hasExpiry ? 8 : 0) + (valueByteCount.map { 4 + $0 } ?? 0)
    }

    /// Fills a new block, whose handle nobody has yet.
    func initialize(_ key: RawKey, _ version: ItemVersion, previous: UInt32, value: RawValue?) {
        let hasExpiry = version.expiry != ItemVersion.never
        let flags: UInt64 =
            (value == nil ? 0 : Entry.valueFlag) | (hasExpiry ? Entry.expiryFlag : 0)
            | (version.isDeleted ? Entry.deleteFlag : 0)
        block.setShared64(0, Entry.word(version.location, half: 0))
        block.setPlain(8, version.sequence << 15 | flags | UInt64(key.count))
        block.setShared32(16, previous)
        block.setShared32(20, version.location.byteCount)
        block.setShared32(24, 0)
        var offset = Entry.headerByteCount
        if hasExpiry {
            block.setPlain(offset, version.expiry)
            offset += 8
        }
        guard let value else { return block.setKey(offset, key) }
        block.setShared32(offset, UInt32(value.bytes.count) | (value.isDocument ? Entry.documentFlag : 0))
        block.setKey(offset + 4, key)
        block.setKey(offset + 4 + key.count, value.bytes)
    }

    /// Fetches the lines behind the first where the key, and a value beside it, are likely to lie: how far the entry
    /// reaches is known only from the first, and waiting for one line after the other costs more than fetching some in
    /// vain.
    @inline(__always)
    func prefetchRest() {
        block.prefetch(Entry.fetchByteCount, from: 64)
    }

    @inline(__always) private var word: UInt64 { block.plain(8, as: UInt64.self) }
    @inline(__always) var sequence: UInt64 { word >> 15 }
    @inline(__always) var isDeleted: Bool { word & Entry.deleteFlag != 0 }
    @inline(__always) var hasExpiry: Bool { word & Entry.expiryFlag != 0 }
    @inline(__always) var expiry: Int64 { hasExpiry ? block.plain(28, as: Int64.self) : ItemVersion.never }
    @inline(__always) var byteCount: Int {
        Entry.byteCount(keyByteCount: Int(word & 0xFFF), hasExpiry: hasExpiry, valueByteCount: value?.bytes.count)
    }

    @inline(__always) var key: RawKey {
        let word = word
        return block.key(Entry.keyOffset(word), Int(word & 0xFFF))
    }

    /// Without branches: which of the optional fields there are is decided here on every comparison of keys.
    @inline(__always)
    private static func keyOffset(_ word: UInt64) -> Int {
        headerByteCount + Int(truncatingIfNeeded: (word & expiryFlag) >> 10 | (word & valueFlag) >> 12)
    }

    /// Whether the value stands beside the key.
    @inline(__always) var hasValue: Bool { word & Entry.valueFlag != 0 }

    /// The value, where it stands beside the key.
    @inline(__always) var value: RawValue? {
        let word = word
        guard word & Entry.valueFlag != 0 else { return nil }
        let start = Entry.keyOffset(word)
        let facts = block.shared32(start - 4)
        return RawValue(
            bytes: block.key(start + Int(word & 0xFFF), Int(facts & 0xFFFF)),
            isDocument: facts & Entry.documentFlag != 0
        )
    }

    /// Has the lines fetched where a value beside the key is likely to end.
    @inline(__always)
    func prefetchValue() {
        block.prefetch(Entry.fetchByteCount, from: 128)
    }

    /// Notes that the value is read, for the clock that looks for those that are not.
    @inline(__always)
    func noteRead() {
        let start = Entry.keyOffset(word) - 4
        let facts = block.shared32(start)
        // Stored once in a turn of the clock, so that readers do not take the line from each other.
        if facts & Entry.readFlag == 0 { block.setShared32(start, facts | Entry.readFlag) }
    }

    /// Whether the value, which must stand here, was read since this was last asked.
    func takeRead() -> Bool {
        let start = Entry.keyOffset(word) - 4
        let facts = block.shared32(start)
        block.setShared32(start, facts & ~Entry.readFlag)
        return facts & Entry.readFlag != 0
    }

    @inline(__always) var previous: UInt32 { block.shared32(16) }

    /// Lets go of the older versions.
    func cut() {
        block.setShared32(16, 0)
    }

    @inline(__always) var location: Location {
        while true {
            let word = block.shared64(0)
            let count = block.shared32(20 + 4 * Int(word >> 32 & 1))
            // A location never comes back, so the same one twice means that the count between them was its own.
            if block.shared64(0) == word {
                return Location(
                    segment: UInt32(truncatingIfNeeded: word >> 33),
                    offset: UInt32(truncatingIfNeeded: word),
                    byteCount: count
                )
            }
        }
    }

    /// Names another place with the same contents.
    func move(to location: Location) {
        let half = (block.shared64(0) >> 32 & 1) ^ 1
        block.setShared32(20 + 4 * Int(half), location.byteCount)
        block.setShared64(0, Entry.word(location, half: half))
    }

    @inline(__always) var version: ItemVersion {
        ItemVersion(sequence: sequence, expiry: expiry, location: location, isDeleted: isDeleted)
    }

    private static func word(_ location: Location, half: UInt64) -> UInt64 {
        UInt64(location.segment) << 33 | half << 32 | UInt64(location.offset)
    }
}
