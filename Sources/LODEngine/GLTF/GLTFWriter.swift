/// Writes a model as GLB: the carried document with new accessors, buffer views and one buffer.
struct GLTFWriter {
    private let model: Model
    private var views = BufferViewBuilder()
    private var accessors: [JSONValue] = []
    /// Accessors by their JSON, so that equal ones are written once.
    private var known: [[UInt8]: Int] = [:]

    /// Prepares to write `model`.
    init(_ model: Model) {
        self.model = model
    }

    /// The file's bytes.
    ///
    /// - Throws: `LODError` with `unsupported` when they would exceed 4 GiB.
    mutating func write() throws -> [UInt8] {
        // First what is carried: its indices are the old file's, those of the meshes are new.
        var root = try writeCarried()
        writeMeshes(&root)
        writeImages(&root)
        if case .object(var asset)? = root["asset"] {
            asset["generator"] = "Vitrine LODEngine"
            root["asset"] = .object(asset)
        }
        removeResolvedExtensions(&root)
        let (viewJSON, parts, byteCount) = views.finish()
        root["accessors"] = accessors.isEmpty ? nil : .array(accessors)
        root["bufferViews"] = viewJSON.isEmpty ? nil : .array(viewJSON)
        root["buffers"] = byteCount == 0 ? nil : [["byteLength": .int(byteCount)]]
        guard let bytes = GLBContainer.assemble(json: JSONValue.object(root).serialized, binary: parts) else {
            throw LODError(.unsupported, "\(model.name): the model exceeds the 4 GiB that a GLB can hold")
        }
        return bytes
    }

    /// Adds an accessor and returns its index, or that of an equal one.
    private mutating func add(_ encoded: EncodedAccessor) -> Int {
        var json = encoded.json
        if let bytes = encoded.bytes {
            let (view, offset) = views.append(bytes, to: encoded.kind)
            json["bufferView"] = .int(view)
            json["byteOffset"] = offset == 0 ? nil : .int(offset)
        }
        let text = JSONValue.object(json).serialized
        if let index = known[text] { return index }
        accessors.append(.object(json))
        known[text] = accessors.count - 1
        return accessors.count - 1
    }
}

/// What is carried.
extension GLTFWriter {
    private mutating func writeCarried() throws -> JSONObject {
        let document = model.document
        return try AccessorReferences.map(document.root, file: model.name) { target, place in
            switch target {
            case .accessor(let usage):
                let index = try place.index(below: Int.max, of: "accessors")
                guard let carried = document.accessors[GLTFDocument.AccessorKey(index: index, usage: usage)] else {
                    throw place.mismatch("an accessor that was carried")
                }
                let kind: BufferViewBuilder.Kind =
                    switch usage {
                    case .vertices: .vertices(stride: carried.stride)
                    case .indices: .indices(size: carried.stride)
                    case .inverseBindMatrices: .inverseBindMatrices
                    case .other: .other
                    }
                return add(EncodedAccessor(json: carried.json, bytes: carried.bytes, kind: kind))
            case .view:
                let index = try place.index(below: Int.max, of: "buffer views")
                guard let block = document.views[index] else {
                    throw place.mismatch("a buffer view that was carried")
                }
                return views.append(block, as: .carried(index))
            }
        }
    }

    /// Puts every image whose bytes are at hand into the file.
    private mutating func writeImages(_ root: inout JSONObject) {
        guard case .array(var images)? = root["images"] else { return }
        for (index, image) in model.document.images.sorted(by: { $0.key < $1.key }) {
            guard case .object(var object) = images[index] else { continue }
            object["uri"] = nil
            object["mimeType"] = .string(image.mimeType)
            object["bufferView"] = .int(views.append(image.bytes, as: .image(index)))
            images[index] = .object(object)
        }
        root["images"] = .array(images)
    }

    /// Takes back the extensions that the new file does without.
    private func removeResolvedExtensions(_ root: inout JSONObject) {
        var resolved: Set = ["EXT_meshopt_compression", "KHR_meshopt_compression", "KHR_draco_mesh_compression"]
        // Vertices of points and lines are carried as they were, quantized if they were.
        let keepsVertices = model.document.accessors.keys.contains { $0.usage == .vertices }
        if !keepsVertices { resolved.insert("KHR_mesh_quantization") }
        for key in ["extensionsUsed", "extensionsRequired"] {
            let names = root[key]?.array?.filter { name in name.string.map { !resolved.contains($0) } ?? false } ?? []
            root[key] = names.isEmpty ? nil : .array(names)
        }
    }
}

/// Meshes.
extension GLTFWriter {
    private mutating func writeMeshes(_ root: inout JSONObject) {
        guard case .array(var meshes)? = root["meshes"] else { return }
        var places: [Int: [Int: Int]] = [:]
        for (index, primitive) in model.primitives.enumerated() {
            places[primitive.meshIndex, default: [:]][primitive.primitiveIndex] = index
        }
        for (meshIndex, places) in places.sorted(by: { $0.key < $1.key }) {
            guard case .object(var object) = meshes[meshIndex], let old = object["primitives"]?.array else { continue }
            var primitives: [JSONValue] = []
            for (index, primitive) in old.enumerated() {
                if let place = places[index] {
                    let mesh = model.primitives[place].mesh
                    if mesh.triangleCount > 0 { primitives.append(write(mesh, into: primitive)) }
                } else {
                    primitives.append(primitive)
                }
            }
            if primitives.isEmpty, let (index, place) = places.min(by: { $0.key < $1.key }) {
                // Nodes, skins and animations may refer to the mesh, and a mesh without primitives is not valid.
                primitives = [write(model.primitives[place].mesh.withOneFlatTriangle, into: old[index])]
            }
            object["primitives"] = .array(primitives)
            meshes[meshIndex] = .object(object)
        }
        root["meshes"] = .array(meshes)
    }

    /// A primitive's JSON with the accessors of `mesh`.
    private mutating func write(_ mesh: Mesh, into primitive: JSONValue) -> JSONValue {
        var object = primitive.object ?? JSONObject()
        var attributes = JSONObject()
        for (name, encoded) in mesh.encodedAttributes { attributes[name] = .int(add(encoded)) }
        object["attributes"] = .object(attributes)
        object["indices"] = .int(add(mesh.encodedIndices))
        let targets = mesh.encodedTargets.map { target in
            var object = JSONObject()
            for (name, encoded) in target { object[name] = .int(add(encoded)) }
            return JSONValue.object(object)
        }
        if !targets.isEmpty { object["targets"] = .array(targets) }
        return .object(object)
    }
}
