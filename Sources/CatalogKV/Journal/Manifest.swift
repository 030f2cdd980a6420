internal import VitrineIO

/// The place of a record in the journal, and the number that its first operation has.
package struct JournalPlace: Hashable, Sendable {
    package var segment: UInt32
    package var offset: UInt32
    package var sequence: UInt64
}

/// Which index checkpoint is in force, and where the journal goes on from it.
package struct CheckpointMark: Hashable, Sendable {
    /// The number in its file's name.
    package var number: UInt64
    /// Everything before this place is in the checkpoint.
    package var place: JournalPlace
}

/// Which files make up the store: the file `manifest`, replaced whole.
///
/// Numbers are little-endian.
///
///      0   8 bytes  "VitrKVM" and a line feed
///      8   u32      format version, 2
///     12   u32      number that the next segment gets; no number is used twice
///     16   u64      store id, random
///     24   u64      number of the checkpoint, 0 for none
///     32   u32      segment and
///     36   u32      offset and
///     40   u64      sequence number at which the journal goes on from the checkpoint
///     48   u32      how many segments there are
///     52   u32 each their numbers, in the order in which they are written; the last may not have been begun
///          u32      CRC-32C of all before
///
/// A segment is listed before it is used and taken off the list before its file is removed: a listed file that is
/// missing was lost, and one that is not listed is left over.
package struct Manifest: Equatable, Sendable {
    package static let fileName = "manifest"
    package static let byteCountMax = 1 << 27
    private static let magic: [UInt8] = Array("VitrKVM\n".utf8)

    package var storeID: UInt64
    package var nextNumber: UInt32 = 1
    package var segments: [UInt32] = []
    package var checkpoint: CheckpointMark?

    package init(storeID: UInt64) {
        self.storeID = storeID
    }

    /// The file's contents.
    package func encoded() -> [UInt8] {
        var bytes = Manifest.magic
        bytes.appendLittleEndian(SegmentHeader.formatVersion)
        bytes.appendLittleEndian(nextNumber)
        bytes.appendLittleEndian(storeID)
        bytes.appendLittleEndian(checkpoint?.number ?? 0)
        bytes.appendLittleEndian(checkpoint?.place.segment ?? 0)
        bytes.appendLittleEndian(checkpoint?.place.offset ?? 0)
        bytes.appendLittleEndian(checkpoint?.place.sequence ?? 0)
        bytes.appendLittleEndian(UInt32(segments.count))
        for number in segments { bytes.appendLittleEndian(number) }
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return bytes
    }

    /// Reads the contents of the manifest at `path`.
    ///
    /// - Throws: `CatalogError` with `isCorrupt` or `unsupportedFormat`.
    package init(_ bytes: Span<UInt8>, path: String) throws {
        guard bytes.count >= 56, Manifest.magic.indices.allSatisfy({ bytes[$0] == Manifest.magic[$0] }) else {
            throw CatalogError.corrupt(path, at: 0, "this is no manifest of a catalog")
        }
        let end = bytes.count - 4
        guard CRC32C.checksum(of: bytes.extracting(0..<end)) == bytes.littleEndian(at: end) else {
            throw CatalogError.corrupt(path, at: 0, "the manifest does not match its checksum")
        }
        let version: UInt32 = bytes.littleEndian(at: 8)
        guard version == SegmentHeader.formatVersion else {
            throw CatalogError.unsupportedJournal(path, version: version)
        }
        nextNumber = bytes.littleEndian(at: 12)
        storeID = bytes.littleEndian(at: 16)
        let checkpointNumber: UInt64 = bytes.littleEndian(at: 24)
        let place = JournalPlace(
            segment: bytes.littleEndian(at: 32),
            offset: bytes.littleEndian(at: 36),
            sequence: bytes.littleEndian(at: 40)
        )
        checkpoint = checkpointNumber == 0 ? nil : CheckpointMark(number: checkpointNumber, place: place)
        guard checkpointNumber == 0 || (1...Entry.sequenceMax).contains(place.sequence), checkpointNumber < .max else {
            throw CatalogError.corrupt(path, at: 24, "the manifest names an impossible checkpoint")
        }
        let count = Int(bytes.littleEndian(at: 48) as UInt32)
        guard end == 52 + 4 * count else {
            throw CatalogError.corrupt(path, at: 48, "the manifest has room for other than its \(count) segments")
        }
        segments = (0..<count).map { bytes.littleEndian(at: 52 + 4 * $0) }
        let isAscending = zip(segments, segments.dropFirst()).allSatisfy { $0 < $1 }
        guard isAscending, segments.first ?? 1 > 0, segments.last ?? 0 < nextNumber else {
            throw CatalogError.corrupt(path, at: 52, "the segments' numbers are not in order")
        }
    }
}
