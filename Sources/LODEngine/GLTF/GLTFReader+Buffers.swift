/// A part of a buffer, or the compressed bytes that stand for it.
struct BufferView {
    /// How a view is compressed by EXT_meshopt_compression or its successor.
    struct Compression {
        let mode: MeshoptMode
        let filter: MeshoptFilter
        let count: Int
        let byteStride: Int
    }

    let place: JSONPlace
    /// The buffer that the bytes are in.
    let buffer: Int
    /// The bytes as the file has them, compressed or not; `nil` when the file has none.
    let source: ByteBlock?
    /// Bytes of the view once it is decompressed.
    let count: Int
    let byteStride: Int?
    let compression: Compression?
}

extension GLTFReader {
    /// Finds the bytes of every buffer.
    mutating func readBuffers(binary: ByteBlock?) throws {
        for (index, place) in try root.objects("buffers").enumerated() {
            guard let length = try place.int("byteLength", in: 1...Int.max) else {
                throw place.invalid("member \"byteLength\"")
            }
            var bytes: ByteBlock?
            if let uri = try place.string("uri") {
                bytes = try self.bytes(ofBuffer: index, uri, at: place)
            } else if index == 0 {
                bytes = binary
            }
            guard let bytes else {
                buffers.append(nil)
                continue
            }
            guard let part = bytes.slice(0..<length) else {
                throw place.invalid("\(length) bytes in the buffer, found \(bytes.count)")
            }
            buffers.append(part)
        }
    }

    /// The bytes of a buffer with a URI; `nil` if they are on another machine, a fault only where they are used.
    private mutating func bytes(ofBuffer index: Int, _ uri: String, at place: JSONPlace) throws -> ByteBlock? {
        if ResourceDirectory.isOfAnotherMachine(uri) {
            let expected = "a buffer in the model's directory, found \"\(uri)\""
            bufferFaults[index] = place.invalid(expected, .outsideDirectory)
            return nil
        }
        if let bytes = try load(uri, at: place).bytes { return bytes }
        throw LODError(
            .unsupported,
            "\(place.description): \"\(uri)\" is beside the file: read the model by its path"
        )
        .placed(at: place)
    }

    /// The bytes that a URI stands for, and their media type if the URI states it; no bytes when the URI names a
    /// file and the model came from memory.
    mutating func load(_ uri: String, at place: JSONPlace) throws -> (bytes: ByteBlock?, mimeType: String?) {
        guard uri.utf8.starts(with: "data:".utf8) else {
            if let known = resources[uri] { return (known, nil) }
            do {
                let block = try directory?.load(uri, bytesMax: limits.fileBytesMax, place: place.description)
                resources[uri] = block
                return (block, nil)
            } catch let error as LODError {
                throw error.placed(at: place)
            }
        }
        guard let comma = uri.utf8.firstIndex(of: UInt8(ascii: ",")) else {
            throw place.invalid("\",\" in the data URI")
        }
        let header = uri[..<comma].dropFirst(5).split(separator: ";", omittingEmptySubsequences: false)
        guard header.count > 1, header.last == "base64" else { throw place.invalid("a data URI in base64") }
        let text = uri.utf8[uri.utf8.index(after: comma)...]
        try spend(bytes: text.count / 4 * 3, at: place)
        switch Base64.decode(Array(text).span) {
        case .success(let bytes): return (ByteBlock(bytes), header[0].isEmpty ? nil : String(header[0]))
        case .failure(let error):
            throw place.invalid("base64, found something else at byte \(error.offset) of the data")
        }
    }

    /// Checks every buffer view against its buffer.
    mutating func readViews() throws {
        for place in try root.objects("bufferViews") {
            guard let count = try place.int("byteLength", in: 1...Int.max) else {
                throw place.invalid("member \"byteLength\"")
            }
            let stride = try place.int("byteStride", in: 1...256)
            let extensions = place["extensions"]
            let meshopt = extensions?["EXT_meshopt_compression"] ?? extensions?["KHR_meshopt_compression"]
            if let meshopt {
                let compression = try compression(at: meshopt, viewCount: count)
                guard let length = try meshopt.int("byteLength") else { throw meshopt.invalid("member \"byteLength\"") }
                views.append(try view(at: place, meshopt, length, count: count, byteStride: stride, compression))
            } else {
                views.append(try view(at: place, place, count, count: count, byteStride: stride, nil))
            }
        }
    }

    /// A view whose bytes are the `length` that `source` names by `buffer` and `byteOffset`.
    private func view(
        at place: JSONPlace,
        _ source: JSONPlace,
        _ length: Int,
        count: Int,
        byteStride: Int?,
        _ compression: BufferView.Compression?
    ) throws -> BufferView {
        guard let buffer = try source.index("buffer", below: buffers.count, of: "buffers") else {
            throw source.invalid("member \"buffer\"")
        }
        return BufferView(
            place: place,
            buffer: buffer,
            source: try part(of: source, buffer: buffer, count: length),
            count: count,
            byteStride: byteStride,
            compression: compression
        )
    }

    private func part(of place: JSONPlace, buffer: Int, count: Int) throws -> ByteBlock? {
        let offset = try place.int("byteOffset") ?? 0
        guard let bytes = buffers[buffer] else { return nil }
        let (end, overflow) = offset.addingReportingOverflow(count)
        guard !overflow, let part = bytes.slice(offset..<end) else {
            throw place.invalid("an end within the buffer's \(bytes.count) bytes, found \(offset) + \(count)")
        }
        return part
    }

    private func compression(at place: JSONPlace, viewCount: Int) throws -> BufferView.Compression {
        let modeName = try place.string("mode") ?? ""
        guard let mode = MeshoptMode(rawValue: modeName) else {
            throw place.invalid("mode ATTRIBUTES, TRIANGLES or INDICES, found \"\(modeName)\"")
        }
        let filterName = try place.string("filter") ?? MeshoptFilter.none.rawValue
        guard let filter = MeshoptFilter(rawValue: filterName) else {
            throw place.invalid("a filter of the extension, found \"\(filterName)\"")
        }
        guard let count = try place.int("count", in: 1...Int.max),
            let stride = try place.int("byteStride", in: 1...256)
        else { throw place.invalid("members \"count\" and \"byteStride\"") }
        let (total, overflow) = count.multipliedReportingOverflow(by: stride)
        guard !overflow, total == viewCount else {
            throw place.invalid("count × byteStride to be the view's byteLength, \(viewCount)")
        }
        return BufferView.Compression(mode: mode, filter: filter, count: count, byteStride: stride)
    }

    /// The bytes of a view, decompressed when first asked for.
    mutating func bytes(ofView index: Int, for user: JSONPlace) throws -> ByteBlock {
        let view = views[index]
        guard let source = view.source else {
            if let fault = bufferFaults[view.buffer] { throw fault }
            throw user.invalid("bytes behind \(view.place.pointer), whose buffer has none", .unsupported)
        }
        guard let compression = view.compression else { return source }
        if let known = decompressed[index] { return known }
        try spend(bytes: view.count, at: view.place)
        do {
            let bytes = try source.withBytes { source in
                try MeshoptDecoder.decode(
                    source,
                    mode: compression.mode,
                    filter: compression.filter,
                    count: compression.count,
                    byteStride: compression.byteStride
                )
            }
            decompressed[index] = ByteBlock(bytes)
            return ByteBlock(bytes)
        } catch let error as LODError {
            throw LODError(error.code, "\(view.place.description): \(error.message)", cause: error.cause)
                .placed(at: view.place)
        }
    }
}
