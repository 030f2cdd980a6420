import LODEngine
import VitrineIO

/// Puts a glTF file together piece by piece, without the module's own writer.
struct GLTFBuilder {
    /// The document; `buffers`, `bufferViews` and `accessors` are added by `json`.
    var root: JSONObject = ["asset": ["version": "2.0"]]
    /// The buffer.
    var binary: [UInt8] = []
    var views: [JSONValue] = []
    var accessors: [JSONValue] = []

    /// Adds a buffer view over `bytes`, at a multiple of 4.
    mutating func view(_ bytes: [UInt8], _ more: JSONObject = [:]) -> Int {
        binary += repeatElement(0, count: -binary.count & 3)
        var view: JSONObject = [
            "buffer": 0, "byteOffset": .int(binary.count), "byteLength": .int(bytes.count),
        ]
        for member in more.members { view[member.key] = member.value }
        binary += bytes
        views.append(.object(view))
        return views.count - 1
    }

    /// Adds an accessor over a view of its own, or as `more` says.
    mutating func accessor(
        _ component: Int,
        _ type: String,
        _ count: Int,
        _ bytes: [UInt8]?,
        _ more: JSONObject = [:]
    ) -> Int {
        var accessor: JSONObject = ["componentType": .int(component), "count": .int(count), "type": .string(type)]
        if let bytes { accessor["bufferView"] = .int(view(bytes)) }
        for member in more.members { accessor[member.key] = member.value }
        accessors.append(.object(accessor))
        return accessors.count - 1
    }

    /// Adds an accessor of floats; vectors of three, which may be positions, with their bounds.
    mutating func floats(_ numbers: [Float], _ type: String = "VEC3", _ more: JSONObject = [:]) -> Int {
        let width = ["SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT4": 16][type] ?? 1
        var more = more
        if type == "VEC3", numbers.count >= 3, numbers.allSatisfy(\.isFinite) {
            func bound(_ best: (Float, Float) -> Float) -> JSONValue {
                .array(
                    (0..<3).map { axis in
                        let values = stride(from: axis, to: numbers.count, by: 3).map { numbers[$0] }
                        return .double(Double(values.dropFirst().reduce(values[0], best)))
                    }
                )
            }
            more["min"] = more["min"] ?? bound(min)
            more["max"] = more["max"] ?? bound(max)
        }
        return accessor(5126, type, numbers.count / width, bytes(of: numbers), more)
    }

    /// Adds an accessor of indices.
    mutating func indices(_ numbers: [UInt16]) -> Int {
        var bytes: [UInt8] = []
        for number in numbers { bytes.appendLittleEndian(number) }
        return accessor(5123, "SCALAR", numbers.count, bytes)
    }

    /// Sets one mesh of these primitives, one node and one scene.
    mutating func scene(_ primitives: [JSONValue]) {
        root["meshes"] = [["primitives": .array(primitives)]]
        root["nodes"] = [["mesh": 0]]
        root["scenes"] = [["nodes": [0]]]
        root["scene"] = 0
    }

    /// The document with all that was added.
    var document: JSONObject {
        var root = root
        if !binary.isEmpty && root["buffers"] == nil { root["buffers"] = [["byteLength": .int(binary.count)]] }
        if !views.isEmpty { root["bufferViews"] = .array(views) }
        if !accessors.isEmpty { root["accessors"] = .array(accessors) }
        return root
    }

    /// The file as GLB.
    var glb: [UInt8] {
        GLTFBuilder.glb(JSONValue.object(document).serialized, binary)
    }

    /// A GLB of any two chunks.
    static func glb(_ json: [UInt8], _ binary: [UInt8]?) -> [UInt8] {
        let json = json + [UInt8](repeating: 0x20, count: -json.count & 3)
        let binary = binary.map { $0 + [UInt8](repeating: 0, count: -$0.count & 3) }
        var bytes = Array("glTF".utf8)
        bytes.appendLittleEndian(UInt32(2))
        bytes.appendLittleEndian(UInt32(20 + json.count + (binary.map { 8 + $0.count } ?? 0)))
        bytes.appendLittleEndian(UInt32(json.count))
        bytes += Array("JSON".utf8) + json
        if let binary {
            bytes.appendLittleEndian(UInt32(binary.count))
            bytes += Array("BIN\0".utf8) + binary
        }
        return bytes
    }

    /// The model that the file is read as, by the reader's own checks alone.
    func model(limits: ReadLimits = ReadLimits()) throws -> Model {
        try Model.read(glb, name: "built.glb", limits: limits, validates: false)
    }

    /// A builder with the positions of `triangle`, accessor 0.
    static func triangle() -> GLTFBuilder {
        var builder = GLTFBuilder()
        _ = builder.floats([0, 0, 0, 1, 0, 0, 0, 1, 0])
        builder.scene([["attributes": ["POSITION": 0]]])
        return builder
    }
}

/// Floats as they lie in a file.
func bytes(of numbers: [Float]) -> [UInt8] {
    var bytes: [UInt8] = []
    for number in numbers { bytes.appendLittleEndian(number.bitPattern) }
    return bytes
}

/// The JSON of a GLB.
func document(of glb: [UInt8]) throws -> JSONValue {
    let length = (0..<4).reduce(0) { $0 | Int(glb[12 + $1]) << (8 * $1) }
    return try JSONParser.parse(Array(glb[20..<20 + length]).span)
}
