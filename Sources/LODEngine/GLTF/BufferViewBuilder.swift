internal import VitrineIO

/// Collects the bytes of a new GLB's BIN chunk, view by view.
///
/// Accessors of one use and stride lie in one view, for renderers make a GPU buffer of each; equal bytes are kept
/// once.
struct BufferViewBuilder {
    /// What lies in a view; each has one.
    enum Kind: Hashable {
        case vertices(stride: Int)
        case indices(size: Int)
        case inverseBindMatrices
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

    /// The views' JSON, their bytes in order, and how many those are with padding.
    func finish() -> (json: [JSONValue], parts: [ByteBlock], byteCount: Int) {
        var offset = 0
        var json: [JSONValue] = []
        var parts: [ByteBlock] = []
        for view in views {
            let part = view.block ?? ByteBlock(view.bytes)
            var object: JSONObject = ["buffer": 0, "byteOffset": .int(offset), "byteLength": .int(part.count)]
            switch view.kind {
            case .vertices(let stride):
                object["byteStride"] = .int(stride)
                object["target"] = 34962
            case .indices: object["target"] = 34963
            default: break
            }
            json.append(.object(object))
            parts.append(part)
            offset += (part.count + 3) & ~3
        }
        return (json, parts, offset)
    }
}
