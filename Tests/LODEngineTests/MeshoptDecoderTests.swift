internal import LODEngine
internal import Testing
internal import VitrineTestSupport

@Suite("The meshopt decoder")
struct MeshoptDecoderTests {
    @Test("decodes what meshoptimizer's encoder wrote", arguments: MeshoptFixture.all)
    func decodesFixtures(_ fixture: MeshoptFixture) throws {
        let decoded = try fixture.decode(fixture.stream)
        #expect(decoded.count == fixture.count * fixture.byteStride)
        switch fixture.filter {
        case .octahedral, .quaternion:
            // The specification allows these filters one unit in the last place.
            let expected = bytes(fromHexadecimal: fixture.decoded)
            try #require(decoded.count == expected.count)
            #expect(fixture.largestDifference(decoded, expected) <= 1)
        default: #expect(fnv1a(decoded) == fixture.digest)
        }
    }

    @Test("refuses every truncation and every longer stream", arguments: MeshoptFixture.all)
    func refusesTruncations(_ fixture: MeshoptFixture) {
        let stream = fixture.stream
        let step = max(1, stream.count / 200)
        for length in stride(from: 0, to: stream.count, by: step) {
            // A shorter attribute stream may be whole again only where its padding gives the bytes back.
            let shorter = Array(stream.prefix(length))
            if let decoded = try? fixture.decode(shorter) {
                Issue.record("\(length) of \(stream.count) bytes decoded to \(decoded.count)")
            }
        }
        #expect(throws: LODError.self) { _ = try fixture.decode(stream + [0]) }
    }

    @Test("a flipped bit gives bytes of the right count or a typed error", arguments: MeshoptFixture.all)
    func survivesBitFlips(_ fixture: MeshoptFixture) {
        var stream = fixture.stream
        let step = max(1, stream.count / 100)
        for position in stride(from: 0, to: stream.count, by: step) {
            for bit in 0..<8 {
                stream[position] ^= 1 << UInt8(bit)
                do {
                    let decoded = try fixture.decode(stream)
                    #expect(decoded.count == fixture.count * fixture.byteStride)
                } catch let error as LODError {
                    #expect(error.code == .invalidModel)
                } catch {
                    Issue.record("byte \(position) bit \(bit): \(error)")
                }
                stream[position] ^= 1 << UInt8(bit)
            }
        }
    }

    @Test("random bytes behind each header never trap", arguments: [0xa0, 0xa1, 0xe1, 0xd1] as [UInt8])
    func survivesNoise(_ header: UInt8) {
        var random = SeededGenerator(seed: UInt64(header))
        for _ in 0..<2000 {
            let stream = [header] + random.bytes(Int.random(in: 0..<150, using: &random))
            let count = Int.random(in: 0..<60, using: &random) * 3
            let mode: MeshoptMode = header == 0xe1 ? .triangles : header == 0xd1 ? .indices : .attributes
            let filter: MeshoptFilter =
                mode == .attributes
                ? [.none, .octahedral, .quaternion, .exponential, .color].randomElement(using: &random) ?? .none : .none
            let byteStride = mode == .attributes ? 8 : Bool.random(using: &random) ? 2 : 4
            let decoded = try? MeshoptDecoder.decode(
                stream.span,
                mode: mode,
                filter: filter,
                count: count,
                byteStride: byteStride
            )
            #expect(decoded == nil || decoded?.count == count * byteStride, "seed \(random.seed)")
        }
    }

