/// Writes a model as GLB: the carried document with new accessors, buffer views and one buffer.
///
/// What is compressed refers to a second buffer that has no bytes and only stands for those that decoding makes.
struct GLTFWriter {
    private let model: Model
    /// The model's document, with what the grids of quantised attributes need.
    private let document: GLTFDocument
    private let options: GLBOptions
    private let plan: QuantizationPlan?
    private let compressor: MeshoptCompressor?
    private var views = BufferViewBuilder()
    private var accessors: [JSONValue] = []
    /// Accessors by their JSON, so that equal ones are written once.
    private var known: [[UInt8]: Int] = [:]
    /// Whether an attribute has a type that KHR_mesh_quantization alone allows.
    private var usesQuantization = false

    /// Prepares to write `model`.
    init(_ model: Model, _ options: GLBOptions) {
        self.model = model
        self.options = options
        compressor = MeshoptCompressor(options.compression)
        plan = options.quantization.map { QuantizationPlan(model, $0) }
        var document = model.document
        if let plan {
            document.undo(plan.positions)
            document.undo(plan.textures)
        }
        self.document = document
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
        let layout = views.finish(compressor: compressor)
        stateExtensions(&root, isCompressed: layout.fallbackByteCount > 0)
        root["accessors"] = accessors.isEmpty ? nil : .array(accessors)
        root["bufferViews"] = layout.json.isEmpty ? nil : .array(layout.json)
        root["buffers"] = layout.byteCount == 0 ? nil : .array(buffers(layout))
        guard let bytes = GLBContainer.assemble(json: JSONValue.object(root).serialized, binary: layout.parts) else {
            throw LODError(.unsupported, "\(model.name): the model exceeds the 4 GiB that a GLB can hold")
        }
        return bytes
    }

