import Glibc
import LODEngine
import Testing
import VitrineIO
import VitrineTestSupport

@Suite("Files beside a glTF")
struct GLTFResourceTests {
    private let disk = PosixFileSystem()

    /// A .gltf of one triangle whose buffer is at `uri`.
    private func text(uri: String) -> [UInt8] {
        var builder = GLTFBuilder.triangle()
        builder.root["buffers"] = [["byteLength": 36, "uri": .string(uri)]]
        return JSONValue.object(builder.document).serialized
    }

    private var buffer: [UInt8] { GLTFBuilder.triangle().binary }

    private func write(_ bytes: [UInt8], _ path: String) throws {
        try disk.replaceFile(at: path, with: bytes.span)
    }

    /// The code of the error that reading a file must throw.
    private func failure(reading path: String) -> LODError.Code? {
        #expect(throws: LODError.self) { try Model.read(contentsOf: path) }?.code
    }

    @Test("buffers beside the file and below it are read, by percent-encoded names")
    func beside() throws {
        let directory = try TemporaryDirectory()
        try disk.createDirectory(directory.path + "/sub dir")
        try write(buffer, directory.path + "/a.bin")
        try write(buffer, directory.path + "/sub dir/ö.bin")
        for uri in ["a.bin", "./a.bin", "sub%20dir/%C3%B6.bin"] {
            try write(text(uri: uri), directory.path + "/model.gltf")
            #expect(try Model.read(contentsOf: directory.path + "/model.gltf").triangleCount == 1)
        }
    }

    @Test("a data URI is read without any directory")
    func dataURI() throws {
        let zeros = "data:application/octet-stream;base64," + String(repeating: "A", count: 48)
        #expect(
            try Model.read(text(uri: zeros), name: "x.gltf", limits: ReadLimits(), validates: false).vertexCount == 3
        )
        let outside = #expect(throws: LODError.self) { try Model.read(text(uri: "a.bin"), name: "x.gltf") }
        #expect(outside?.code == .unsupported)
    }

    @Test(
        "a data URI that is not base64 is refused at its byte",
        arguments: [
            ("data:;base64,AAA", "36 bytes in the buffer, found 2"), ("data:;base64,A", "byte 1"),
            ("data:;base64,AA!A", "byte 2"), ("data:;base64,AA=A", "byte 2"), ("data:;base64,A===", "byte 1"),
            ("data:;base64", "\",\""), ("data:,AAAA", "base64"), ("data:text/plain,AAAA", "base64"),
        ]
    )
    func brokenDataURI(uri: String, words: String) {
        let error = #expect(throws: LODError.self) {
            try Model.read(text(uri: uri), name: "x.gltf", limits: ReadLimits(), validates: false)
        }
        #expect(error?.code == .invalidModel)
        #expect(error?.message.hasPrefix("x.gltf: /buffers/0") == true)
        #expect(error?.message.contains(words) == true, "\(String(describing: error))")
    }

    @Test(
        "base64 of any length gives its bytes",
        arguments: [("", ""), ("TQ==", "M"), ("TWE=", "Ma"), ("TWFu", "Man"), ("TWE", "Ma")]
    )
    func base64(text: String, expected: String) throws {
        // As an image, for its bytes can be asked for.
        var builder = GLTFBuilder.triangle()
        builder.root["images"] = [["uri": .string("data:image/png;base64," + text)]]
        builder.root["textures"] = [["source": 0]]
        builder.root["materials"] = [["pbrMetallicRoughness": ["baseColorTexture": ["index": 0]]]]
        let texture = try #require(try builder.model().materials.first?.baseColorTexture)
        #expect(texture.imageBytes == Array(expected.utf8))
        #expect(texture.mimeType == "image/png")
    }

    @Test(
        "a URI that leads out of the directory is refused, however it is spelled",
        arguments: [
            "../secret.bin", "sub/../../secret.bin", "%2e%2e/secret.bin", "..%2Fsecret.bin", "/etc/passwd",
            "%2Fetc/passwd", "file:///etc/passwd", "http://example.com/a.bin", "..\\secret.bin", "\\secret.bin",
            "link.bin", "linked/secret.bin",
        ]
    )
    func escapes(uri: String) throws {
        let directory = try TemporaryDirectory()
        let inner = directory.path + "/inner"
        try disk.createDirectory(inner)
        try disk.createDirectory(inner + "/sub")
        try write(buffer, directory.path + "/secret.bin")
        #expect(unsafe symlink("../secret.bin", inner + "/link.bin") == 0)
        #expect(unsafe symlink("..", inner + "/linked") == 0)
        try write(text(uri: uri), inner + "/model.gltf")
        let error = #expect(throws: LODError.self) { try Model.read(contentsOf: inner + "/model.gltf") }
        #expect(error?.code == .outsideDirectory, "\(String(describing: error))")
        #expect(error?.message.contains("/buffers/0") == true)
    }

    @Test("a file that is missing, empty or too short is an error, not a crash")
    func missing() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/model.gltf"
        try write(text(uri: "a.bin"), path)
        #expect(failure(reading: path) == .ioFailed)
        try write([], directory.path + "/a.bin")
        #expect(failure(reading: path) == .invalidModel)
        try write([1, 2, 3], directory.path + "/a.bin")
        #expect(failure(reading: path) == .invalidModel)
        try write(text(uri: "%zz.bin"), path)
        #expect(failure(reading: path) == .invalidModel)
        let nothing = directory.path + "/nothing.glb"
        #expect(failure(reading: nothing) == .ioFailed)
        #expect(failure(reading: directory.path) == .ioFailed)
    }

    @Test("a written model replaces the file, and images beside the .gltf are in it")
    func writing() throws {
        let directory = try TemporaryDirectory()
        var builder = GLTFBuilder.triangle()
        let picture: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 1, 2, 3]
        builder.root["buffers"] = [["byteLength": 36, "uri": "a.bin"]]
        builder.root["images"] = [["uri": "picture.dat"]]
        builder.root["textures"] = [["source": 0]]
        builder.root["materials"] = [
            ["name": "m", "pbrMetallicRoughness": ["baseColorTexture": ["index": 0, "texCoord": 1]]]
        ]
        try write(JSONValue.object(builder.document).serialized, directory.path + "/model.gltf")
        try write(buffer, directory.path + "/a.bin")
        try write(picture, directory.path + "/picture.dat")
        let model = try Model.read(contentsOf: directory.path + "/model.gltf")
        try model.write(to: directory.path + "/model.glb")
        try model.write(to: directory.path + "/model.glb")
        let again = try Model.read(contentsOf: directory.path + "/model.glb")
        let texture = try #require(again.materials.first?.baseColorTexture)
        #expect(texture.imageBytes == picture)
        #expect(texture.mimeType == "image/png")
        #expect(texture.textureCoordinateSet == 1)
        #expect(try disk.list(directory.path) == ["a.bin", "model.glb", "model.gltf", "picture.dat"])
        let error = #expect(throws: LODError.self) { try model.write(to: directory.path + "/none/model.glb") }
        #expect(error?.code == .ioFailed)
    }
}
