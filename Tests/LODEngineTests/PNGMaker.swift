import VitrineCZlib
import VitrineTestSupport

/// Makes PNG files of any kind from random samples, with a random filter per row, and says what they look like.
///
/// Written from the specification on its own: it shares nothing with the code it tests.
struct PNGMaker {
    private let type: UInt8
    private let depth: Int
    private let width: Int
    private let height: Int
    private var random: SeededGenerator
    private var samples: [[Int]]
    private var palette: [[UInt8]] = []
    private var paletteAlpha: [UInt8] = []
    private var transparent: [Int] = []

    /// - Parameter colors: Colours in the palette, if fewer than the depth allows.
    init(type: UInt8, depth: Int, width: Int, height: Int, seed: UInt64, colors: Int? = nil) {
        self.type = type
        self.depth = depth
        self.width = width
        self.height = height
        var random = SeededGenerator(seed: seed)
        let channels: Int = [1, 0, 3, 1, 2, 0, 4][Int(type)]
        samples = (0..<width * height).map { _ in
            (0..<channels).map { _ in Int.random(in: 0..<(1 << depth), using: &random) }
        }
        if type == 3 {
            palette = (0..<(colors ?? 1 << depth)).map { _ in random.bytes(3) }
            paletteAlpha = random.bytes(palette.count / 2)
        } else if type == 0 || type == 2 {
            transparent = samples[samples.count / 2]
        }
        self.random = random
    }

    /// The pixels as 8-bit RGBA.
    var expected: [UInt8] {
        samples.flatMap { sample -> [UInt8] in
            let scaled = sample.map { UInt8((Double($0) * 255 / Double((1 << depth) - 1)).rounded()) }
            switch type {
            case 0: return [scaled[0], scaled[0], scaled[0], sample == transparent ? 0 : 255]
            case 2: return scaled + [sample == transparent ? 0 : 255]
            case 3: return palette[sample[0]] + [sample[0] < paletteAlpha.count ? paletteAlpha[sample[0]] : 255]
            case 4: return [scaled[0], scaled[0], scaled[0], scaled[1]]
            default: return scaled
            }
        }
    }

    mutating func file(isInterlaced: Bool) -> [UInt8] {
        var file: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]
        file += Self.chunk(
            "IHDR",
            Self.bigEndian(width) + Self.bigEndian(height) + [UInt8(depth), type, 0, 0, isInterlaced ? 1 : 0]
        )
        if type == 3 {
            file += Self.chunk("PLTE", palette.flatMap { $0 })
            if !paletteAlpha.isEmpty { file += Self.chunk("tRNS", paletteAlpha) }
        } else if !transparent.isEmpty {
            file += Self.chunk("tRNS", transparent.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] })
        }
        let stream = Self.deflate(lines(isInterlaced: isInterlaced))
        // Split over three chunks, one of them empty.
        file += Self.chunk("IDAT", Array(stream.prefix(stream.count / 3))) + Self.chunk("IDAT", [])
        file += Self.chunk("IDAT", Array(stream.dropFirst(stream.count / 3)))
        return file + Self.chunk("IEND", [])
    }

    private mutating func lines(isInterlaced: Bool) -> [UInt8] {
        // The pattern of the specification's figure 4.8, row by row.
        let adam7 = [
            "16462646", "77777777", "56565656", "77777777", "36463646", "77777777", "56565656", "77777777",
        ].map { $0.compactMap(\.wholeNumberValue) }
        var lines: [UInt8] = []
        for pass in isInterlaced ? 1...7 : 1...1 {
            var above: [UInt8] = []
            for y in 0..<height {
                let row = (0..<width).filter { !isInterlaced || adam7[y % 8][$0 % 8] == pass }
                if row.isEmpty { continue }
                let packed = pack(row.flatMap { samples[y * width + $0] })
                lines += filtered(packed, above: above.isEmpty ? [UInt8](repeating: 0, count: packed.count) : above)
                above = packed
            }
        }
        return lines
    }

    private func pack(_ samples: [Int]) -> [UInt8] {
        if depth == 16 { return samples.flatMap { [UInt8($0 >> 8), UInt8($0 & 255)] } }
        if depth == 8 { return samples.map { UInt8($0) } }
        var bits = samples.flatMap { sample in (0..<depth).map { sample >> (depth - 1 - $0) & 1 } }
        while !bits.count.isMultiple(of: 8) { bits.append(0) }
        return stride(from: 0, to: bits.count, by: 8).map { start in
            UInt8(bits[start..<start + 8].reduce(0) { $0 << 1 | $1 })
        }
    }

    private mutating func filtered(_ row: [UInt8], above: [UInt8]) -> [UInt8] {
        let filter = Int.random(in: 0...4, using: &random)
        let distance = max(1, depth * (samples[0].count) / 8)
        return [UInt8(filter)]
            + row.indices.map { index in
                let a = index >= distance ? Int(row[index - distance]) : 0
                let b = Int(above[index])
                let c = index >= distance ? Int(above[index - distance]) : 0
                let nearest = [a, b, c].min { abs(a + b - c - $0) < abs(a + b - c - $1) } ?? 0
                return row[index] &- UInt8([0, a, b, (a + b) / 2, nearest][filter])
            }
    }

    static func chunk(_ type: String, _ data: [UInt8]) -> [UInt8] {
        let body = Array(type.utf8) + data
        return bigEndian(data.count) + body + bigEndian(Int(checksum(body)))
    }

    /// The file with each chunk's checksum made to fit, as far as chunks can be followed.
    static func withChecksumsFixed(_ file: [UInt8]) -> [UInt8] {
        var file = file
        var offset = 8
        while offset + 12 <= file.count {
            let count = file[offset..<offset + 4].reduce(0) { $0 << 8 | Int($1) }
            guard count <= file.count - offset - 12 else { break }
            let end = offset + 8 + count
            file.replaceSubrange(end..<end + 4, with: bigEndian(Int(checksum(Array(file[offset + 4..<end])))))
            offset = end + 4
        }
        return file
    }

    /// CRC-32 bit by bit, as the specification's annex D defines it.
    private static func checksum(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { checksum, byte in
            (0..<8).reduce(checksum ^ UInt32(byte)) { value, _ in
                value & 1 == 1 ? 0xEDB8_8320 ^ (value >> 1) : value >> 1
            }
        }
    }

    private static func bigEndian(_ number: Int) -> [UInt8] {
        [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
    }

    private static func deflate(_ bytes: [UInt8]) -> [UInt8] {
        var output = [UInt8](repeating: 0, count: Int(compressBound(uLong(bytes.count))))
        var count = uLong(output.count)
        let status = unsafe output.withUnsafeMutableBufferPointer { output in
            unsafe bytes.withUnsafeBufferPointer {
                unsafe compress2(output.baseAddress, &count, $0.baseAddress, uLong($0.count), 9)
            }
        }
        precondition(status == Z_OK, "zlib refused \(bytes.count) bytes of a test")
        return Array(output.prefix(Int(count)))
    }
}
