/// Reads a PNG file into a picture.
struct PNGDecoder {
    private let file: [UInt8]
    private let name: String
    private let pixelCountMax: Int
    private var palette: [SIMD4<UInt8>] = []
    /// The one colour that is transparent, in samples as the file has them.
    private var transparentColor: SIMD3<Int>?
    private var stream: [UInt8] = []

    init(file: [UInt8], name: String, pixelCountMax: Int) {
        self.file = file
        self.name = name
        self.pixelCountMax = min(pixelCountMax, 1 << 32)  // Sizes computed from it then fit any Int.
    }

    mutating func decode() throws -> Picture {
        guard file.starts(with: PNGHeader.signature) else {
            throw invalid(at: 0, "has no PNG signature; give it a PNG file")
        }
        var offset = PNGHeader.signature.count
        let first = try chunk(at: offset)
        guard first.type == "IHDR" else { throw invalid(at: offset, "does not start with IHDR") }
        let header = try header(first.data)
        offset = first.end
        while true {
            let chunk = try chunk(at: offset)
            if chunk.type == "IEND" { break }
            try read(chunk, header: header)
            offset = chunk.end
        }
        if header.colorType == .palette && palette.isEmpty { throw invalid(at: offset, "has no palette") }
        return try picture(header, end: offset)
    }

    private mutating func read(_ chunk: Chunk, header: PNGHeader) throws {
        switch chunk.type {
        case "PLTE":
            guard palette.isEmpty, stream.isEmpty, chunk.data.count.isMultiple(of: 3),
                (3...768).contains(chunk.data.count)
            else {
                throw invalid(
                    at: chunk.data.startIndex,
                    "has a palette that is misplaced or of \(chunk.data.count) bytes"
                )
            }
            palette = stride(from: chunk.data.startIndex, to: chunk.data.endIndex, by: 3).map {
                SIMD4(file[$0], file[$0 + 1], file[$0 + 2], 255)
            }
        case "tRNS":
            try readTransparency(chunk.data, header: header)
        case "IDAT":
            stream += file[chunk.data]
        default:
            // Bit 5 of the first letter: what may be left out.
            guard chunk.type.utf8.first.map({ $0 & 0x20 != 0 }) ?? false else {
                throw LODError(
                    .unsupported,
                    "\(name) needs the chunk \(chunk.type) at offset \(chunk.data.startIndex - 8), which is unknown here"
                )
            }
        }
    }

    private mutating func readTransparency(_ data: Range<Int>, header: PNGHeader) throws {
        func sample(_ index: Int) -> Int {
            Int(file[data.startIndex + index * 2]) << 8 | Int(file[data.startIndex + index * 2 + 1])
        }
        switch header.colorType {
        case .palette where data.count <= palette.count:
            for (index, offset) in data.enumerated() { palette[index].w = file[offset] }
        case .gray where data.count == 2:
            transparentColor = SIMD3(repeating: sample(0))
        case .rgb where data.count == 6:
            transparentColor = SIMD3(sample(0), sample(1), sample(2))
        default:
            throw invalid(at: data.startIndex, "has transparency that does not fit its colour type")
        }
    }

    private func header(_ data: Range<Int>) throws -> PNGHeader {
        let start = data.startIndex
        guard data.count == 13 else { throw invalid(at: start, "has an IHDR of \(data.count) bytes, not 13") }
        let width = bigEndian(at: start)
        let height = bigEndian(at: start + 4)
        let depth = Int(file[start + 8])
        guard let colorType = PNGHeader.ColorType(rawValue: file[start + 9]), colorType.bitDepths.contains(depth) else {
            throw invalid(
                at: start + 8,
                "has colour type \(file[start + 9]) with \(depth) bits, which PNG does not define"
            )
        }
        guard file[start + 10] == 0, file[start + 11] == 0, file[start + 12] <= 1 else {
            throw invalid(at: start + 10, "names a compression, filter or interlace method that PNG does not define")
        }
        // Widths of 31 bits: the product cannot overflow.
        guard width > 0, height > 0, width <= Int32.max, height <= Int32.max, width * height <= pixelCountMax else {
            throw invalid(at: start, "is \(width) × \(height) pixels; between 1 and \(pixelCountMax) in all are read")
        }
        return PNGHeader(
            width: width,
            height: height,
            bitDepth: depth,
            colorType: colorType,
            isInterlaced: file[start + 12] == 1
        )
    }

    private func picture(_ header: PNGHeader, end: Int) throws -> Picture {
        guard var lines = Zlib.decompress(stream, byteCount: header.streamByteCount) else {
            throw invalid(
                at: end,
                "has image data that do not inflate to its \(header.width) × \(header.height) pixels"
            )
        }
        var picture = Picture(width: header.width, height: header.height)
        let unpacker = PNGUnpacker(header: header, palette: palette, transparentColor: transparentColor)
        var offset = 0
        for pass in header.passes {
            let count = header.rowByteCount(width: pass.width)
            var above: Int?
            for y in 0..<pass.height {
                guard let filter = PNGFilter(rawValue: lines[offset]) else {
                    throw invalid(at: end, "has a scan line with filter \(lines[offset]), which PNG does not define")
                }
                filter.undo(&lines, row: offset + 1..<offset + 1 + count, above: above, distance: header.filterDistance)
                guard unpacker.unpack(lines, at: offset + 1, row: y, of: pass, into: &picture) else {
                    throw invalid(at: end, "has a pixel beyond its palette of \(palette.count) colours")
                }
                above = offset + 1
                offset += 1 + count
            }
        }
        return picture
    }

    private struct Chunk {
        let type: String
        let data: Range<Int>
        /// Where the next chunk starts.
        var end: Int { data.endIndex + 4 }
    }

    private func chunk(at offset: Int) throws -> Chunk {
        guard file.count - offset >= 12 else { throw invalid(at: offset, "ends before IEND") }
        let count = bigEndian(at: offset)
        guard count <= file.count - offset - 12 else {
            throw invalid(at: offset, "has a chunk of \(count) bytes, which ends after the file")
        }
        let data = offset + 8..<offset + 8 + count
        let checksum = Zlib.checksum(file[offset + 4..<data.endIndex])
        guard checksum == UInt32(truncatingIfNeeded: bigEndian(at: data.endIndex)) else {
            throw invalid(at: offset, "has a chunk whose checksum is wrong; the file is damaged")
        }
        let type = file[offset + 4..<offset + 8]
        guard type.allSatisfy({ (0x41...0x5A).contains($0 & 0xDF) }) else {
            throw invalid(at: offset + 4, "has a chunk whose type is not four letters")
        }
        return Chunk(type: String(decoding: type, as: UTF8.self), data: data)
    }

    private func bigEndian(at offset: Int) -> Int {
        file[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
    }

    private func invalid(at offset: Int, _ what: String) -> LODError {
        LODError(.invalidImage, "\(name), offset \(offset): the image \(what)")
    }
}
