internal import LODEngine
internal import Testing
internal import VitrineTestSupport

@Suite("The PLY reader")
struct PLYReaderTests {
    private static let properties = """
        element vertex 4
        property float x
        property double y
        property short z
        property uchar red
        property uchar green
        property uchar blue
        property float s
        property float t
        element face 1
        property uchar flags
        property list uchar int vertex_indices
        end_header

        """

    private static let ascii =
        "ply\nformat ascii 1.0\ncomment made by hand\n" + properties + """
            0 0 0 255 0 128 0 0
            1 0 0 255 0 128 1 0
            1 1 0 255 0 128 1 1
            0 1 -2 255 0 128 0 1
            7 4 0 1 2 3

            """

    private static func binary(bigEndian: Bool) -> [UInt8] {
        var bytes = Array("ply\nformat binary_\(bigEndian ? "big" : "little")_endian 1.0\n\(properties)".utf8)
        func append(_ bits: UInt64, _ size: Int) {
            for byte in 0..<size {
                bytes.append(UInt8(truncatingIfNeeded: bits >> UInt64(8 * (bigEndian ? size - 1 - byte : byte))))
            }
        }
        for (x, y, z) in [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, -2)] as [(Float, Double, Int16)] {
            append(UInt64(x.bitPattern), 4)
            append(y.bitPattern, 8)
            append(UInt64(UInt16(bitPattern: z)), 2)
            bytes += [255, 0, 128]
            append(UInt64(x.bitPattern), 4)
            append(UInt64(Float(y).bitPattern), 4)
        }
        bytes += [7, 4]
        for index in 0..<4 { append(UInt64(index), 4) }
        return bytes
    }

    @Test("text and both byte orders hold the same mesh")
    func readsEncodings() throws {
        let text = try PLYReader.read(Array(Self.ascii.utf8).span, name: "a.ply")
        let mesh = try #require(text.meshes.first).mesh
        #expect(mesh.positions == [SIMD3(0, 0, 0), SIMD3(1, 0, 0), SIMD3(1, 1, 0), SIMD3(0, 1, -2)])
        #expect(mesh.indices == [0, 1, 2, 0, 2, 3])
        #expect(mesh.textureCoordinates == [[SIMD2(0, 1), SIMD2(1, 1), SIMD2(1, 0), SIMD2(0, 0)]])
        let color = try #require(mesh.colors.first?.first)
        #expect(color.x == 1 && color.y == 0 && abs(color.z - 0.2158605) < 1e-6 && color.w == 1)
        #expect(try PLYReader.read(Self.binary(bigEndian: false).span, name: "a.ply") == text)
        #expect(try PLYReader.read(Self.binary(bigEndian: true).span, name: "a.ply") == text)
    }

    @Test("strips become triangles of alternating sense, and -1 ends one")
    func readsStrips() throws {
        let text = """
            ply
            format ascii 1.0
            element vertex 5
            property float x
            property float y
            property float z
            element tristrips 1
            property list int int vertex_indices
            end_header
            0 0 0  1 0 0  0 1 0  1 1 0  0 2 0
            8 0 1 2 3 -1 2 3 4
            """
        let mesh = try #require(try PLYReader.read(Array(text.utf8).span, name: "a.ply").meshes.first).mesh
        #expect(mesh.indices == [0, 1, 2, 1, 3, 2, 2, 3, 4])
    }

    @Test("every truncation is refused, and no flipped bit traps", arguments: [false, true])
    func survivesDamage(_ bigEndian: Bool) {
        let whole = Self.binary(bigEndian: bigEndian)
        for length in 0..<whole.count {
            #expect(throws: LODError.self, "\(length) bytes") {
                _ = try PLYReader.read(Array(whole.prefix(length)).span, name: "a.ply")
            }
        }
        for (file, step) in [(whole, 1), (Array(Self.ascii.utf8), 3)] {
            var bytes = file
            for bit in stride(from: 0, to: bytes.count * 8, by: step) {
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                _ = try? PLYReader.read(bytes.span, name: "a.ply")
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            }
        }
    }

    @Test(
        "what is wrong is named with its line and byte",
        arguments: [
            ("format ascii 1.0\nelement vertex 99\nproperty float x\nend_header\n0\n", "as many rows"),
            ("element vertex 0\nend_header\n", "a format line"),
            ("format ascii 2.0\n", "a line of a PLY header"),
            ("format ascii 1.0\nproperty float x\n", "a property of a known type behind its element"),
            (
                "format ascii 1.0\nelement vertex 1\nproperty float x\nend_header\n0\n",
                "a vertex element with x, y and z"
            ),
            ("format ascii 1.0\nelement vertex -1\n", "a count of rows"),
            ("format ascii 1.0\n", "end_header"),
        ]
    )
    func namesFaults(_ header: String, _ expected: String) {
        let error = #expect(throws: LODError.self) {
            _ = try PLYReader.read(Array("ply\n\(header)".utf8).span, name: "a.ply")
        }
        #expect(error?.code == .invalidModel)
        #expect(error?.message.hasPrefix("a.ply, line ") == true)
        #expect(error?.message.contains("expected \(expected)") == true, "\(error?.message ?? "")")
    }

    @Test("points without faces are refused by name")
    func refusesPoints() {
        let points =
            "ply\nformat ascii 1.0\nelement vertex 1\nproperty float x\nproperty float y\nproperty float z\nend_header\n1 2 3\n"
        let error = #expect(throws: LODError.self) {
            _ = try PLYReader.read(Array(points.utf8).span, name: "a.ply")
        }
        #expect(error?.code == .unsupported)
    }
}
