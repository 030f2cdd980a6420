internal import VitrineIO

/// Buffers, their URIs and bytes, and the views of them.
extension ValidationRun {
    /// Finds the bytes of every buffer.
    func checkBuffers() {
        for (index, buffer, pointer) in elements("buffers") {
            bufferData.append(bytes(ofBuffer: index, buffer, at: pointer))
        }
    }

    private func bytes(ofBuffer index: Int, _ buffer: JSONValue, at pointer: JSONPointer) -> ByteBlock? {
        guard buffer.object != nil else { return nil }
        let declared = buffer["byteLength"]?.int
        var block: ByteBlock?
        if let uri = buffer["uri"]?.string {
            let resource = resource(uri, at: pointer["uri"])
            if let type = resource.mimeType, type != "application/octet-stream", type != "application/gltf-buffer" {
                report(
                    .bufferDataURIMimeTypeInvalid,
                    at: pointer["uri"],
                    "expected application/octet-stream or application/gltf-buffer, found \"\(type)\""
                )
            }
            block = resource.block
        } else if index == 0, isGLB, buffer["uri"] == nil {
            guard let binary else {
                report(.bufferMissingGLBData, at: pointer, "expected a BIN chunk for the buffer without URI")
                return nil
            }
            if let declared, binary.count > declared, binary.count - declared > 3 {
                report(.bufferGLBChunkTooBig, at: pointer, "the BIN chunk holds \(binary.count - declared) extra bytes")
            }
            block = binary
        }
        guard let block, let declared else { return block }
        guard block.count >= declared else {
            report(
                .bufferByteLengthMismatch,
                at: pointer["byteLength"],
                "expected at most the data's \(block.count) bytes, found \(declared)"
            )
            return nil
        }
        return block.slice(0..<max(declared, 0))
    }

    /// The bytes behind a URI, and the media type of a `data:` URI.
    func resource(_ uri: String, at pointer: JSONPointer) -> (block: ByteBlock?, mimeType: String?) {
        func invalid(_ expected: String) -> (ByteBlock?, String?) {
            report(.invalidURI, at: pointer, "expected \(expected)")
            return (nil, nil)
        }
        if uri.utf8.starts(with: "data:".utf8) {
            if isGLB { report(.dataURIGLB, at: pointer, "a data URI in a GLB container") }
            guard let comma = uri.utf8.firstIndex(of: UInt8(ascii: ",")) else {
                return invalid("\",\" in the data URI")
            }
            let header = uri[..<comma].dropFirst(5).split(separator: ";", omittingEmptySubsequences: false)
            guard header.count > 1, header.last == "base64" else { return invalid("a data URI in base64") }
            switch Base64.decode(Array(uri.utf8[uri.utf8.index(after: comma)...]).span) {
            case .success(let bytes): return (ByteBlock(bytes), String(header[0]))
            case .failure(let error): return invalid("base64 at byte \(error.offset) of the data")
            }
        }
        if let colon = uri.utf8.firstIndex(of: UInt8(ascii: ":")), !uri.utf8[..<colon].contains(UInt8(ascii: "/")) {
            report(.nonRelativeURI, at: pointer, "expected a relative URI, found \"\(uri)\"")
            return (nil, nil)
        }
        guard let directory else {
            report(.notChecked, at: pointer, "\"\(uri)\" is beside the file, which was read from memory")
            return (nil, nil)
        }
        if let known = resources[uri] { return (known, nil) }
        do {
            let block = try directory.load(uri, bytesMax: fileBytesMax, place: "\(name): \(pointer)")
            resources[uri] = block
            return (block, nil)
        } catch {
            report(.ioError, at: pointer, "\(error)")
            return (nil, nil)
        }
    }

    /// Checks the views against their buffers.
    func checkBufferViews() {
        for (index, view, pointer) in elements("bufferViews") {
            checkCompression(view, at: pointer)
            guard let length = view["byteLength"]?.int, length > 0 else { continue }
            if let stride = view["byteStride"]?.int {
                if stride > length {
                    report(
                        .bufferViewTooBigByteStride,
                        at: pointer["byteStride"],
                        "expected at most byteLength, \(length), found \(stride)"
                    )
                }
                if view["target"]?.int == 34963 {
                    report(
                        .bufferViewInvalidByteStride,
                        at: pointer["byteStride"],
                        "expected no byteStride in a view of indices"
                    )
                }
            }
            switch view["target"]?.int {
            case 34962: viewUses[index] = .vertices
            case 34963: viewUses[index] = .indices
            default: break
            }
            guard let buffer = self.index("buffer", of: view, into: "buffers") else { continue }
            checkRange(of: view, length: length, buffer: buffer, at: pointer)
        }
    }

    private func checkRange(of view: JSONValue, length: Int, buffer: Int, at pointer: JSONPointer) {
        let offset = view["byteOffset"]?.int ?? 0
        guard let total = root["buffers"]?[buffer]?["byteLength"]?.int, offset >= 0 else { return }
        if offset >= total {
            report(
                .bufferViewTooLong,
                at: pointer["byteOffset"],
                "expected less than buffer \(buffer)'s \(total) bytes, found \(offset)"
            )
        } else if length > total - offset {
            report(
                .bufferViewTooLong,
                at: pointer["byteLength"],
                "expected at most \(total - offset) bytes before the end of buffer \(buffer), found \(length)"
            )
        }
    }

    private func checkCompression(_ view: JSONValue, at pointer: JSONPointer) {
        for name in ["EXT_meshopt_compression", "KHR_meshopt_compression"] {
            guard let compressed = view["extensions"]?[name], let length = compressed["byteLength"]?.int,
                let buffer = index("buffer", of: compressed, into: "buffers")
            else { continue }
            checkRange(of: compressed, length: length, buffer: buffer, at: pointer["extensions"][name])
        }
    }

    /// The bytes of a view; `nil` if they could not be read or are compressed.
    func bytes(ofView index: Int) -> ByteBlock? {
        guard let view = root["bufferViews"]?[index], let length = view["byteLength"]?.int, length > 0,
            let buffer = self.index("buffer", of: view, into: "buffers"), !isCompressed(view: index)
        else { return nil }
        let offset = view["byteOffset"]?.int ?? 0
        guard let block = bufferData[buffer], offset >= 0, length <= block.count, offset <= block.count - length else {
            return nil
        }
        return block.slice(offset..<offset + length)
    }

    /// Whether the view's bytes are compressed, so that only the reader sees them.
    func isCompressed(view index: Int) -> Bool {
        let extensions = root["bufferViews"]?[index]?["extensions"]
        return extensions?["EXT_meshopt_compression"] != nil || extensions?["KHR_meshopt_compression"] != nil
    }

    /// Notes what a view is used for, which must be one thing.
    func use(view index: Int, as use: ViewUse, at pointer: JSONPointer) {
        if let known = viewUses[index] {
            if known != use {
                report(
                    .bufferViewTargetOverride,
                    at: pointer,
                    "expected buffer view \(index) to hold only \(known.rawValue), used for \(use.rawValue)"
                )
            }
        } else {
            viewUses[index] = use
            if use == .vertices || use == .indices {
                report(.bufferViewTargetMissing, at: JSONPointer()["bufferViews"][index], "target should be set")
            }
        }
    }
}

/// What a buffer view holds.
enum ViewUse: String {
    case vertices = "vertex attributes"
    case indices = "vertex indices"
    case image = "an image"
    case inverseBindMatrices = "inverse bind matrices"
    case other = "other data"
}
