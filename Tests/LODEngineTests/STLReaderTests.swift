internal import LODEngine
internal import Testing
internal import VitrineTestSupport

@Suite("The STL reader and the detection of formats")
struct STLReaderTests {
    private static let text = """
        solid two of them
        facet normal 0 0 1
        outer loop
        vertex 0 0 0
        vertex 1 0 0
        vertex 0 1 -0
        endloop
        endfacet
          FACET NORMAL nan nan nan
            OUTER LOOP
              VERTEX 1.0e0 0 0
              VERTEX 1 1 0
              VERTEX 0 1 0
            ENDLOOP
          ENDFACET
        endsolid two of them
        """

    private static let binary: [UInt8] = {
        var bytes = Array("solid, though binary".utf8)
        bytes += [UInt8](repeating: 0x20, count: 80 - bytes.count) + [2, 0, 0, 0]
        for triangle in [[(0, 0), (1, 0), (0, 1)], [(1, 0), (1, 1), (0, 1)]] as [[(Float, Float)]] {
            bytes += [UInt8](repeating: 0xff, count: 12)
            for (x, y) in triangle {
                for number in [x, y, -0.0] {
                    for shift in 0..<4 {
                        bytes.append(UInt8(truncatingIfNeeded: number.bitPattern >> UInt32(8 * shift)))
                    }
                }
            }
            bytes += [1, 2]
        }
        return bytes
    }()

    @Test("text and binary hold the same mesh, corners at one place welded")
    func readsBoth() throws {
        let mesh = try #require(try STLReader.read(Array(Self.text.utf8).span, name: "a.stl").meshes.first)
        #expect(mesh.name == "two of them")
        #expect(mesh.mesh.positions == [SIMD3(0, 0, 0), SIMD3(1, 0, 0), SIMD3(0, 1, 0), SIMD3(1, 1, 0)])
        #expect(mesh.mesh.indices == [0, 1, 2, 1, 3, 2])
        #expect(try STLReader.read(Self.binary.span, name: "a.stl").meshes.first?.mesh == mesh.mesh)
    }

    @Test("every truncation of either kind is refused, and no flipped bit traps")
    func survivesDamage() {
        let text = Array(Self.text.utf8)
        // The solid's name need not be whole behind its last facet.
        let nameEnd = text.count - " two of them".utf8.count
        for (whole, end) in [(Self.binary, Self.binary.count), (text, nameEnd)] {
            for length in 0..<end {
                #expect(throws: LODError.self, "\(length) bytes") {
                    _ = try STLReader.read(Array(whole.prefix(length)).span, name: "a.stl")
                }
            }
            var bytes = whole
            for bit in 0..<bytes.count * 8 {
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
                _ = try? STLReader.read(bytes.span, name: "a.stl")
                bytes[bit / 8] ^= 1 << UInt8(bit % 8)
            }
        }
    }

    @Test("a coordinate that is no number is named with its byte")
    func namesFaults() {
        var bytes = Self.binary
        bytes.replaceSubrange(96..<100, with: [0, 0, 0xc0, 0x7f])
        let error = #expect(throws: LODError.self) { _ = try STLReader.read(bytes.span, name: "a.stl") }
        #expect(error?.message == "a.stl, byte 96: expected a finite coordinate, not nan")
        let loop = #expect(throws: LODError.self) {
            _ = try STLReader.read(Array("solid\nfacet normal 0 0 1\nouter lop".utf8).span, name: "a.stl")
        }
        #expect(loop?.message == "a.stl, line 3 (byte 31): expected loop")
    }

    @Test("formats are told by their first bytes, and OBJ by its name")
    func detects() {
        #expect(FlatFormat.detect(Self.binary.span, name: "model") == .stl)
        #expect(FlatFormat.detect(Array(Self.text.utf8).span, name: "model") == .stl)
        #expect(FlatFormat.detect(Array("ply\nformat".utf8).span, name: "model.obj") == .ply)
        #expect(FlatFormat.detect(Array("v 0 0 0".utf8).span, name: "dir.x/Model.OBJ") == .obj)
        #expect(FlatFormat.detect(Array("v 0 0 0".utf8).span, name: "dir.obj/model") == nil)
        #expect(FlatFormat.detect(Array("OFF 8 6 12".utf8).span, name: "whitespace.off") == nil)
        #expect(FlatFormat.detect(Array("PK\u{3}\u{4}".utf8).span, name: "ascii.stl.zip") == nil)
    }
}
