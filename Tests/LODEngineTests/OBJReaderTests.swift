internal import LODEngine
internal import Testing
internal import VitrineTestSupport

@Suite("The OBJ reader")
struct OBJReaderTests {
    private func read(_ text: String, library: String? = nil) throws -> FlatScene {
        try OBJReader.read(Array(text.utf8).span, name: "a.obj") { name in
            name == "a.mtl" ? library.map { Array($0.utf8) } : nil
        }
    }

    private static let square = "v 0 0 0\nv 1 0 0\nv 1 1 0\nv 0 1 0\n"

    @Test("corners with the same three indices share a vertex, others do not")
    func sharesWedges() throws {
        let text =
            Self.square + "vt 0 0\nvt 1 0.25\nvn 0 0 2\nf 1/1/1 2/2/1 3/1/1\nf 1/1/1 3/1/1 4/1/1\nf 1/2/1 2/2/1 4/1/1\n"
        let mesh = try #require(try read(text).meshes.first).mesh
        #expect(mesh.indices == [0, 1, 2, 0, 2, 3, 4, 1, 3])
        #expect(mesh.positions[4] == mesh.positions[0])
        #expect(mesh.textureCoordinates == [[SIMD2(0, 1), SIMD2(1, 0.75), SIMD2(0, 1), SIMD2(0, 1), SIMD2(1, 0.75)]])
        #expect(mesh.normals == Array(repeating: SIMD3(0, 0, 1), count: 5))
    }

    @Test("negative indices count back from the latest")
    func countsBack() throws {
        let mesh = try #require(try read(Self.square + "f -4 -3 -2\nv 5 5 5\nf -1 -2 -3\n").meshes.first).mesh
        #expect(mesh.indices == [0, 1, 2, 3, 4, 2])
        #expect(mesh.positions[3] == SIMD3(5, 5, 5))
        #expect(mesh.positions[4] == SIMD3(0, 1, 0))
    }

