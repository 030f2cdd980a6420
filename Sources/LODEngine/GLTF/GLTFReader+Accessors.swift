/// An accessor as the file states it.
struct Accessor {
    /// Elements that are put in place of some of the others.
    struct Sparse {
        let place: JSONPlace
        let count: Int
        let indicesView: Int
        let indicesOffset: Int
        let indicesComponent: ComponentType
        let valuesView: Int
        let valuesOffset: Int
    }

    let place: JSONPlace
    /// The view that holds the elements; without one they are zeros.
    let view: Int?
    let byteOffset: Int
    let component: ComponentType
    let shape: ElementShape
    let normalized: Bool
    let count: Int
    let sparse: Sparse?
}

extension GLTFReader {
    /// Checks what every accessor states; where its bytes lie is checked when they are asked for.
    mutating func readAccessors() throws {
        for place in try root.objects("accessors") {
            let typeName = try place.string("type") ?? ""
            guard let shape = ElementShape(rawValue: typeName) else {
                throw place.invalid("a \"type\" from SCALAR to MAT4, found \"\(typeName)\"")
            }
            guard let count = try place.int("count", in: 1...Int.max) else { throw place.invalid("member \"count\"") }
            accessors.append(
                Accessor(
                    place: place,
                    view: try place.index("bufferView", below: views.count, of: "buffer views"),
                    byteOffset: try place.int("byteOffset") ?? 0,
                    component: try component(at: place),
                    shape: shape,
                    normalized: try place.bool("normalized") ?? false,
                    count: count,
                    sparse: try place["sparse"].map { try sparse(at: $0, count: count) }
                )
            )
        }
    }

    private func component(at place: JSONPlace) throws -> ComponentType {
        let code = try place.required("componentType")
        guard let component = code.value.int.flatMap({ ComponentType(rawValue: $0) }) else {
            throw code.mismatch("a component type from 5120 to 5126, not 5124")
        }
        return component
    }

    private func sparse(at place: JSONPlace, count: Int) throws -> Accessor.Sparse {
        guard let sparseCount = try place.int("count", in: 1...count) else { throw place.invalid("member \"count\"") }
        let indices = try place.required("indices")
        let values = try place.required("values")
        guard let indicesView = try indices.index("bufferView", below: views.count, of: "buffer views"),
            let valuesView = try values.index("bufferView", below: views.count, of: "buffer views")
        else { throw place.invalid("buffer views of indices and values") }
        return Accessor.Sparse(
            place: place,
            count: sparseCount,
            indicesView: indicesView,
            indicesOffset: try indices.int("byteOffset") ?? 0,
            indicesComponent: try component(at: indices),
            valuesView: valuesView,
            valuesOffset: try values.int("byteOffset") ?? 0
        )
    }

    /// The elements of accessor `index`: sparse ones put in place, missing ones as zeros.
    mutating func elements(of index: Int) throws -> AccessorElements {
        let accessor = accessors[index]
        if let view = accessor.view, accessor.sparse == nil {
            return try stored(accessor, in: view)
        }
        let size = accessor.shape.size(of: accessor.component)
        let (byteCount, overflow) = accessor.count.multipliedReportingOverflow(by: size)
        guard !overflow else { throw accessor.place.invalid("a count whose bytes can be counted") }
        try spend(bytes: byteCount, at: accessor.place)
        var bytes: [UInt8]
        if let view = accessor.view {
            bytes = try stored(accessor, in: view).packed(stride: size)
        } else {
            bytes = [UInt8](repeating: 0, count: byteCount)
        }
        if let sparse = accessor.sparse { try put(sparse, of: accessor, into: &bytes) }
        return try found(accessor, in: ByteBlock(bytes), offset: 0, stride: size, count: accessor.count)
    }

    private mutating func stored(_ accessor: Accessor, in view: Int) throws -> AccessorElements {
        let block = try bytes(ofView: view, for: accessor.place)
        return try found(
            accessor,
            in: block,
            offset: accessor.byteOffset,
            stride: views[view].byteStride ?? accessor.shape.size(of: accessor.component),
            count: accessor.count
        )
    }

    private func found(
        _ accessor: Accessor,
        in block: ByteBlock,
        offset: Int,
        stride: Int,
        count: Int,
        as integers: ComponentType? = nil
    ) throws -> AccessorElements {
        let elements = AccessorElements(
            block,
            offset: offset,
            stride: stride,
            count: count,
            component: integers ?? accessor.component,
            shape: integers == nil ? accessor.shape : .scalar,
            normalized: accessor.normalized,
            place: accessor.place
        )
        guard let elements else {
            throw accessor.place.invalid(
                "\(count) elements \(stride) bytes apart from byte \(offset) to fit a view of \(block.count) bytes"
            )
        }
        return elements
    }

    private mutating func put(_ sparse: Accessor.Sparse, of accessor: Accessor, into bytes: inout [UInt8]) throws {
        let size = accessor.shape.size(of: accessor.component)
        let rows = try found(
            accessor,
            in: try self.bytes(ofView: sparse.indicesView, for: sparse.place),
            offset: sparse.indicesOffset,
            stride: sparse.indicesComponent.size,
            count: sparse.count,
            as: sparse.indicesComponent
        ).unsigned()
        let values = try found(
            accessor,
            in: try self.bytes(ofView: sparse.valuesView, for: sparse.place),
            offset: sparse.valuesOffset,
            stride: size,
            count: sparse.count
        ).packed(stride: size)
        var last = -1
        for (place, row) in rows.enumerated() {
            guard Int(row) > last, Int(row) < accessor.count else {
                throw sparse.place.invalid("indices that grow and stay below \(accessor.count), found \(row)")
            }
            last = Int(row)
            bytes.replaceSubrange(
                Int(row) * size..<(Int(row) + 1) * size,
                with: values[place * size..<(place + 1) * size]
            )
        }
    }
}
