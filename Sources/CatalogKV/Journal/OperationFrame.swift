internal import VitrineIO

/// One operation as it stands in the journal, read in place.
///
/// Numbers are little-endian but where it says otherwise.
///
///      0   u32   CRC-32C of the rest of the frame
///      4   u8    kind: 1 put, 2 delete, 3 delete of an expired item
///      5   u8    flags: 1 expiry, 2 old image, 4 sequence, 8 the value is a document, 16 the old image is a document
///      6   u16   byte count of the sort key
///      8   u32   byte count of the value; 0 unless it is a put
///     12   u64   with flag 4: the operation's sequence number, 1 to 2⁴⁹ − 1, for it was moved here from an older segment
///          i64   with flag 1: expiry in milliseconds since the Unix epoch
///          u32   with flag 2: byte count of the old image
///          u16   table number, big-endian
///          u16   byte count of the partition key, big-endian
///                partition key, sort key, value, old image
///
/// The table, the partition's byte count and the two keys together are the bytes of the `StoredKey`: the index takes
/// and compares them as they stand.
package struct OperationFrame: ~Escapable {
    /// What an operation does.
    package enum Kind: UInt8, Sendable {
        case put = 1
        case delete = 2
        /// A delete because the item's time had come.
        case expire = 3
    }

    /// What a frame has beyond the least.
    package struct Flags: OptionSet, Sendable {
        package let rawValue: UInt8

        package init(rawValue: UInt8) {
            self.rawValue = rawValue
        }

        package static let expiry = Flags(rawValue: 1)
        package static let oldImage = Flags(rawValue: 2)
        package static let sequence = Flags(rawValue: 4)
        package static let document = Flags(rawValue: 8)
        package static let oldDocument = Flags(rawValue: 16)
        package static let known = Flags(rawValue: 31)
    }

    /// The part that every frame begins with.
    package static let fixedByteCount = 12

    private let bytes: Span<UInt8>
    package let kind: Kind
    package let flags: Flags
    /// When the item goes, `ItemVersion.never` for one that stays.
    package let expiry: Int64
    /// The operation's number when it was moved here; else its place in the record tells.
    package let sequence: UInt64?
    private let keyStart: Int
    private let sortStart: Int
    private let valueStart: Int
    private let oldStart: Int
    /// Bytes of the whole frame.
    package let byteCount: Int

    /// Reads the frame that `bytes` begin with; `nil` when there is none within them that keeps the format's limits.
    ///
    /// The checksum is not compared: see `isIntact`.
    @_lifetime(copy bytes)
    package init?(_ bytes: Span<UInt8>) {
        guard bytes.count >= OperationFrame.fixedByteCount + 4 else { return nil }
        let kindAndFlags: UInt16 = bytes.littleEndian(at: 4)
        let flags = Flags(rawValue: UInt8(kindAndFlags >> 8))
        guard let kind = Kind(rawValue: UInt8(truncatingIfNeeded: kindAndFlags)), flags.isSubset(of: .known) else {
            return nil
        }
        let sortCount = Int(bytes.littleEndian(at: 6) as UInt16)
        let valueCount = Int(bytes.littleEndian(at: 8) as UInt32)
        var cursor = OperationFrame.fixedByteCount
        var sequence: UInt64?
        var expiry = ItemVersion.never
        var oldCount = 0
        if !flags.isDisjoint(with: [.sequence, .expiry, .oldImage]) {
            // With all three there are 20 bytes, and four of the key follow.
            let optional =
                (flags.contains(.sequence) ? 8 : 0) + (flags.contains(.expiry) ? 8 : 0)
                + (flags.contains(.oldImage) ? 4 : 0)
            guard bytes.count >= cursor + optional + 4 else { return nil }
            if flags.contains(.sequence) {
                let number: UInt64 = bytes.littleEndian(at: cursor)
                guard (1...Entry.sequenceMax).contains(number) else { return nil }
                sequence = number
                cursor += 8
            }
            if flags.contains(.expiry) {
                expiry = Int64(bitPattern: bytes.littleEndian(at: cursor))
                cursor += 8
            }
            if flags.contains(.oldImage) {
                oldCount = Int(bytes.littleEndian(at: cursor) as UInt32)
                cursor += 4
            }
        }
        let partitionCount = Int(UInt16(bytes[cursor + 2]) << 8 | UInt16(bytes[cursor + 3]))
        let end = cursor + 4 + partitionCount + sortCount + valueCount + oldCount
        guard end <= bytes.count, partitionCount <= Key.partitionByteCountMax, partitionCount > 0,
            sortCount <= Key.sortByteCountMax, kind == .put || valueCount == 0
        else { return nil }
        self.bytes = bytes
        self.kind = kind
        self.flags = flags
        self.sequence = sequence
        self.expiry = expiry
        keyStart = cursor
        sortStart = cursor + 4 + partitionCount
        valueStart = sortStart + sortCount
        oldStart = valueStart + valueCount
        byteCount = end
    }

    /// Whether the frame is as it was written.
    package func isIntact() -> Bool {
        CRC32C.checksum(of: bytes.extracting(4..<byteCount)) == bytes.littleEndian(at: 0)
    }

    /// Whether the value is a document rather than plain bytes.
    package var isDocument: Bool { flags.contains(.document) }
    /// Whether the old image is a document.
    package var oldIsDocument: Bool { flags.contains(.oldDocument) }
    /// Which table the item belongs to.
    package var table: TableNumber { TableNumber(rawValue: UInt16(bytes[keyStart]) << 8 | UInt16(bytes[keyStart + 1])) }

    /// The bytes of the item's `StoredKey`.
    package var key: Span<UInt8> {
        @_lifetime(copy self) get { bytes.extracting(keyStart..<valueStart) }
    }
    /// The partition key.
    package var partition: Span<UInt8> {
        @_lifetime(copy self) get { bytes.extracting(keyStart + 4..<sortStart) }
    }
    /// The sort key.
    package var sort: Span<UInt8> {
        @_lifetime(copy self) get { bytes.extracting(sortStart..<valueStart) }
    }
    /// The value; empty for deletes.
    package var value: Span<UInt8> {
        @_lifetime(copy self) get { bytes.extracting(valueStart..<oldStart) }
    }
    /// What the item was before, when it was asked to be kept and there was something.
    package var oldImage: Span<UInt8>? {
        @_lifetime(copy self) get { flags.contains(.oldImage) ? bytes.extracting(oldStart..<byteCount) : nil }
    }
    /// The whole frame.
    package var frameBytes: Span<UInt8> {
        @_lifetime(copy self) get { bytes.extracting(0..<byteCount) }
    }
}