    @Test("a count that the stream cannot hold is refused before anything is allocated")
    func refusesBombs() {
        for (header, mode) in [(0xa0, .attributes), (0xa1, .attributes), (0xe1, .triangles), (0xd1, .indices)]
            as [(UInt8, MeshoptMode)]
        {
            let stream = [header] + [UInt8](repeating: 0, count: 100)
            #expect(throws: LODError.self) {
                _ = try MeshoptDecoder.decode(
                    stream.span,
                    mode: mode,
                    filter: .none,
                    count: 3_000_000_000_000,
                    byteStride: 4
                )
            }
            #expect(throws: LODError.self) {
                _ = try MeshoptDecoder.decode(stream.span, mode: mode, filter: .none, count: .max, byteStride: 4)
            }
        }
    }

    @Test("parameters that the specification forbids are refused with the parameters named")
    func refusesParameters() {
        let forbidden: [(MeshoptMode, MeshoptFilter, Int, Int)] = [
            (.attributes, .none, 1, 2), (.attributes, .none, 1, 260), (.attributes, .none, -1, 4),
            (.attributes, .octahedral, 1, 12), (.attributes, .quaternion, 1, 4), (.attributes, .color, 1, 16),
            (.triangles, .none, 4, 4), (.triangles, .none, 3, 8), (.indices, .exponential, 3, 4),
            (.attributes, .exponential, 1, 0), (.indices, .none, 1, 0),
        ]
        for (mode, filter, count, byteStride) in forbidden {
            let error = #expect(throws: LODError.self) {
                _ = try MeshoptDecoder.decode(
                    [0xa0].span,
                    mode: mode,
                    filter: filter,
                    count: count,
                    byteStride: byteStride
                )
            }
            #expect(error?.message.contains("byteStride \(byteStride)") == true)
        }
    }

    @Test("an error names the byte in the stream")
    func namesOffset() {
        let error = #expect(throws: LODError.self) {
            _ = try MeshoptDecoder.decode(
                ([0xe1, 0x10] + [UInt8](repeating: 0, count: 16)).span,
                mode: .triangles,
                filter: .none,
                count: 3,
                byteStride: 4
            )
        }
        #expect(error?.message == "meshopt TRIANGLES stream at byte 1: expected an edge that was met before")
    }

    @Test("XOR deltas are turned back to the right, as meshoptimizer's encoder turned them")
    func decodesRotation() throws {
        // 20 numbers of two bits seven apart, by meshopt_encodeVertexBufferLevel at level 3: channel mode 42.
        let stream = bytes(
            fromHexadecimal: """
                a1960520888a2888000000050011405055000000000000000000000000000000000000000000000010000042
                """
        )
        let expected = bytes(
            fromHexadecimal: """
                001000002010000020100000201000000010000000000000200000002010000000000000000000002000000000000000\
                0010000020000000000000000000000020100000200000000010000000000000
                """
        )
        let decoded = try MeshoptDecoder.decode(
            stream.span,
            mode: .attributes,
            filter: .none,
            count: 20,
            byteStride: 4
        )
        #expect(decoded == expected)
    }

    @Test("colours come back from YCoCg")
    func decodesColor() throws {
        // One element, stored as the baseline with a zero delta: Y 100, Co 20, Cg -10, alpha of 7 bits all set.
        let baseline: [UInt8] = [100, 20, 246, 0xff]
        let stream: [UInt8] = [0xa0, 0, 0, 0, 0] + [UInt8](repeating: 0, count: 28) + baseline
        let decoded = try MeshoptDecoder.decode(
            stream.span,
            mode: .attributes,
            filter: .color,
            count: 1,
            byteStride: 4
        )
        #expect(decoded == [130, 90, 90, 255])
    }
}

extension MeshoptFixture {
    var stream: [UInt8] { bytes(fromHexadecimal: encoded) }

    func decode(_ stream: [UInt8]) throws -> [UInt8] {
        try MeshoptDecoder.decode(stream.span, mode: mode, filter: filter, count: count, byteStride: byteStride)
    }

    /// The largest difference between components, as signed integers of a quarter of the element.
    func largestDifference(_ one: [UInt8], _ other: [UInt8]) -> Int {
        func components(_ bytes: [UInt8]) -> [Int] {
            guard byteStride == 8 else { return bytes.map { Int(Int8(bitPattern: $0)) } }
            return stride(from: 0, to: bytes.count, by: 2).map {
                Int(Int16(bitPattern: UInt16(bytes[$0]) | UInt16(bytes[$0 + 1]) << 8))
            }
        }
        return zip(components(one), components(other)).map { abs($0 - $1) }.max() ?? 0
    }
}

/// The bytes that pairs of hexadecimal digits name.
func bytes(fromHexadecimal text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var high: UInt8?
    for digit in text.utf8 {
        let value = digit < 0x3a ? digit - 0x30 : digit - 0x57
        if let first = high {
            bytes.append(first << 4 | value)
            high = nil
        } else {
            high = value
        }
    }
    return bytes
}

private func fnv1a(_ bytes: [UInt8]) -> UInt64 {
    bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
}
