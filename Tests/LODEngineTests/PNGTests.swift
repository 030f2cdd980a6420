import LODEngine
import Testing
import VitrineCZlib
import VitrineTestSupport

@Suite("PNG pictures")
struct PNGTests {
    @Test("what is written reads back as the same picture", arguments: 1...12 as ClosedRange<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let width = Int.random(in: 1...40, using: &random)
        let height = Int.random(in: 1...40, using: &random)
        var bytes = seed.isMultiple(of: 2) ? random.bytes(width * height * 4) : gradient(width, height)
        if seed.isMultiple(of: 3) { for alpha in stride(from: 3, to: bytes.count, by: 4) { bytes[alpha] = 255 } }
        let picture = try Picture(width: width, height: height, bytes: bytes)
        let file = try picture.png()
        #expect(try Picture(png: file) == picture, "seed \(seed)")
        #expect(try picture.png() == file, "seed \(seed)")
        // Colour type 2 where everything is opaque, 6 elsewhere.
        #expect(file[25] == (seed.isMultiple(of: 3) || (!seed.isMultiple(of: 2)) ? 2 : 6), "seed \(seed)")
    }

    private func gradient(_ width: Int, _ height: Int) -> [UInt8] {
        (0..<width * height).flatMap { index -> [UInt8] in
            let (x, y) = (index % width, index / width)
            return [UInt8(x * 6), UInt8(y * 6), UInt8((x + y) * 3), 255]
        }
    }

    @Test("smooth rows are filtered, so that a gradient is far smaller than its pixels")
    func filtersHelp() throws {
        let side = 128
        let bytes = (0..<side * side).flatMap { index -> [UInt8] in
            let (x, y) = (index % side, index / side)
            return [UInt8(x + y), UInt8(255 - x), UInt8((x * y / 64) & 255), 255]
        }
        let file = try Picture(width: side, height: side, bytes: bytes).png()
        #expect(file.count < side * side * 3 / 8)
    }

    @Test("a picture's bytes must fit its size", arguments: [(0, 1, 0), (-1, -1, 4), (2, 2, 15), (Int.max, 4, 16)])
    func sizes(width: Int, height: Int, count: Int) {
        let error = #expect(throws: LODError.self) {
            try Picture(width: width, height: height, bytes: [UInt8](repeating: 0, count: count))
        }
        #expect(error?.code == .invalidImage)
    }

    /// Colour type, bit depth, whether interlaced.
    private static let kinds: [(UInt8, Int, Bool)] = [
        (0, 1), (0, 2), (0, 4), (0, 8), (0, 16), (2, 8), (2, 16), (3, 1), (3, 2), (3, 4), (3, 8), (4, 8), (4, 16),
        (6, 8), (6, 16),
    ].flatMap { [($0.0, $0.1, false), ($0.0, $0.1, true)] }

    @Test("every colour type, bit depth, filter and interlacing is read", arguments: kinds)
    func allKinds(kind: (type: UInt8, depth: Int, isInterlaced: Bool)) throws {
        for (width, height) in [(1, 1), (3, 2), (5, 7), (13, 9), (33, 16)] {
            var maker = PNGMaker(type: kind.type, depth: kind.depth, width: width, height: height, seed: 77)
            let file = maker.file(isInterlaced: kind.isInterlaced)
            let picture = try Picture(png: file, name: "\(kind)")
            #expect(picture.width == width && picture.height == height)
            #expect(picture.bytes == maker.expected, "\(kind), \(width) × \(height)")
        }
    }

    @Test("a file cut anywhere is refused with its offset")
    func truncations() throws {
        var maker = PNGMaker(type: 3, depth: 4, width: 13, height: 9, seed: 1)
        let file = maker.file(isInterlaced: true)
        for count in 0..<file.count {
            let error = #expect(throws: LODError.self, "\(count) bytes") {
                try Picture(png: Array(file.prefix(count)), name: "cut.png")
            }
            #expect(error?.code == .invalidImage, "\(count) bytes")
            #expect(error?.message.hasPrefix("cut.png, offset ") == true, "\(count) bytes")
        }
    }

    @Test("any flipped bit is noticed, and nothing traps even where checksums are made to fit")
    func bitFlips() throws {
        var maker = PNGMaker(type: 6, depth: 8, width: 6, height: 5, seed: 2)
        let file = maker.file(isInterlaced: false)
        for bit in 0..<file.count * 8 {
            var flipped = file
            flipped[bit / 8] ^= 1 << (bit % 8)
            #expect(throws: LODError.self, "bit \(bit)") { try Picture(png: flipped) }
            // With the checksum made to fit, the decoder's own checks decide; what it takes must be whole.
            if let picture = try? Picture(png: PNGMaker.withChecksumsFixed(flipped), pixelCountMax: 1 << 16) {
                #expect(picture.bytes.count == picture.width * picture.height * 4, "bit \(bit)")
            }
        }
    }

    @Test("a size beyond the bound is refused before memory is taken for it")
    func sizeBound() throws {
        var maker = PNGMaker(type: 0, depth: 8, width: 300, height: 300, seed: 3)
        let file = maker.file(isInterlaced: false)
        _ = try Picture(png: file, pixelCountMax: 90_000)
        let error = #expect(throws: LODError.self) { try Picture(png: file, pixelCountMax: 89_999) }
        #expect(error?.code == .invalidImage && error?.message.contains("89999") == true)
        var bomb = file
        bomb.replaceSubrange(16..<24, with: [0, 0, 0xFF, 0xFF, 0, 0, 0xFF, 0xFF])
        #expect(throws: LODError.self) { try Picture(png: PNGMaker.withChecksumsFixed(bomb), pixelCountMax: .max) }
    }

    @Test("an unknown chunk is skipped if it may be, and refused by name if it is needed")
    func unknownChunks() throws {
        var maker = PNGMaker(type: 0, depth: 8, width: 2, height: 2, seed: 4)
        let file = maker.file(isInterlaced: false)
        let harmless = Array(file[..<33]) + PNGMaker.chunk("teXt", [1, 2, 3]) + Array(file[33...])
        #expect(try Picture(png: harmless).bytes == maker.expected)
        let needed = Array(file[..<33]) + PNGMaker.chunk("NEED", [1, 2, 3]) + Array(file[33...])
        let error = #expect(throws: LODError.self) { try Picture(png: needed) }
        #expect(error?.code == .unsupported && error?.message.contains("NEED") == true)
    }

    @Test("a pixel beyond the palette is refused")
    func paletteRange() throws {
        var maker = PNGMaker(type: 3, depth: 8, width: 4, height: 4, seed: 5, colors: 2)
        let file = maker.file(isInterlaced: false)
        let error = #expect(throws: LODError.self) { try Picture(png: file) }
        #expect(error?.code == .invalidImage && error?.message.contains("palette") == true)
    }
}
