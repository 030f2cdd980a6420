extension GLTFReader {
    /// All that is not in `primitives`, checked and freed from the file's buffers.
    mutating func carriedDocument() throws -> GLTFDocument {
        var object = root.value.object ?? JSONObject()
        for key in ["accessors", "bufferViews", "buffers"] { object[key] = nil }
        object["meshes"] = object["meshes"].map { GLTFReader.withoutTriangles($0) }
        var document = GLTFDocument(root: object)
        try readImages(into: &document)
        let carried = document.root
        document.root = try AccessorReferences.map(carried, file: file) { target, place in
            switch target {
            case .accessor(let usage):
                let index = try place.index(below: accessors.count, of: "accessors")
                let key = GLTFDocument.AccessorKey(index: index, usage: usage)
                if document.accessors[key] == nil { document.accessors[key] = try carry(index, as: usage) }
                return index
            case .view:
                let index = try place.index(below: views.count, of: "buffer views")
                if document.views[index] == nil { document.views[index] = try bytes(ofView: index, for: place) }
                return index
            }
        }
        return document
    }

    /// The meshes without what `readPrimitives` has taken in.
    private static func withoutTriangles(_ meshes: JSONValue) -> JSONValue {
        .array(
            (meshes.array ?? []).map { mesh in
                guard case .object(var mesh) = mesh else { return mesh }
                let primitives = (mesh["primitives"]?.array ?? []).map { primitive -> JSONValue in
                    guard isDrawn(primitive), case .object(var primitive) = primitive else { return primitive }
                    for key in ["attributes", "indices", "targets", "mode"] { primitive[key] = nil }
                    if case .object(var extensions)? = primitive["extensions"] {
                        extensions["KHR_draco_mesh_compression"] = nil
                        primitive["extensions"] = extensions.isEmpty ? nil : .object(extensions)
                    }
                    return .object(primitive)
                }
                mesh["primitives"] = .array(primitives)
                return .object(mesh)
            }
        )
    }

    private mutating func carry(_ index: Int, as usage: GLTFDocument.Usage) throws -> GLTFDocument.CarriedAccessor {
        let accessor = accessors[index]
        let size = accessor.shape.size(of: accessor.component)
        // Vertex attributes start at multiples of 4 bytes (glTF 2.0, 3.6.2.4).
        let stride = usage == .vertices ? (size + 3) & ~3 : size
        let (byteCount, overflow) = accessor.count.multipliedReportingOverflow(by: stride)
        guard !overflow else { throw accessor.place.invalid("a count whose bytes can be counted") }
        try spend(bytes: byteCount, at: accessor.place)
        var json = accessor.place.value.object ?? JSONObject()
        // Zeros stay zeros without bytes: spelled out, they might contradict bounds or a meaning (an inverse bind matrix)
        // that validation holds against bytes alone.
        let isZeros = json["bufferView"] == nil && json["sparse"] == nil
        for key in ["bufferView", "byteOffset", "sparse"] { json[key] = nil }
        return GLTFDocument.CarriedAccessor(
            json: json,
            bytes: isZeros ? nil : try elements(of: index).packed(stride: stride),
            stride: stride
        )
    }

    private mutating func readImages(into document: inout GLTFDocument) throws {
        for (index, place) in try root.objects("images").enumerated() {
            let stated = try place.string("mimeType")
            if let view = try place.index("bufferView", below: views.count, of: "buffer views") {
                let block = try bytes(ofView: view, for: place)
                document.images[index] = GLTFReader.image(block, mimeType: stated, uri: nil)
            } else if let uri = try place.string("uri"), !ResourceDirectory.isOfAnotherMachine(uri) {
                let (block, mimeType) = try load(uri, at: place)
                guard let block else { continue }
                let name = uri.hasPrefix("data:") ? nil : uri
                document.images[index] = GLTFReader.image(block, mimeType: stated ?? mimeType, uri: name)
            }
        }
    }

    /// An image with its media type: as stated, or as the first bytes or the file's name tell.
    static func image(_ block: ByteBlock, mimeType: String?, uri: String?) -> GLTFDocument.CarriedImage {
        let start = block.withBytes { bytes in (0..<min(bytes.count, 12)).map { bytes[$0] } }
        let sniffed: String? =
            if start.starts(with: [0x89, 0x50, 0x4E, 0x47]) {
                "image/png"
            } else if start.starts(with: [0xFF, 0xD8, 0xFF]) {
                "image/jpeg"
            } else if start.starts(with: Array("RIFF".utf8)), start.dropFirst(8).elementsEqual("WEBP".utf8) {
                "image/webp"
            } else if start.starts(with: [0xAB, 0x4B, 0x54, 0x58]) {
                "image/ktx2"
            } else {
                nil
            }
        let ending = uri?.split(separator: ".").last.map { $0.lowercased() }
        let named = ["png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "webp": "image/webp"]
        return GLTFDocument.CarriedImage(
            bytes: block,
            mimeType: mimeType ?? sniffed ?? ending.flatMap { named[$0] } ?? "application/octet-stream"
        )
    }
}
