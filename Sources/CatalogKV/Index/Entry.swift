/// One version of one key in the arena.
///
///      0  u64  location: segment (31 bits) | which byte count holds (1) | offset (32), changed by compaction
///      8  u64  sequence (50 bits) | has an expiry (1) | is a delete (1) | key byte count (12)
///     16  u32  handle of the version before this one, 0 when there is none or nobody can ask for it
///     20  u32  byte count of the frame
///     24  u32  the same, for the next location
///     28 [i64  expiry]
///         key
///
/// There are two byte counts because compaction may change the frame's length together with its place: it fills the one
/// not in use and then stores the location that names it, and so a reader never pairs one frame's place with another's
/// length.
@safe struct Entry {
    static let headerByteCount = 28
    static let sequenceMax: UInt64 = 1 << 50 - 1

    let block: Block

    @inline(__always)
    init(_ block: Block) {
        self.block = block
    }

    /// Bytes that an entry takes.
    static func byteCount(keyByteCount: Int, hasExpiry: Bool) -> Int {
        headerByteCount + keyByteCount + (hasExpiry ? 8 : 0)
    }

    /// Fills a new block, whose handle nobody has yet.
    func initialize(_ key: RawKey, _ version: ItemVersion, previous: UInt32) {
        let hasExpiry = version.expiry != ItemVersion.never
        let flags: UInt64 = (hasExpiry ? 1 << 13 : 0) | (version.isDeleted ? 1 << 12 : 0)
        block.setShared64(0, Entry.word(version.location, half: 0))
        block.setPlain(8, version.sequence << 14 | flags | UInt64(key.count))
        block.setShared32(16, previous)
        block.setShared32(20, version.location.byteCount)
        block.setShared32(24, 0)
        if hasExpiry { block.setPlain(28, version.expiry) }
        block.setKey(hasExpiry ? 36 : 28, key)
    }

    /// Fetches the line where the key ends beside the one where the entry begins: most entries lie across two, and where
    /// the key begins is known only from the first.
    @inline(__always)
    func prefetch(keyByteCount: Int) {
        block.prefetchLine(Entry.headerByteCount - 1 + keyByteCount)
    }

    @inline(__always) private var word: UInt64 { block.plain(8, as: UInt64.self) }
    @inline(__always) var sequence: UInt64 { word >> 14 }
    @inline(__always) var isDeleted: Bool { word & 1 << 12 != 0 }
    @inline(__always) private var hasExpiry: Bool { word & 1 << 13 != 0 }
    @inline(__always) var expiry: Int64 { hasExpiry ? block.plain(28, as: Int64.self) : ItemVersion.never }
    @inline(__always) var byteCount: Int {
        Entry.byteCount(keyByteCount: Int(word & 0xFFF), hasExpiry: hasExpiry)
    }

    @inline(__always) var key: RawKey {
        let word = word
        return block.key(word & 1 << 13 != 0 ? 36 : 28, Int(word & 0xFFF))
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
