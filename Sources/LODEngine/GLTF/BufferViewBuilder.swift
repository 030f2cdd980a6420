internal import VitrineIO

/// Collects the bytes of a new GLB's BIN chunk, view by view.
///
/// Accessors of one use and stride lie in one view, for renderers make a GPU buffer of each; equal bytes are kept
/// once. Where views are compressed, each attribute has views of its own, for like follows like there.
struct BufferViewBuilder {
    /// What lies in a view; each has one.
    enum Kind: Hashable {
        /// Vertices: how far apart, of which attribute if that matters, and what was done to them that a decoder undoes.
        case vertices(stride: Int, attribute: String = "", filter: MeshoptFilter = .none)
        case indices(size: Int, areTriangles: Bool)
        case inverseBindMatrices
        /// Other accessors' elements.
        case elements(stride: Int)
        case other
        case image(Int)
        case carried(Int)
    }

    private struct View {
        let kind: Kind
        var bytes: [UInt8]
        /// Bytes that are taken as they are, instead of `bytes`.
        var block: ByteBlock?
    }

    /// What is known of bytes without comparing them all.
    private struct Fingerprint: Hashable {
        let view: Int
        let count: Int
        let checksum: UInt32
    }

    private var views: [View] = []
    private var indices: [Kind: Int] = [:]
    private var known: [Fingerprint: [Int]] = [:]

    private mutating func view(_ kind: Kind) -> Int {
        if let index = indices[kind] { return index }
        views.append(View(kind: kind, bytes: []))
        indices[kind] = views.count - 1
        return views.count - 1
    }

    /// Adds an accessor's bytes to the view of `kind` and returns where they are.
    mutating func append(_ bytes: [UInt8], to kind: Kind) -> (view: Int, offset: Int) {
        let index = view(kind)
        let fingerprint = Fingerprint(view: index, count: bytes.count, checksum: CRC32C.checksum(of: bytes.span))
        for offset in known[fingerprint] ?? []
        where views[index].bytes[offset..<offset + bytes.count].elementsEqual(bytes) {
            return (index, offset)
        }
        if case .indices = kind {} else { views[index].bytes += repeatElement(0, count: -views[index].bytes.count & 3) }
        let offset = views[index].bytes.count
        views[index].bytes += bytes
        known[fingerprint, default: []].append(offset)
        return (index, offset)
    }

    /// Adds a view of its own for `block` and returns its index; the same again for the same `kind`.
    mutating func append(_ block: ByteBlock, as kind: Kind) -> Int {
        let index = view(kind)
        views[index].block = block
        return index
    }

    /// What is written of the views.
    struct Layout {
        /// The views' JSON.
        var json: [JSONValue] = []
        /// The bytes of the BIN chunk, each part at a multiple of four.
        var parts: [ByteBlock] = []
        /// Bytes of the parts with padding.
        var byteCount = 0
        /// Bytes that the compressed views would take with padding, in a buffer that nobody has.
        var fallbackByteCount = 0
    }

    /// Lays the views out one after the other, compressed where that makes them smaller.
    func finish(compressor: MeshoptCompressor?) -> Layout {
        var layout = Layout()
        for view in views {
            let plain = view.block ?? ByteBlock(view.bytes)
            var object: JSONObject = [
                "buffer": 0, "byteOffset": .int(layout.byteCount), "byteLength": .int(plain.count),
            ]
            switch view.kind {
            case .vertices(let stride, _, _):
                object["byteStride"] = .int(stride)
                object["target"] = 34962
            case .indices: object["target"] = 34963
            default: break
            }
            var part = plain
            if let compressor, view.block == nil, let stream = compressor.compress(view.bytes, view.kind) {
                object["buffer"] = 1
                object["byteOffset"] = .int(layout.fallbackByteCount)
                object["extensions"] = [compressor.extensionName: stream.json(at: layout.byteCount)]
                layout.fallbackByteCount += (plain.count + 3) & ~3
                part = ByteBlock(stream.bytes)
            } else if case .vertices(let stride, _, let filter) = view.kind, filter != .none {
                var bytes = view.bytes
                filter.apply(to: &bytes, byteStride: stride)
                part = ByteBlock(bytes)
            }
            layout.json.append(.object(object))
            layout.parts.append(part)
            layout.byteCount += (part.count + 3) & ~3
        }
        return layout
    }
}
