internal import LODEngine
internal import Testing
internal import VitrineCIntrinsics
internal import VitrineTestSupport

@Suite("The meshopt encoder")
struct MeshoptEncoderTests {
    @Test("attributes of every stride and of edge sizes come back", arguments: MeshoptEncoder.Version.allCases)
    func roundTripsAttributes(_ version: MeshoptEncoder.Version) throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(30))
        for byteStride in stride(from: 4, through: 256, by: 4) {
            let counts = byteStride <= 16 ? [0, 1, 2, 15, 16, 17, 31, 33, 255, 256, 257, 300] : [1, 17, 65]
            for count in counts {
                let bytes = random.elements(count, byteStride)
                let stream = MeshoptEncoder.attributes(
                    bytes.span,
                    count: count,
                    byteStride: byteStride,
                    version: version
                )
                let decoded = try MeshoptDecoder.decode(
                    stream.span,
                    mode: .attributes,
                    filter: .none,
                    count: count,
                    byteStride: byteStride
                )
                #expect(decoded == bytes, "seed \(random.seed), \(count) × \(byteStride)")
            }
        }
    }

    @Test("triangles come back in order, each from any of its corners", arguments: MeshoptEncoder.Version.allCases)
    func roundTripsTriangles(_ version: MeshoptEncoder.Version) throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(30))
        for _ in 0..<TestEnvironment.count(60, soak: 6000) {
            let indices = random.triangles()
            try expectTrianglesBack(indices, version, seed: random.seed)
        }
    }

    @Test("small lists one behind the other, each from 0, come back", arguments: MeshoptEncoder.Version.allCases)
    func restarts(_ version: MeshoptEncoder.Version) throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(31))
        for _ in 0..<TestEnvironment.count(60, soak: 6000) {
            var indices: [UInt32] = []
            for _ in 0..<Int.random(in: 2...8, using: &random) {
                // A quad, as labels and panels are: its first triangle is met again while its vertices are recent.
                indices += [0, 1, 2, 0, 2, 3]
                if Bool.random(using: &random) { indices += [4, 5, 6, 6, 5, 7] }
            }
            try expectTrianglesBack(indices, version, seed: random.seed)
        }
    }

    /// Encodes and decodes triangles, which may come back with another corner first.
    private func expectTrianglesBack(_ indices: [UInt32], _ version: MeshoptEncoder.Version, seed: UInt64) throws {
        let stream = MeshoptEncoder.triangles(indices.span, version: version)
        let decoded = try MeshoptDecoder.decode(
            stream.span,
            mode: .triangles,
            filter: .none,
            count: indices.count,
            byteStride: 4
        )
        let numbers = uint32s(decoded)
        try #require(numbers.count == indices.count, "seed \(seed)")
        for first in stride(from: 0, to: indices.count, by: 3) {
            #expect(turned(numbers, at: first) == turned(indices, at: first), "seed \(seed) at \(first)")
        }
    }

    @Test("index sequences come back", arguments: MeshoptEncoder.Version.allCases)
    func roundTripsIndices(_ version: MeshoptEncoder.Version) throws {
        var random = SeededGenerator(seed: TestEnvironment.seed(30))
        for count in [0, 1, 2, 3, 50, 1000] {
            let limit = UInt32([1, 100, 1 << 29].randomElement(using: &random) ?? 1)
            let indices = (0..<count).map { UInt32($0) / 2 &+ UInt32.random(in: 0...limit, using: &random) }
            let stream = try MeshoptEncoder.indices(indices.span, version: version)
            let decoded = try MeshoptDecoder.decode(
                stream.span,
                mode: .indices,
                filter: .none,
                count: count,
                byteStride: 4
            )
            #expect(uint32s(decoded) == indices, "seed \(random.seed)")
        }
    }

    @Test("indices too far apart for the format are refused")
    func refusesFarIndices() throws {
        #expect(throws: LODError.self) { _ = try MeshoptEncoder.indices([0, 1 << 31].span) }
        _ = try MeshoptEncoder.indices([0, 1 << 30 - 1, 0].span)
    }

    @Test("a list that begins anew at 0 takes no more than twice its half")
    func restartsNumbers() {
        let once: [UInt32] = (0..<200).flatMap { [$0, $0 + 1, $0 + 2] }
        let one = MeshoptEncoder.triangles(once.span)
        let two = MeshoptEncoder.triangles((once + once).span)
        #expect(two.count <= 2 * one.count)
    }

    @Test("the processor's unpacking and the portable one read alike")
    func unpacksAlike() {
        var random = SeededGenerator(seed: TestEnvironment.seed(30))
        for _ in 0..<2000 {
            let source = random.bytes(300)
            let groups = Int.random(in: 1...16, using: &random)
            let end = Int.random(in: 1...270, using: &random)
            let bits = [0x0804_0200, 0x0402_0100, 0x0804_0201].randomElement(using: &random) ?? 0
            var one = [UInt8](repeating: 1, count: 256)
            var other = [UInt8](repeating: 2, count: 256)
            let taken = unsafe source.withUnsafeBufferPointer { source -> (Int, Int)? in
                // The source is longer than `end` by the slack that unpacking may look at.
                guard let start = source.baseAddress else { return nil }
                return unsafe (
                    vitrine_meshopt_unpack(start, start + end, groups, UInt32(bits), &one),
                    vitrine_meshopt_unpack_portable(start, start + end, groups, UInt32(bits), &other)
                )
            }
            #expect(taken?.0 == taken?.1)
            if let taken, taken.0 > 0 { #expect(one.prefix(groups * 16) == other.prefix(groups * 16)) }
        }
    }
}