    private func buffers(_ layout: BufferViewBuilder.Layout) -> [JSONValue] {
        var buffers: [JSONValue] = [["byteLength": .int(layout.byteCount)]]
        if let compressor, layout.fallbackByteCount > 0 {
            let mark: JSONValue = [compressor.extensionName: ["fallback": true]]
            buffers.append(["byteLength": .int(layout.fallbackByteCount), "extensions": mark])
        }
        return buffers
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
        let document = document
        return try AccessorReferences.map(document.root, file: model.name) { target, place in
            switch target {
            case .accessor(let usage):
                let index = try place.index(below: Int.max, of: "accessors")
                guard let carried = document.accessors[GLTFDocument.AccessorKey(index: index, usage: usage)] else {
                    throw place.mismatch("an accessor that was carried")
                }
                let kind = kind(of: carried, usage)
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

    /// The view that a carried accessor goes to.
    private func kind(
        of carried: GLTFDocument.CarriedAccessor,
        _ usage: GLTFDocument.Usage
    ) -> BufferViewBuilder.Kind {
        switch usage {
        case .vertices: .vertices(stride: carried.stride)
        case .indices: .indices(size: carried.stride, areTriangles: false)
        case .inverseBindMatrices: .inverseBindMatrices
        // Whole words compress as elements; all else stays as it is, in one view.
        case .other:
            compressor != nil && carried.stride % 4 == 0 ? .elements(stride: carried.stride) : .other
        }
    }

    /// Puts every image whose bytes are at hand into the file.
    private mutating func writeImages(_ root: inout JSONObject) {
        guard case .array(var images)? = root["images"] else { return }
        for (index, image) in document.images.sorted(by: { $0.key < $1.key }) {
            guard case .object(var object) = images[index] else { continue }
            object["uri"] = nil
            object["mimeType"] = .string(image.mimeType)
            object["bufferView"] = .int(views.append(image.bytes, as: .image(index)))
            images[index] = .object(object)
        }
        root["images"] = .array(images)
    }

    /// Takes back the extensions that the new file does without, and states those that it needs.
    private func stateExtensions(_ root: inout JSONObject, isCompressed: Bool) {
        var resolved: Set = ["EXT_meshopt_compression", "KHR_meshopt_compression", "KHR_draco_mesh_compression"]
        // Vertices of points and lines are carried as they were, quantized if they were.
        let keepsVertices = document.accessors.keys.contains { $0.usage == .vertices }
        if !keepsVertices { resolved.insert("KHR_mesh_quantization") }
        var needed: [String] = []
        if usesQuantization { needed.append("KHR_mesh_quantization") }
        if let plan, !plan.textures.isEmpty { needed.append("KHR_texture_transform") }
        if isCompressed, let compressor { needed.append(compressor.extensionName) }
        for key in ["extensionsUsed", "extensionsRequired"] {
            var names = root[key]?.array?.filter { name in name.string.map { !resolved.contains($0) } ?? false } ?? []
            for name in needed where !names.contains(.string(name)) { names.append(.string(name)) }
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
                    let known = model.primitives[place]
                    if known.mesh.triangleCount > 0 {
                        let mesh = options.optimizesOrder ? known.mesh.optimizedForDrawing() : known.mesh
                        primitives.append(write(mesh, into: primitive, encoding(of: known)))
                    }
                } else {
                    primitives.append(primitive)
                }
            }
            if primitives.isEmpty, let (index, place) = places.min(by: { $0.key < $1.key }) {
                // Nodes, skins and animations may refer to the mesh, and a mesh without primitives is not valid.
                let known = model.primitives[place]
                primitives = [write(known.mesh.withOneFlatTriangle, into: old[index], encoding(of: known))]
            }
            object["primitives"] = .array(primitives)
            meshes[meshIndex] = .object(object)
        }
        root["meshes"] = .array(meshes)
    }

    /// What a primitive's numbers are stored as.
    private func encoding(of primitive: Primitive) -> AttributeEncoding {
        guard let plan else { return .floats }
        var encoding = AttributeEncoding(positions: plan.positions[primitive.meshIndex], normalBits: plan.normalBits)
        guard let material = primitive.materialIndex else { return encoding }
        for set in primitive.mesh.textureCoordinates.indices {
            encoding.textures[set] = plan.textures[.init(material: material, set: set)]
        }
        return encoding
    }

    /// A primitive's JSON with the accessors of `mesh`.
    private mutating func write(_ mesh: Mesh, into primitive: JSONValue, _ encoding: AttributeEncoding) -> JSONValue {
        var object = primitive.object ?? JSONObject()
        object["attributes"] = .object(write(mesh.encodedAttributes(encoding), isTarget: false))
        object["indices"] = .int(add(mesh.encodedIndices))
        let targets = mesh.encodedTargets(encoding).map { JSONValue.object(write($0, isTarget: true)) }
        if !targets.isEmpty { object["targets"] = .array(targets) }
        return .object(object)
    }

    /// The accessors of attributes, by name.
    private mutating func write(_ attributes: [(name: String, accessor: EncodedAccessor)], isTarget: Bool) -> JSONObject
    {
        var object = JSONObject()
        for (name, encoded) in attributes {
            var encoded = encoded
            if compressor != nil, case .vertices(let stride, _, let filter) = encoded.kind {
                encoded.kind = .vertices(stride: stride, attribute: isTarget ? "target " + name : name, filter: filter)
            }
            if encoded.needsQuantizationExtension(name, isTarget: isTarget) { usesQuantization = true }
            object[name] = .int(add(encoded))
        }
        return object
    }
}

extension EncodedAccessor {
    /// Whether the attribute `name` has a type that glTF itself does not allow (KHR_mesh_quantization).
    fileprivate func needsQuantizationExtension(_ name: String, isTarget: Bool) -> Bool {
        guard let semantic = AttributeSemantic(name), !semantic.isCustom,
            let component = json["componentType"]?.int.flatMap({ ComponentType(rawValue: $0) }),
            let shape = json["type"]?.string
        else { return false }
        let isNormalized = json["normalized"]?.bool ?? false
        let format = "\(shape) \(component)\(isNormalized ? " normalized" : "")"
        return !semantic.formats(isTarget: isTarget, isQuantized: false).contains(format)
    }
}
