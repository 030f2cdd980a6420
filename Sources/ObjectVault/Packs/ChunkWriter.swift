internal import VitrineIO

/// Makes a chunk's record.
struct ChunkWriter: Sendable {
    /// How to compress.
    var compression: Compression
    /// What to encrypt with; `nil` for not at all.
    var key: DataKey?
    /// Where salts come from.
    var random: @Sendable (Int) -> [UInt8]

    /// The record of `chunk`, whose digest is `digest`.
    func record(of chunk: Span<UInt8>, digest: ObjectID) throws -> (bytes: [UInt8], encoding: ChunkEncoding) {
        var (payload, encoding) = try compression.apply(to: chunk)
        encoding.isSealed = key != nil
        var header = ChunkHeader(
            encoding: encoding,
            rawBytes: chunk.count,
            payloadBytes: payload?.count ?? chunk.count,
            digest: digest
        )
        if let key {
            header.key = key.number
            header.salt = random(16)
        }
        let head = header.encoded()
        var record = head
        record.reserveCapacity(header.recordBytes)
        let cipher = try key.map { try FrameCipher(key: $0, header: head, salt: header.salt) }
        if let payload {
            try append(payload.span, to: &record, digest, cipher)
        } else {
            try append(chunk, to: &record, digest, cipher)
        }
        return (record, encoding)
    }

    private func append(
        _ payload: Span<UInt8>,
        to record: inout [UInt8],
        _ digest: ObjectID,
        _ cipher: FrameCipher?
    ) throws {
        for (index, start) in stride(from: 0, to: payload.count, by: ChunkHeader.frameBytes).enumerated() {
            let frame = payload.extracting(start..<min(start + ChunkHeader.frameBytes, payload.count))
            if let cipher {
                let place = record.count
                record.appendLittleEndian(UInt32(0))
                try cipher.seal(frame, frame: index, to: &record)
                let checksum = frameChecksum(index, digest, record.span.extracting(place + 4..<record.count))
                record.replaceUInt32(at: place, with: checksum)
            } else {
                record.appendLittleEndian(frameChecksum(index, digest, frame))
                unsafe frame.withUnsafeBufferPointer { unsafe record.append(contentsOf: $0) }
            }
        }
    }
}