extension SeededGenerator {
    /// Elements of which each byte is constant, slowly changing, a 16-bit ramp's, a float's or noise.
    fileprivate mutating func elements(_ count: Int, _ byteStride: Int) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count * byteStride)
        for channel in stride(from: 0, to: byteStride, by: 4) {
            let kind = Int.random(in: 0..<5, using: &self)
            var value = UInt32.random(in: 0...UInt32.max, using: &self)
            for element in 0..<count {
                switch kind {
                case 0: break
                case 1: value = value &+ UInt32.random(in: 0...3, using: &self)
                case 2: value = value &+ 0x0001_0100 &* UInt32.random(in: 0...3, using: &self)
                case 3: value = (Float(element) * 0.37 + Float.random(in: 0...1, using: &self)).bitPattern
                default: value = UInt32.random(in: 0...UInt32.max, using: &self)
                }
                for lane in 0..<4 {
                    bytes[element * byteStride + channel + lane] = UInt8(truncatingIfNeeded: value >> UInt32(lane * 8))
                }
            }
        }
        return bytes
    }

    /// Triangles of a strip, a fan, a grid that begins anew, or of any indices at all, degenerate ones among them.
    fileprivate mutating func triangles() -> [UInt32] {
        let kind = Int.random(in: 0..<5, using: &self)
        var indices: [UInt32] = []
        for triangle in 0..<UInt32.random(in: 0..<300, using: &self) {
            switch kind {
            case 0: indices += [triangle, triangle + 1, triangle + 2]
            case 1: indices += [0, triangle + 1, triangle + 2]
            case 2:
                let corner = triangle % 150
                indices += [corner, corner + 1, corner + 17]
                indices += [corner + 17, corner + 1, corner + 18]
            default:
                let limit: UInt32 = kind == 3 ? 20 : .max
                for _ in 0..<3 { indices.append(UInt32.random(in: 0..<limit, using: &self)) }
            }
        }
        return indices
    }
}

/// The little-endian numbers that bytes hold.
private func uint32s(_ bytes: [UInt8]) -> [UInt32] {
    var numbers: [UInt32] = []
    for place in stride(from: 0, to: bytes.count, by: 4) {
        var number: UInt32 = 0
        for byte in 0..<4 { number |= UInt32(bytes[place + byte]) << UInt32(byte * 8) }
        numbers.append(number)
    }
    return numbers
}

/// A triangle from its least corner on.
private func turned(_ indices: [UInt32], at first: Int) -> [UInt32] {
    let corners = Array(indices[first..<first + 3])
    let turns = [corners, [corners[1], corners[2], corners[0]], [corners[2], corners[0], corners[1]]]
    return turns.min { $0.lexicographicallyPrecedes($1) } ?? corners
}
