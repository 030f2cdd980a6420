internal import VitrineIO

/// Takes chunks, or parts of them, out of their records, and lets nothing unverified through.
struct ChunkReader: Sendable {
    /// Gives the data key of a number.
    var keys: @Sendable (Int64) throws -> DataKey

    /// The whole chunk, held against its digest.
    func chunk(in record: [UInt8], digest: ObjectID) throws(ChunkFault) -> [UInt8] {
        let header = try header(of: record, digest: digest)
        // The digest says more than the checksums do, and costs what it costs: only with a codec between do they
        // keep damaged input from the decompressor.
        let payload = try payload(of: record, header, 0..<header.frameCount, checking: header.encoding.codec != .raw)
        let chunk = try decompress(payload, header)
        var digester = Digester()
        digester.update(chunk.span)
        guard digester.finish() == digest else {
            throw .damaged(offset: ChunkHeader.byteCount, "the chunk's bytes do not have the digest \(digest)")
        }
        return chunk
    }

    /// Bytes of the chunk, held against their frames' checksums.
    ///
    /// `record` begins with the header and holds at least the frames of the range; of a compressed chunk, all.
    func bytes(_ range: Range<Int>, in record: [UInt8], digest: ObjectID) throws(ChunkFault) -> [UInt8] {
        let header = try header(of: record, digest: digest)
        guard range.upperBound <= header.rawBytes else {
            throw .damaged(offset: 8, "the chunk has \(header.rawBytes) bytes, and its object needs more")
        }
        if header.encoding.codec != .raw {
            let payload = try payload(of: record, header, 0..<header.frameCount, checking: true)
            let chunk = try decompress(payload, header)
            guard range.upperBound <= chunk.count else {
                throw .damaged(offset: ChunkHeader.byteCount, "the chunk is shorter than its header says")
            }
            return Array(chunk[range])
        }
        let frames = ChunkReader.frames(covering: range)
        let bytes = try payload(of: record, header, frames, checking: true)
        let start = frames.lowerBound * ChunkHeader.frameBytes
        return range.lowerBound == start && range.count == bytes.count
            ? bytes : Array(bytes[range.lowerBound - start..<range.upperBound - start])
    }

    /// The frames that hold a range of the payload.
    static func frames(covering range: Range<Int>) -> Range<Int> {
        range.isEmpty
            ? 0..<0
            : range.lowerBound / ChunkHeader.frameBytes..<(range.upperBound - 1) / ChunkHeader.frameBytes + 1
    }

    /// The part of a record that a range needs: all, or of a chunk that stands as it is the frames alone.
    static func part(_ range: Range<Int>, of place: ChunkPlace) -> (bytes: Range<Int>, frames: Range<Int>?) {
        guard place.encoding == ChunkEncoding() else { return (0..<place.storedBytes, nil) }
        let frames = frames(covering: range)
        let stride = ChunkHeader.frameBytes + 4
        let start = ChunkHeader.byteCount + frames.lowerBound * stride
        let end = min(place.storedBytes, ChunkHeader.byteCount + frames.upperBound * stride)
        return (start..<max(start, end), frames)
    }

    /// Bytes of a chunk that stands as it is, out of its frames alone.
    static func bytes(
        _ range: Range<Int>,
        inFrames frames: Range<Int>,
        _ part: [UInt8],
        digest: ObjectID
    ) throws(ChunkFault) -> [UInt8] {
        var result: [UInt8] = []
        result.reserveCapacity(range.count)
        let origin = ChunkHeader.byteCount + frames.lowerBound * (ChunkHeader.frameBytes + 4)
        var position = 0
        for frame in frames {
            let end = min(position + 4 + ChunkHeader.frameBytes, part.count)
            let start = frame * ChunkHeader.frameBytes
            let wanted = max(range.lowerBound, start) - start..<min(range.upperBound - start, ChunkHeader.frameBytes)
            guard position + 4 + wanted.upperBound <= end else {
                throw .damaged(offset: origin + position, "the record ends within frame \(frame)")
            }
            let content = part.span.extracting(position + 4..<end)
            var reader = ByteReader(part.span.extracting(position..<end))
            guard reader.readUInt32() == frameChecksum(frame, digest, content) else {
                throw .damaged(offset: origin + position, "frame \(frame) does not have its checksum")
            }
            unsafe content.extracting(wanted).withUnsafeBufferPointer { unsafe result.append(contentsOf: $0) }
            position = end
        }
        return result
    }

    private func header(of record: [UInt8], digest: ObjectID) throws(ChunkFault) -> ChunkHeader {
        let header = try ChunkHeader(decoding: record.span)
        guard header.digest == digest else {
            throw .damaged(offset: 16, "the chunk here is \(header.digest), and not \(digest)")
        }
        return header
    }

    /// The payload of some frames.
    private func payload(
        of record: [UInt8],
        _ header: ChunkHeader,
        _ frames: Range<Int>,
        checking: Bool
    ) throws(ChunkFault) -> [UInt8] {
        var payload: [UInt8] = []
        payload.reserveCapacity(frames.count * ChunkHeader.frameBytes)
        let cipher = header.encoding.isSealed ? try cipher(header, record) : nil
        for index in frames {
            let place = header.place(ofFrame: index)
            guard index < header.frameCount, place.upperBound <= record.count else {
                throw .damaged(offset: record.count, "the record ends within frame \(index)")
            }
            let content = record.span.extracting(place.lowerBound + 4..<place.upperBound)
            var reader = ByteReader(record.span.extracting(place))
            let isRight = !checking || reader.readUInt32() == frameChecksum(index, header.digest, content)
            guard isRight else {
                throw .damaged(offset: place.lowerBound, "frame \(index) does not have its checksum")
            }
            if let cipher {
                guard cipher.open(content, frame: index, to: &payload) else {
                    throw .damaged(offset: place.lowerBound, "frame \(index) does not have its authentication tag")
                }
            } else {
                unsafe content.withUnsafeBufferPointer { unsafe payload.append(contentsOf: $0) }
            }
        }
        return payload
    }

    private func cipher(_ header: ChunkHeader, _ record: [UInt8]) throws(ChunkFault) -> FrameCipher {
        do {
            let key = try keys(header.key)
            return try FrameCipher(key: key, header: Array(record[..<ChunkHeader.byteCount]), salt: header.salt)
        } catch {
            throw .keyMissing(header.key, cause: error)
        }
    }

    private func decompress(_ payload: [UInt8], _ header: ChunkHeader) throws(ChunkFault) -> [UInt8] {
        guard header.encoding.codec != .raw else {
            guard payload.count == header.rawBytes else {
                throw .damaged(offset: 8, "\(payload.count) bytes, and the header says \(header.rawBytes)")
            }
            return payload
        }
        guard
            var chunk = header.encoding.codec.decompress(payload.span, byteCount: header.rawBytes)
        else { throw .damaged(offset: ChunkHeader.byteCount, "the compressed bytes do not make the chunk") }
        DeltaFilter.undo(&chunk, stride: Int(header.encoding.stride))
        return chunk
    }
}

/// Where a chunk is, as the metadata have it.
struct ChunkPlace: Sendable, Equatable {
    var id: Int64
    var digest: ObjectID
    var pack: Int64
    var offset: Int64
    var rawBytes: Int
    var storedBytes: Int
    var encoding: ChunkEncoding
}