    @Test("faces are split by object and by material, and a material comes back to its mesh")
    func splitsParts() throws {
        let text = """
            mtllib a.mtl
            \(Self.square)o one
            usemtl red
            f 1 2 3
            usemtl plain
            f 1 3 4
            usemtl red
            f 2 3 4
            o two
            f 1 2 4
            """
        let library = "newmtl red\nKd 0.5 0.25 0\nd 0.5\nmap_Kd -s 1 1 1 red.png\nnewmtl other\nKd 1 1 1\n"
        let scene = try read(text, library: library)
        #expect(scene.meshes.map(\.name) == ["one", "one", "two"])
        #expect(scene.meshes.map(\.material) == [0, 1, 0])
        #expect(scene.meshes.map(\.mesh.triangleCount) == [2, 1, 1])
        #expect(
            scene.materials == [
                FlatMaterial(name: "red", baseColor: SIMD4(0.5, 0.25, 0, 0.5), baseColorTexture: "red.png"),
                FlatMaterial(name: "plain"),
            ]
        )
    }

    @Test("a concave polygon is cut inside its outline")
    func cutsConcave() throws {
        // An arrowhead: the fan from its first corner would cover ground outside it.
        let text = "v 0 0 0\nv 2 -1 0\nv 0 3 0\nv -2 -1 0\nf 2 3 4 1\n"
        let mesh = try #require(try read(text).meshes.first).mesh
        #expect(mesh.triangleCount == 2)
        #expect(abs(area(mesh) - 6) < 1e-6)
        let star = (0..<10).map { corner -> String in
            let points: [(Double, Double)] = [
                (0, 10), (2, 3), (9, 3), (4, -1), (6, -8), (0, -4), (-6, -8), (-4, -1), (-9, 3), (-2, 3),
            ]
            return "v \(points[corner].0) 0 \(points[corner].1)\n"
        }
        let starMesh = try #require(try read(star.joined() + "f 1 2 3 4 5 6 7 8 9 10\n").meshes.first).mesh
        #expect(starMesh.triangleCount == 8)
        #expect(abs(area(starMesh) - 112) < 1e-3)
    }

    private func area(_ mesh: Mesh) -> Float {
        stride(from: 0, to: mesh.indices.count, by: 3).reduce(0) { sum, first in
            let a = mesh.positions[Int(mesh.indices[first])]
            let u = mesh.positions[Int(mesh.indices[first + 1])] - a
            let v = mesh.positions[Int(mesh.indices[first + 2])] - a
            let cross = SIMD3(u.y * v.z - u.z * v.y, u.z * v.x - u.x * v.z, u.x * v.y - u.y * v.x)
            return sum + (cross * cross).sum().squareRoot() / 2
        }
    }

    @Test("vertex colours become linear, and vertices without one are white")
    func readsColors() throws {
        let mesh = try #require(try read("v 0 0 0\nv 1 0 0 1 0.5 0\nv 0 1 0 0 0 0 0.5\nf 1 2 3\n").meshes.first).mesh
        let colors = try #require(mesh.colors.first)
        #expect(colors[0] == SIMD4(1, 1, 1, 1))
        #expect(abs(colors[1].y - 0.214041) < 1e-5)
        #expect(colors[2] == SIMD4(0, 0, 0, 0.5))
    }

    @Test("line ends, blanks, comments and continued lines do not matter")
    func readsLooseText() throws {
        let text = "\u{9}v 0 0 0 # first\r\nv\t1 0 0\r\n\r\nv 0 1 0.0e0\r\n#f 9 9 9\nf 1 \\\n 2 \\\r\n 3"
        #expect(try read(text).meshes.first?.mesh.indices == [0, 1, 2])
    }

    @Test(
        "what is wrong is named with its line and byte",
        arguments: [
            ("v 0 0\n", "a.obj, line 1 (byte 5): expected a finite number"),
            ("v 0 0 nan\n", "a.obj, line 1 (byte 6): expected a finite number"),
            ("v 0 0 1e39\n", "a.obj, line 1 (byte 6): expected a finite number"),
            ("v 0 0 1x\n", "a.obj, line 1 (byte 7): expected a finite number"),
            (square + "f 1 2 5\n", "a.obj, line 5 (byte 38): expected an index of one of the 4 positions so far"),
            (square + "f 1 2 0\n", "a.obj, line 5 (byte 38): expected an index of one of the 4 positions so far"),
            (
                square + "f 1/1 2 3\n",
                "a.obj, line 5 (byte 36): expected an index of one of the 0 texture coordinates so far"
            ),
            (square + "f 1 2 -5\n", "a.obj, line 5 (byte 38): expected an index of one of the 4 positions so far"),
            (square, "a.obj, byte 32: expected at least one face of three corners"),
            ("", "a.obj, byte 0: expected at least one face of three corners"),
        ]
    )
    func namesFaults(_ text: String, _ message: String) {
        let error = #expect(throws: LODError.self) { _ = try read(text) }
        #expect(error?.code == .invalidModel)
        #expect(error?.message == message)
    }

    @Test("numbers are read as the library reads them")
    func readsNumbers() throws {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<2000 {
            let value = Float(bitPattern: UInt32(truncatingIfNeeded: random.next()))
            guard value.isFinite else { continue }
            let texts = ["\(value)", "\(Double(value))", longText(value)]
            for text in texts {
                let scene = try read("v \(text) 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
                #expect(scene.meshes.first?.mesh.positions[0].x == Float(text), "\(text), seed \(random.seed)")
            }
        }
    }
}

/// The number with many digits and no exponent where it is of middling size.
private func longText(_ value: Float) -> String {
    let size = value.magnitude
    guard size > 1e-3, size < 1e6 else { return "\(value)" }
    let fraction = (Double(size) - Double(size).rounded(.down)) * 1e9
    let digits = String(Int(fraction))
    let zeros = String(repeating: "0", count: max(0, 9 - digits.count))
    return "\(value < 0 ? "-" : "+")\(Int(size)).\(zeros)\(digits)"
}
