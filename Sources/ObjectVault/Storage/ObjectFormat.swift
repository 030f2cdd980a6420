// An object's file, version 1. All numbers are little-endian. Docs/formats/objectvault.md says the same at length.
//
//   offset              bytes  what
//   0                   64     header
//                         0    8   "VTRNOBJ\n"
//                         8    4   version: 1
//                        12    4   bytes in a frame: a power of two from 4,096 to 16,777,216; 65,536 is written
//                        16    8   size: bytes in the object, at most 2^48
//                        24   32   SHA-256 of the object's bytes: its id
//                        56    4   flags: 0
//                        60    4   CRC-32C of the 60 bytes before
//   64                  size   the object's bytes, as they are
//   64 + size           4 n    frame table: for each of the n = ceil(size / frame) frames the CRC-32C of its number
//                              (8 bytes, from 0) followed by its bytes; the last frame may be short
//   64 + size + 4 n     16     footer
//                         0    4   CRC-32C of the frame table
//                         4    4   the header's CRC-32C again
//                         8    8   "VTRNEND\n"
//
// Magic, version and the header's checksum stay where they are in every version to come, so that a damaged file and
// one that is too new can be told apart.

internal import VitrineIO

/// The constants of an object's file.
enum ObjectFormat {
    static let magic = Array("VTRNOBJ\n".utf8)
    static let endMagic = Array("VTRNEND\n".utf8)
    static let version: UInt32 = 1
    static let headerBytes = 64
    static let footerBytes = 16
    static let frameBytes = 65_536
    static let frameBytesAllowed = 4_096...16_777_216
    static let tableEntryBytes = 4
    /// With it no sum of offsets comes near the range of `Int64`.
    static let sizeMax: Int64 = 1 << 48

    /// A frame's checksum as far as its number goes; its bytes are still to be taken in.
    static func frameChecksum(startingFrame index: Int64) -> CRC32C {
        var number: [UInt8] = []
        number.appendLittleEndian(index)
        return CRC32C(CRC32C.checksum(of: number.span))
    }
}

/// Where the parts of an object's file are, which follows from the object's size.
struct ObjectLayout: Sendable, Equatable {
    let size: Int64
    let frameBytes: Int

    var frameCount: Int64 { (size + Int64(frameBytes) - 1) / Int64(frameBytes) }
    var tableOffset: Int64 { Int64(ObjectFormat.headerBytes) + size }
    var tableBytes: Int64 { frameCount * Int64(ObjectFormat.tableEntryBytes) }
    var footerOffset: Int64 { tableOffset + tableBytes }
    var fileBytes: Int64 { footerOffset + Int64(ObjectFormat.footerBytes) }

    /// The frames that hold the bytes of `range`, which lies within the object.
    func frames(covering range: Range<Int64>) -> Range<Int64> {
        guard !range.isEmpty else { return 0..<0 }
        let frame = Int64(frameBytes)
        return range.lowerBound / frame..<(range.upperBound - 1) / frame + 1
    }

    /// The object's bytes that `frames` hold.
    func bytes(in frames: Range<Int64>) -> Range<Int64> {
        let frame = Int64(frameBytes)
        return min(frames.lowerBound * frame, size)..<min(frames.upperBound * frame, size)
    }

    /// Where in the file the object's byte `position` is.
    func fileOffset(of position: Int64) -> Int64 { Int64(ObjectFormat.headerBytes) + position }
}

/// The first 64 bytes of an object's file.
struct ObjectHeader: Equatable {
    let id: ObjectID
    let layout: ObjectLayout

    /// The header's bytes, checksum included.
    func encoded() -> [UInt8] {
        var bytes = ObjectFormat.magic
        bytes.appendLittleEndian(ObjectFormat.version)
        bytes.appendLittleEndian(UInt32(layout.frameBytes))
        bytes.appendLittleEndian(UInt64(layout.size))
        bytes += id.bytes
        bytes.appendLittleEndian(UInt32(0))
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return bytes
    }

    /// Reads and checks a header.
    ///
    /// - Throws: `ObjectFault`, `.damage` or `.unsupported`.
    init(decoding bytes: Span<UInt8>) throws(ObjectFault) {
        guard bytes.count >= ObjectFormat.headerBytes else {
            throw .damage(offset: Int64(bytes.count), "the file ends within its header")
        }
        let checksumOffset = ObjectFormat.headerBytes - 4
        var reader = ByteReader(bytes)
        guard reader.readBytes(ObjectFormat.magic.count) == ObjectFormat.magic else {
            throw .damage(offset: 0, "the file does not begin as an object's does")
        }
        guard let version = reader.readUInt32(), let frameBytes = reader.readUInt32().map(Int.init),
            let size = reader.readUInt64(),
            let id = reader.readBytes(ObjectID.byteCount).flatMap(ObjectID.init(bytes:)),
            let flags = reader.readUInt32(), let checksum = reader.readUInt32()
        else {
            throw .damage(offset: Int64(reader.position), "the file ends within its header")
        }
        guard checksum == CRC32C.checksum(of: bytes.extracting(0..<checksumOffset)) else {
            throw .damage(offset: Int64(checksumOffset), "the header does not match its checksum")
        }
        guard version == ObjectFormat.version, flags == 0 else { throw .unsupported(version: version, flags: flags) }
        guard ObjectFormat.frameBytesAllowed.contains(frameBytes), frameBytes.nonzeroBitCount == 1 else {
            throw .damage(offset: 12, "frames of \(frameBytes) bytes are not possible")
        }
        guard size <= UInt64(ObjectFormat.sizeMax) else {
            throw .damage(offset: 16, "a size of \(size) bytes is not possible")
        }
        self.init(id: id, layout: ObjectLayout(size: Int64(size), frameBytes: frameBytes))
    }

    init(id: ObjectID, layout: ObjectLayout) {
        self.id = id
        self.layout = layout
    }
}

/// The last 16 bytes of an object's file.
enum ObjectFooter {
    /// The footer of a file with this frame table and this header.
    static func encoded(tableChecksum: UInt32, header: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(tableChecksum)
        bytes += header.suffix(4)
        bytes += ObjectFormat.endMagic
        return bytes
    }
}

/// What is wrong with an object's file.
enum ObjectFault: Error {
    /// The byte at `offset` of the file, or one of those that are checked together with it, is not what was written.
    case damage(offset: Int64, String)
    /// The file is of a later format.
    case unsupported(version: UInt32, flags: UInt32)
    /// The disk refused an operation.
    case io(IOError)
}
