/// Turns a glTF 2.0 document into a model, believing nothing that it states before it is checked.
///
/// Written from the glTF 2.0 specification, section numbers as in version 2.0.1. Extensions: see `knownExtensions`.
struct GLTFReader {
    /// What a file may require: what is read here, and what does not concern triangles and is carried through.
    ///
    /// KHR_materials_… are all carried through. Any other extension is carried through unless a file requires it.
    static let knownExtensions: Set<String> = [
        "EXT_meshopt_compression", "KHR_meshopt_compression", "KHR_mesh_quantization",
        "KHR_animation_pointer", "KHR_lights_punctual", "KHR_node_visibility", "KHR_texture_basisu",
        "KHR_texture_transform", "KHR_xmp_json_ld",
        "EXT_lights_image_based", "EXT_texture_avif", "EXT_texture_webp", "MSFT_lod", "MSFT_texture_dds",
    ]

    /// What errors call the file.
    let file: String
    /// What the file may ask for.
    let limits: ReadLimits
    /// Where other files of the model are; `nil` when it was read from memory.
    let directory: ResourceDirectory?
    /// The whole document.
    let root: JSONPlace
    /// The bytes of each buffer; `nil` for one that has none and only stands in for compressed data.
    var buffers: [ByteBlock?] = []
    /// The buffer views, in order.
    var views: [BufferView] = []
    /// The accessors, in order.
    var accessors: [Accessor] = []
    /// Views that were decompressed.
    var decompressed: [Int: ByteBlock] = [:]
    /// Bytes that may still be decompressed or filled.
    var bytesLeft: Int
    /// Vertices that may still be read.
    var verticesLeft: Int
    /// Triangles that may still be read.
    var trianglesLeft: Int
    /// Bytes that vertices may still take.
    var vertexBytesLeft: Int
    /// Files that were read by URI, so that one that is named often is mapped once.
    var resources: [String: ByteBlock] = [:]
    /// The errors of buffers that are on another machine: thrown where their bytes are used.
    var bufferFaults: [Int: LODError] = [:]

    /// Reads a document.
    ///
    /// - Parameters:
    ///   - json: The document's text.
    ///   - binary: The GLB's BIN chunk, if it has one.
    static func read(
        _ json: ByteBlock,
        binary: ByteBlock?,
        name: String,
        directory: ResourceDirectory?,
        limits: ReadLimits
    ) throws -> Model {
        var reader = try GLTFReader(json, name: name, directory: directory, limits: limits)
        try reader.checkVersionAndExtensions()
        try reader.readBuffers(binary: binary)
        try reader.readViews()
        try reader.readAccessors()
        let primitives = try reader.readPrimitives()
        let instances = try reader.readInstances(of: primitives)
        let document = try reader.carriedDocument()
        return Model(name: name, primitives: primitives, instances: instances, document: document)
    }

    private init(_ json: ByteBlock, name: String, directory: ResourceDirectory?, limits: ReadLimits) throws {
        guard json.count <= limits.jsonBytesMax else {
            throw LODError(
                .limitExceeded,
                "\(name): \(json.count) bytes of JSON, at most \(limits.jsonBytesMax) allowed",
                file: name
            )
        }
        let value: JSONValue
        do {
            value = try json.withBytes { try JSONParser.parse($0) }
        } catch let error as JSONError {
            let code: LODError.Code = error.kind == .tooManyValues ? .limitExceeded : .invalidModel
            throw LODError(code, "\(name): \(error)")
        }
        file = name
        root = JSONPlace(value: value, pointer: JSONPointer(), file: name)
        self.limits = limits
        self.directory = directory
        bytesLeft = limits.decompressedBytesMax
        verticesLeft = limits.verticesMax
        trianglesLeft = limits.trianglesMax
        vertexBytesLeft = limits.vertexBytesMax
        guard value.object != nil else { throw root.mismatch("an object") }
    }

    private func checkVersionAndExtensions() throws {
        let asset = try root.required("asset")
        guard let version = try asset.string("version") else { throw asset.invalid("member \"version\"") }
        let needed = try asset.string("minVersion") ?? "2.0"
        guard version.hasPrefix("2."), needed == "2.0" else {
            throw asset.invalid("glTF version 2.0, found \(version) that needs \(needed)", .unsupported)
        }
        for place in try root.elements("extensionsRequired") {
            guard let name = place.value.string else { throw place.mismatch("a string") }
            guard GLTFReader.knownExtensions.contains(name) || name.hasPrefix("KHR_materials_") else {
                throw place.invalid("an extension that this reader has, found \(name)", .unsupported)
            }
        }
    }

    /// Takes `count` bytes off what may be decompressed.
    mutating func spend(bytes count: Int, at place: JSONPlace) throws {
        guard count <= bytesLeft else {
            throw place.invalid("at most \(limits.decompressedBytesMax) bytes decompressed in all", .limitExceeded)
        }
        bytesLeft -= count
    }

    /// Takes `count` vertices off what may be read.
    mutating func spend(vertices count: Int, at place: JSONPlace) throws {
        guard count <= verticesLeft else {
            throw place.invalid("at most \(limits.verticesMax) vertices in all", .limitExceeded)
        }
        verticesLeft -= count
    }

    /// Takes `size` bytes for each of `count` vertices off what they may take.
    mutating func spend(vertexBytes size: Int, for count: Int, at place: JSONPlace) throws {
        let (total, overflow) = size.multipliedReportingOverflow(by: count)
        guard !overflow, total <= vertexBytesLeft else {
            throw place.invalid("at most \(limits.vertexBytesMax) bytes of vertices in all", .limitExceeded)
        }
        vertexBytesLeft -= total
    }

    /// Takes `count` triangles off what may be read.
    mutating func spend(triangles count: Int, at place: JSONPlace) throws {
        guard count <= trianglesLeft else {
            throw place.invalid("at most \(limits.trianglesMax) triangles in all", .limitExceeded)
        }
        trianglesLeft -= count
    }
}
