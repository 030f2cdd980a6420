/// Compresses buffer views as EXT_meshopt_compression or KHR_meshopt_compression has them.
struct MeshoptCompressor {
    /// The extension's name.
    let extensionName: String
    private let version: MeshoptEncoder.Version

    /// The compressor that `compression` asks for, if any.
    init?(_ compression: GLBOptions.Compression) {
        switch compression {
        case .none: return nil
        case .meshoptEXT:
            extensionName = "EXT_meshopt_compression"
            version = .zero
        case .meshoptKHR:
            extensionName = "KHR_meshopt_compression"
            version = .one
        }
    }

    /// A view's stream and what a decoder must know of it.
    struct Stream {
        let bytes: [UInt8]
        let mode: MeshoptMode
        let filter: MeshoptFilter
        let count: Int
        let byteStride: Int

        /// The extension's object for a stream at `offset` of the first buffer.
        func json(at offset: Int) -> JSONValue {
            var object: JSONObject = [
                "buffer": 0, "byteOffset": .int(offset), "byteLength": .int(bytes.count),
                "byteStride": .int(byteStride), "mode": .string(mode.rawValue),
            ]
            if filter != .none { object["filter"] = .string(filter.rawValue) }
            object["count"] = .int(count)
            return .object(object)
        }
    }

    /// The stream of a view's bytes; `nil` where it would not be smaller, or the view is of a kind that has none.
    func compress(_ bytes: [UInt8], _ kind: BufferViewBuilder.Kind) -> Stream? {
        let stream: Stream? =
            switch kind {
            case .vertices(let stride, _, let filter): attributes(bytes, stride, filter)
            case .inverseBindMatrices: attributes(bytes, 64, .none)
            case .elements(let stride): attributes(bytes, stride, .none)
            case .indices(let size, let areTriangles): indices(bytes, size, areTriangles)
            case .other, .image, .carried: nil
            }
        return stream.flatMap { $0.bytes.count < bytes.count ? $0 : nil }
    }

    private func attributes(_ bytes: [UInt8], _ stride: Int, _ filter: MeshoptFilter) -> Stream? {
        guard stride % 4 == 0, stride >= 4, stride <= 256, bytes.count % stride == 0 else { return nil }
        let count = bytes.count / stride
        let stream = MeshoptEncoder.attributes(bytes.span, count: count, byteStride: stride, version: version)
        return Stream(bytes: stream, mode: .attributes, filter: filter, count: count, byteStride: stride)
    }

    private func indices(_ bytes: [UInt8], _ size: Int, _ areTriangles: Bool) -> Stream? {
        guard size == 2 || size == 4, bytes.count % size == 0 else { return nil }
        var indices: [UInt32] = []
        indices.reserveCapacity(bytes.count / size)
        for place in stride(from: 0, to: bytes.count, by: size) {
            var index = UInt32(bytes[place]) | UInt32(bytes[place + 1]) << 8
            if size == 4 { index |= UInt32(bytes[place + 2]) << 16 | UInt32(bytes[place + 3]) << 24 }
            indices.append(index)
        }
        // Both extensions have version 1 of the index codecs alone.
        let isTriangles = areTriangles && indices.count % 3 == 0
        guard
            let stream = isTriangles
                ? MeshoptEncoder.triangles(indices.span) : try? MeshoptEncoder.indices(indices.span)
        else { return nil }
        let mode: MeshoptMode = isTriangles ? .triangles : .indices
        return Stream(bytes: stream, mode: mode, filter: .none, count: indices.count, byteStride: size)
    }
}
