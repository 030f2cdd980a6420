import LODEngine
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Places of errors")
struct ErrorPlaceTests {
    /// What stands in `bytes` from `offset` on.
    private func text(_ bytes: [UInt8], from offset: Int?, _ count: Int) -> String {
        guard let offset, bytes.indices.contains(offset) else { return "nothing" }
        return String(decoding: bytes[offset...].prefix(count), as: UTF8.self)
    }

    @Test(
        "a pointer leads to the byte of its value, or of the nearest value around one that is missing",
        arguments: [
            ("", "{ \"a"), ("/a", "[ 1"), ("/a/0", "1, {"), ("/a/1", "{\"b/"), ("/a/1/b~1c", "\"x\\\""),
            ("/a/1/~0", "null"), ("/a/1/é", "-2.5"), ("/a/7", "[ 1"), ("/a/x", "[ 1"), ("/a/0/x", "1, {"),
            ("/none", "{ \"a"), ("/none/0", "{ \"a"), ("/z", "true"), ("/", "7 }"),
        ]
    )
    func offsets(pointer: String, start: String) {
        let bytes = Array(
            #"  { "a" : [ 1, {"b/c": "x\"]}", "~":null , "\u00e9":-2.5 } ], "z":true, "":7 } "#.utf8
        )
        let offset = JSONParser.offset(of: pointer, in: bytes.span)
        #expect(text(bytes, from: offset, 40).hasPrefix(start), "\(offset)")
    }

    @Test("text that is no JSON has places up to where it breaks, and ends the search")
    func brokenText() {
        for broken in ["", "{", "[", #"{"a""#, #"{"a":"#, #"{"b":[,"a":1}"#, "[1", "7"] {
            #expect(JSONParser.offset(of: "/a/0", in: Array(broken.utf8).span) <= broken.utf8.count, "\(broken)")
        }
    }

    @Test("a fault in a GLB's JSON is thrown with file, pointer and the byte in the file", arguments: [true, false])
    func glb(validates: Bool) {
        var builder = GLTFBuilder.triangle()
        builder.scene([["attributes": ["POSITION": 9]]])
        let glb = builder.glb
        let error = #expect(throws: LODError.self) {
            try Model.read(glb, name: "shop.glb", limits: ReadLimits(), validates: validates)
        }
        let pointer = "/meshes/0/primitives/0/attributes/POSITION"
        #expect(error?.file == "shop.glb")
        #expect(error?.pointer == pointer)
        #expect(text(glb, from: error?.byteOffset, 2) == "9}")
        let place = "\(pointer) (byte \(error?.byteOffset ?? -1)): "
        #expect(error?.message.contains(place) == true, "\(String(describing: error))")
    }

    @Test("a member that is missing is thrown at the value that should have it")
    func missing() {
        let bytes = Array(#"{"asset":{"version":"2.0"},"buffers":[{"name":"empty"}]}"#.utf8)
        for validates in [true, false] {
            let error = #expect(throws: LODError.self) {
                try Model.read(bytes, name: "a.gltf", limits: ReadLimits(), validates: validates)
            }
            #expect(error?.file == "a.gltf")
            #expect(text(bytes, from: error?.byteOffset, 9) == #"{"name":""#, "\(String(describing: error))")
        }
        let error = #expect(throws: LODError.self) {
            try Model.read(Array(" {}".utf8), name: "a.gltf", limits: ReadLimits(), validates: false)
        }
        #expect(error?.message == "a.gltf: the document (byte 1): expected member \"asset\"")
        #expect(error?.pointer?.isEmpty == true && error?.byteOffset == 1)
    }

    @Test("a report that is required to be valid throws the byte of its first error")
    func report() throws {
        let bytes = Array(#"{"asset":{"version":"2.0"},"scene":-1}"#.utf8)
        let report = try Model.validate(bytes, name: "a.gltf")
        let error = #expect(throws: LODError.self) { try report.requireValid() }
        #expect(error?.pointer == "/scene")
        #expect(text(bytes, from: error?.byteOffset, 3) == "-1}", "\(String(describing: error))")
    }

    @Test("a buffer that cannot be read is thrown at the place that names it")
    func besideTheFile() throws {
        let directory = try TemporaryDirectory()
        let text = #"{"asset":{"version":"2.0"},"buffers":[{"uri":"../b.bin","byteLength":4}]}"#
        let path = directory.path + "/a.gltf"
        try PosixFileSystem().replaceFile(at: path, with: Array(text.utf8).span)
        let error = #expect(throws: LODError.self) { try Model.read(contentsOf: path) }
        #expect(error?.file == path)
        #expect(self.text(Array(text.utf8), from: error?.byteOffset, 1) != "nothing", "\(String(describing: error))")
    }

    @Test("faults of containers and of other formats are thrown with file and byte")
    func otherFormats() {
        var glb = GLTFBuilder.triangle().glb
        glb[4] = 1
        let container = #expect(throws: LODError.self) { try Model.read(glb, name: "a.glb") }
        #expect(container?.file == "a.glb" && container?.byteOffset == 4)
        #expect(container?.pointer == nil)
        let flat = #expect(throws: LODError.self) { try Model.read(Array("v 0 0 x\n".utf8), name: "a.obj") }
        #expect(flat?.file == "a.obj" && flat?.byteOffset == 6, "\(String(describing: flat))")
        let none = #expect(throws: LODError.self) { try Model.read(Array("hello".utf8), name: "a.jpg") }
        #expect(none?.file == "a.jpg" && none?.byteOffset == 0)
    }
}
