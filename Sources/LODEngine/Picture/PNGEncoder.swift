/// Writes a picture as a PNG file: 8 bits, with alpha only where some pixel is not opaque.
struct PNGEncoder {
    private let picture: Picture
    private let channelCount: Int

    init(picture: Picture) {
        self.picture = picture
        let isOpaque = stride(from: 3, to: picture.bytes.count, by: 4).allSatisfy { picture.bytes[$0] == 255 }
        channelCount = isOpaque ? 3 : 4
    }

    /// The file.
    func encode() throws -> [UInt8] {
        var header: [UInt8] = []
        header.appendBigEndian(UInt32(picture.width))
        header.appendBigEndian(UInt32(picture.height))
        let type = channelCount == 3 ? PNGHeader.ColorType.rgb : .rgba
        header += [8, type.rawValue, 0, 0, 0]
        var file = PNGHeader.signature
        Self.append("IHDR", header, to: &file)
        Self.append("IDAT", try Zlib.compress(scanLines()), to: &file)
        Self.append("IEND", [], to: &file)
        return file
    }

    /// Every row with the filter whose bytes, as signed numbers, have the least sum of magnitudes: the heuristic that
    /// the specification recommends (section 12.8).
    private func scanLines() -> [UInt8] {
        let rowByteCount = picture.width * channelCount
        var lines: [UInt8] = []
        lines.reserveCapacity(picture.height * (rowByteCount + 1))
        var above = [UInt8](repeating: 0, count: rowByteCount)
        for y in 0..<picture.height {
            let row = row(y)
            var best: (sum: Int, filter: PNGFilter, bytes: [UInt8])?
            for filter in PNGFilter.allCases {
                let filtered = filter.apply(to: row, above: above, distance: channelCount)
                let sum = filtered.reduce(0) { $0 + Int(Int8(bitPattern: $1).magnitude) }
                if best.map({ sum < $0.sum }) ?? true { best = (sum, filter, filtered) }
            }
            if let best {
                lines.append(best.filter.rawValue)
                lines += best.bytes
            }
            above = row
        }
        return lines
    }

    private func row(_ y: Int) -> [UInt8] {
        let start = y * picture.width * 4
        let row = picture.bytes[start..<start + picture.width * 4]
        guard channelCount == 3 else { return Array(row) }
        var packed: [UInt8] = []
        packed.reserveCapacity(picture.width * 3)
        for pixel in stride(from: start, to: row.endIndex, by: 4) { packed += row[pixel..<pixel + 3] }
        return packed
    }

    private static func append(_ type: String, _ data: [UInt8], to file: inout [UInt8]) {
        file.appendBigEndian(UInt32(data.count))
        let start = file.count
        file += type.utf8
        file += data
        file.appendBigEndian(Zlib.checksum(file[start...]))
    }
}

/// How a scan line's bytes are predicted from their neighbours to the left, above and diagonally.
enum PNGFilter: UInt8, CaseIterable {
    case none = 0
    case left = 1
    case up = 2
    case average = 3
    case paeth = 4

    /// The differences of a row from what is predicted.
    func apply(to row: [UInt8], above: [UInt8], distance: Int) -> [UInt8] {
        if self == .none { return row }
        var filtered = row
        for i in row.indices {
            let left = i >= distance ? row[i - distance] : 0
            let diagonal = i >= distance ? above[i - distance] : 0
            filtered[i] = row[i] &- prediction(left: left, above: above[i], diagonal: diagonal)
        }
        return filtered
    }

    /// Turns the differences at `row` back into the row, where the one above it, if any, is at `above`.
    func undo(_ bytes: inout [UInt8], row: Range<Int>, above: Int?, distance: Int) {
        if self == .none || (self == .up && above == nil) { return }
        for (offset, i) in row.enumerated() {
            let hasLeft = offset >= distance
            let left = hasLeft ? bytes[i - distance] : 0
            let over = above.map { bytes[$0 + offset] } ?? 0
            let diagonal = hasLeft ? above.map { bytes[$0 + offset - distance] } ?? 0 : 0
            bytes[i] &+= prediction(left: left, above: over, diagonal: diagonal)
        }
    }

    @inline(__always)
    private func prediction(left: UInt8, above: UInt8, diagonal: UInt8) -> UInt8 {
        switch self {
        case .none: return 0
        case .left: return left
        case .up: return above
        case .average: return UInt8((Int(left) + Int(above)) / 2)
        case .paeth:
            // Paeth, "Image file compression made easy", Graphics Gems II, 1991.
            let estimate = Int(left) + Int(above) - Int(diagonal)
            let toLeft = abs(estimate - Int(left))
            let toAbove = abs(estimate - Int(above))
            let toDiagonal = abs(estimate - Int(diagonal))
            if toLeft <= toAbove && toLeft <= toDiagonal { return left }
            return toAbove <= toDiagonal ? above : diagonal
        }
    }
}

extension [UInt8] {
    fileprivate mutating func appendBigEndian(_ number: UInt32) {
        for shift in [24, 16, 8, 0] as [UInt32] { append(UInt8(truncatingIfNeeded: number >> shift)) }
    }
}
