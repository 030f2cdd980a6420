internal import VitrineIO

/// What stands at the front of a checkpoint: a file of everything that the index knew at one moment, which spares
/// opening the replay of the journal up to there. Its format, version 1, all numbers little-endian:
///
/// Header, 104 bytes, written last:
///
///      0   8 bytes  "VitrKVC" and a line feed
///      8   u32      format version, 1
///     12   u32      partitions of the index that wrote it, a power of two up to 65,536
///     16   u64      store id
///     24   u64      the checkpoint's number
///     32   u32      segment and
///     36   u32      offset and
///     40   u64      sequence at which the journal goes on
///     48   u64      highest sequence that may be in it: it shows a moment at or after that place
///     56   u64      entries
///     64   u64      entries that expire
///     72   u64      hash of a fixed key: shows whether partitions are still told apart in the same way
///     80   u64      where the directory begins, which ends the file
///     88   u32      blocks
///     92   u32      0
///     96   u32      CRC-32C of the directory
///    100   u32      CRC-32C of all before
///
/// Blocks, one after the other, at most 1 MiB each:
///
///      0   u32      CRC-32C of the rest of the block, carried on from that of the header's bytes 16 to 31
///      4   u32      bytes of the block, this header included
///      8   u32      the block's place among the blocks, from 0
///     12   u32      entries
///     16            runs
///
/// A run is part of a partition, or all of it: u32 partition, u32 entries, then the entries in the order of their keys,
/// which are those whose hash leads to the partition.
/// A partition that is larger than a block goes on in the next one. An entry, with variable-length numbers (LEB128):
///
///     varint  bytes that the key has in common with the one before it in the run
///     varint  bytes of the key after those
///     bytes   of the key after those
///     varint  sequence, doubled; plus one when it expires
///     varint  segment
///     u32     offset
///     varint  bytes of the frame
///     varint  expiry, only when it expires
///
/// The directory has 16 bytes per block: u64 offset, u32 bytes, u32 1 when its first run goes on with the last
/// partition of the block before, else 0. Blocks between which nothing goes on can be loaded side by side.
///
/// Deletes are not in it: what is not in it is not there. A delete that stands behind the checkpoint's place in the
/// journal has to stay there until a newer checkpoint is in force, or its key would come back. An entry's location may be that of a frame which compaction
/// was moving; the journal behind the checkpoint then names the new place.
package struct CheckpointHeader: Equatable, Sendable {
    static let byteCount = 104
    static let version: UInt32 = 1
    static let magic: [UInt8] = Array("VitrKVC\n".utf8)

    /// The store's id.
    package var storeID: UInt64
    /// The number in the file's name.
    package var number: UInt64
    /// The segment of the journal that goes on from here.
    package var segment: UInt32
    /// Where in the segment it does.
    package var offset: UInt32
    /// The first sequence that the checkpoint need not have.
    package var sequence: UInt64
    /// The highest sequence that may be in it.
    package var snapshotSequence: UInt64
    /// Partitions of the index that wrote it.
    package var partitionCount = 0
    /// Keys in it.
    package var entryCount = 0
    /// Keys in it that expire.
    package var expiringCount = 0
    var directoryOffset: UInt64 = 0
    var blockCount: UInt32 = 0
    var directoryChecksum: UInt32 = 0

    /// A checkpoint of everything before a place in the journal.
    package init(
        storeID: UInt64,
        number: UInt64,
        segment: UInt32,
        offset: UInt32,
        sequence: UInt64,
        snapshotSequence: UInt64
    ) {
        self.snapshotSequence = snapshotSequence
        self.storeID = storeID
        self.number = number
        self.segment = segment
        self.offset = offset
        self.sequence = sequence
    }

    init(storeID: UInt64, number: UInt64, place: JournalPlace, snapshotSequence: UInt64) {
        self.init(
            storeID: storeID,
            number: number,
            segment: place.segment,
            offset: place.offset,
            sequence: place.sequence,
            snapshotSequence: snapshotSequence
        )
    }

    var place: JournalPlace { JournalPlace(segment: segment, offset: offset, sequence: sequence) }

    /// The name of a checkpoint's file in the store's directory.
    package static func fileName(_ number: UInt64) -> String {
        let digits = String(number)
        return "checkpoint-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// The number in a file's name, or `nil` when it is no checkpoint's.
    static func number(ofFile name: String) -> UInt64? {
        guard name.hasPrefix("checkpoint-"), let number = UInt64(name.dropFirst(11)), number > 0 else { return nil }
        return fileName(number) == name ? number : nil
    }

    /// What the checksums of the blocks carry on from: a block of another checkpoint does not pass for one of this.
    var blockSeed: UInt32 {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(storeID)
        bytes.appendLittleEndian(number)
        return CRC32C.checksum(of: bytes.span)
    }

    /// The hash of a key that never changes.
    package static var partitionProof: UInt64 {
        let key: [UInt8] = [0, 16, 0, 11] + Array("vitrine-key".utf8)
        return withRawKey(key.span) { $0.partitionHash }
    }

    func encoded() -> [UInt8] {
        var bytes = CheckpointHeader.magic
        bytes.appendLittleEndian(CheckpointHeader.version)
        bytes.appendLittleEndian(UInt32(partitionCount))
        bytes.appendLittleEndian(storeID)
        bytes.appendLittleEndian(number)
        bytes.appendLittleEndian(segment)
        bytes.appendLittleEndian(offset)
        bytes.appendLittleEndian(sequence)
        bytes.appendLittleEndian(snapshotSequence)
        bytes.appendLittleEndian(UInt64(entryCount))
        bytes.appendLittleEndian(UInt64(expiringCount))
        bytes.appendLittleEndian(CheckpointHeader.partitionProof)
        bytes.appendLittleEndian(directoryOffset)
        bytes.appendLittleEndian(blockCount)
        bytes.appendLittleEndian(0 as UInt32)
        bytes.appendLittleEndian(directoryChecksum)
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return bytes
    }

    /// Reads a header of the file at `path`.
    init(_ bytes: [UInt8], path: String) throws(CheckpointFinding) {
        var reader = ByteReader(bytes.span)
        guard bytes.count == CheckpointHeader.byteCount, bytes.starts(with: CheckpointHeader.magic),
            reader.skip(8) != nil, let version = reader.readUInt32()
        else { throw CheckpointFinding(.damaged, path, at: 0, "this is no checkpoint") }
        guard version == CheckpointHeader.version else {
            throw CheckpointFinding(.unsupported, path, at: 8, "the format's version is \(version), not 1")
        }
        let end = CheckpointHeader.byteCount - 4
        var tail = ByteReader(bytes.span.extracting(end..<bytes.count))
        guard tail.readUInt32() == CRC32C.checksum(of: bytes.span.extracting(0..<end)),
            let partitions = reader.readUInt32(),
            let store = reader.readUInt64(), let number = reader.readUInt64(),
            let segment = reader.readUInt32(), let offset = reader.readUInt32(), let sequence = reader.readUInt64(),
            let last = reader.readUInt64(), let entries = reader.readUInt64(), let expiring = reader.readUInt64(),
            let proof = reader.readUInt64(),
            let directory = reader.readUInt64(), let blocks = reader.readUInt32(), reader.skip(4) != nil,
            let checksum = reader.readUInt32(), entries <= 1 << 40, directory <= 1 << 60
        else { throw CheckpointFinding(.damaged, path, at: 0, "the header does not match its checksum") }
        guard partitions.nonzeroBitCount == 1, partitions <= 65_536, last <= Entry.sequenceMax, sequence <= last + 1
        else { throw CheckpointFinding(.damaged, path, at: 12, "no index has such numbers") }
        guard proof == CheckpointHeader.partitionProof else {
            throw CheckpointFinding(.unsupported, path, at: 72, "partitions were told apart in another way")
        }
        self.init(
            storeID: store,
            number: number,
            segment: segment,
            offset: offset,
            sequence: sequence,
            snapshotSequence: last
        )
        partitionCount = Int(partitions)
        entryCount = Int(entries)
        expiringCount = Int(clamping: expiring)
        directoryOffset = directory
        blockCount = blocks
        directoryChecksum = checksum
    }
}

/// Why a checkpoint cannot be used.
///
/// The journal holds everything that a checkpoint does, so that opening goes on without it, only longer.
package struct CheckpointFinding: Error, Equatable, Sendable, CustomStringConvertible {
    /// What kind of finding it is.
    package enum Kind: Sendable {
        /// There is no such file.
        case missing
        /// The disk refused to give it.
        case unreadable
        /// Bytes do not match their checksum or the format.
        case damaged
        /// It belongs to another store, or is another than the one asked for.
        case foreign
        /// Another version of the module wrote it.
        case unsupported
    }

    /// What kind of finding it is.
    package var kind: Kind
    /// The file.
    package var path: String
    /// Where in the file.
    package var offset: Int64
    /// What was found.
    package var message: String

    init(_ kind: Kind, _ path: String, at offset: Int64, _ message: String) {
        self.kind = kind
        self.path = path
        self.offset = offset
        self.message = message
    }

    /// All of it in one line.
    package var description: String { "\(path) at offset \(offset): \(message)" }
}

/// One block, in the directory.
struct CheckpointBlockPlace {
    static let byteCount = 16

    var offset: UInt64
    var byteCount: UInt32
    /// Whether its first run goes on with the partition that the block before ended in.
    var isContinued: Bool
}
