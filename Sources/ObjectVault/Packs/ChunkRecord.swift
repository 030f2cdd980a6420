// A chunk's record in a pack, format 1. All numbers are little-endian.
//
//   0   4  "VCHK"
//   4   1  version: 1
//   5   1  codec: 0 as it is, 1 zlib (RFC 1950), 2 zstd (RFC 8878; builds with the trait Zstd)
//   6   1  stride of the delta filter before compression; 0 for none
//   7   1  cipher: 0 none, 1 AES-256-GCM
//   8   4  bytes of the chunk
//   12  4  bytes of the payload: the chunk after filter and codec, before the cipher
//   16  32 SHA-256 of the chunk
//   48  8  number of the data key; 0 without cipher
//   56  16 salt from which, with the data key, the record's own key is made; zeros without cipher
//   72  4  0
//   76  4  CRC-32C of bytes 0 to 75
//   80  .. frames: 65,536 bytes of the payload each, the last one what is left. Each is a CRC-32C (4 bytes) followed by
//          its bytes, with cipher encrypted and followed by the tag (16 bytes). The checksum goes over the frame's
//          number as 8 bytes, the first 8 bytes of the digest, and what stands in the frame.

internal import VitrineIO

/// How a chunk stands in its pack.
struct ChunkEncoding: Hashable, Sendable {
    /// How the payload is compressed.
    var codec = Codec.raw
    /// Distance of the delta filter; 0 for none.
    var stride: UInt8 = 0
    /// Whether the frames are encrypted.
    var isSealed = false

    /// As the metadata keep it.
    var code: Int64 { Int64(codec.rawValue) | Int64(stride) << 8 | (isSealed ? 1 << 16 : 0) }

    init(codec: Codec = .raw, stride: UInt8 = 0, isSealed: Bool = false) {
        self.codec = codec
        self.stride = stride
        self.isSealed = isSealed
    }

    /// `nil` for a code that this release did not write.
    init?(code: Int64) {
        guard code >> 17 == 0, let codec = Codec(rawValue: UInt8(truncatingIfNeeded: code)) else { return nil }
        self.init(codec: codec, stride: UInt8(truncatingIfNeeded: code >> 8), isSealed: code >> 16 & 1 == 1)
    }
}

/// Why a record does not give the chunk.
enum ChunkFault: Error {
    /// The bytes at `offset` of the record are not what was written.
    case damaged(offset: Int, String)
    /// A later release wrote it.
    case unsupported(String)
    /// Its data key is not to be had.
    case keyMissing(Int64, cause: (any Error)?)
}

/// The head of a record.
struct ChunkHeader: Sendable {
    static let byteCount = 80
    static let frameBytes = 1 << 16
    static let tagBytes = 16
    private static let magic = Array("VCHK".utf8)

    var encoding: ChunkEncoding
    var rawBytes: Int
    var payloadBytes: Int
    var digest: ObjectID
    var key: Int64
    var salt: [UInt8]

    var frameCount: Int { (payloadBytes + Self.frameBytes - 1) / Self.frameBytes }
    /// Bytes that a frame takes beside its payload.
    var frameOverhead: Int { encoding.isSealed ? 4 + Self.tagBytes : 4 }
    /// Bytes of the whole record.
    var recordBytes: Int { Self.byteCount + payloadBytes + frameCount * frameOverhead }

    /// Where frame `index` stands in the record, its checksum included.
    func place(ofFrame index: Int) -> Range<Int> {
        let start = Self.byteCount + index * (Self.frameBytes + frameOverhead)
        let payload = min(Self.frameBytes, payloadBytes - index * Self.frameBytes)
        return start..<start + payload + frameOverhead
    }

    /// The header's bytes.
    func encoded() -> [UInt8] {
        var bytes = Self.magic
        bytes.reserveCapacity(Self.byteCount)
        bytes += [1, encoding.codec.rawValue, encoding.stride, encoding.isSealed ? 1 : 0]
        bytes.appendLittleEndian(UInt32(rawBytes))
        bytes.appendLittleEndian(UInt32(payloadBytes))
        bytes += digest.bytes
        bytes.appendLittleEndian(key)
        bytes += salt
        bytes += [0, 0, 0, 0]
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return bytes
    }

    init(
        encoding: ChunkEncoding,
        rawBytes: Int,
        payloadBytes: Int,
        digest: ObjectID,
        key: Int64 = 0,
        salt: [UInt8] = [UInt8](repeating: 0, count: 16)
    ) {
        self.encoding = encoding
        self.rawBytes = rawBytes
        self.payloadBytes = payloadBytes
        self.digest = digest
        self.key = key
        self.salt = salt
    }

    /// Reads a header off the front of `record`.
    init(decoding record: Span<UInt8>) throws(ChunkFault) {
        var reader = ByteReader(record)
        guard reader.readBytes(4) == Self.magic, let version = reader.readUInt8(), let codec = reader.readUInt8(),
            let stride = reader.readUInt8(), let cipher = reader.readUInt8(), let rawBytes = reader.readUInt32(),
            let payloadBytes = reader.readUInt32(), let digest = reader.readBytes(32).flatMap(ObjectID.init(bytes:)),
            let key = reader.readInt64(), let salt = reader.readBytes(16), reader.readUInt32() != nil,
            let checksum = reader.readUInt32(), checksum == CRC32C.checksum(of: record.extracting(0..<76))
        else { throw .damaged(offset: 0, "the chunk's header is not what was written") }
        guard version == 1, cipher <= 1, let codec = Codec(rawValue: codec) else {
            throw .unsupported("version \(version), codec \(codec), cipher \(cipher)")
        }
        guard codec.isAvailable else { throw .unsupported("zstd, without the package's trait Zstd") }
        guard rawBytes <= Self.rawBytesMax, payloadBytes <= Self.rawBytesMax else {
            throw .damaged(offset: 8, "\(rawBytes) and \(payloadBytes) bytes are more than a chunk can have")
        }
        self.init(
            encoding: ChunkEncoding(codec: codec, stride: stride, isSealed: cipher == 1),
            rawBytes: Int(rawBytes),
            payloadBytes: Int(payloadBytes),
            digest: digest,
            key: key,
            salt: salt
        )
    }

    /// More than any chunk has, with what a codec may add.
    static let rawBytesMax: UInt32 = 4 << 20
}

/// The checksum of a frame.
func frameChecksum(_ index: Int, _ digest: ObjectID, _ content: Span<UInt8>) -> UInt32 {
    var place: [UInt8] = []
    place.reserveCapacity(16)
    place.appendLittleEndian(UInt64(index))
    place.appendLittleEndian(digest.prefixWord)
    var crc = CRC32C()
    crc.update(place.span)
    crc.update(content)
    return crc.value
}
