internal import VitrineIO

/// What an accessor states, once it is known to make sense by itself.
struct AccessorFacts {
    let index: Int
    let pointer: JSONPointer
    let component: ComponentType
    let shape: ElementShape
    let count: Int
    let isNormalized: Bool
    let view: Int?
    let byteOffset: Int
    /// Bytes from one element to the next.
    let stride: Int
    /// Whether the view states the stride.
    let hasStride: Bool
    let min: [Double]?
    let max: [Double]?
    let isSparse: Bool
    /// The bytes from the first element on; `nil` if there are none or they do not hold all elements.
    var data: ByteBlock?

    /// Shape, component type and normalisation in one word, as format lists name them.
    var format: String { "\(shape.rawValue) \(component)\(isNormalized ? " normalized" : "")" }
}

/// What an accessor is used for; it must be one thing.
enum AccessorUse: String {
    case indices = "indices"
    case attribute = "a vertex attribute"
    case inverseBindMatrices = "inverse bind matrices"
    case animationInput = "animation input"
    case animationOutput = "animation output"
}

/// Accessors: their layout within buffer views, and that of their sparse parts.
extension ValidationRun {
    /// Checks all accessors' statements.
    func checkAccessors() {
        for (index, accessor, pointer) in elements("accessors") {
            accessors.append(facts(of: accessor, index: index, at: pointer))
        }
    }

    private func facts(of accessor: JSONValue, index: Int, at pointer: JSONPointer) -> AccessorFacts? {
        guard let component = accessor["componentType"]?.int.flatMap(ComponentType.init(rawValue:)),
            let shape = accessor["type"]?.string.flatMap(ElementShape.init(rawValue:)),
            let count = accessor["count"]?.int, count > 0
        else { return nil }
        let isNormalized = accessor["normalized"]?.bool ?? false
        if isNormalized, component == .float || component == .uint32 {
            report(.accessorNormalizedInvalid, at: pointer["normalized"], "expected whole numbers of 8 or 16 bits")
        }
        for key in ["min", "max"] {
            guard let bounds = accessor[key]?.array, !bounds.isEmpty, bounds.count != shape.componentCount,
                [1, 2, 3, 4, 9, 16].contains(bounds.count)
            else { continue }
            report(.arrayLengthNotInList, at: pointer[key], "expected \(shape.componentCount) numbers")
        }
        let view = self.index("bufferView", of: accessor, into: "bufferViews")
        let offset = accessor["byteOffset"]?.int ?? 0
        let size = shape.size(of: component)
        let declaredStride = view.flatMap { root["bufferViews"]?[$0]?["byteStride"]?.int }
        func bounds(_ key: String) -> [Double]? {
            let numbers = (accessor[key]?.array ?? []).compactMap(\.double)
            return numbers.count == shape.componentCount ? numbers : nil
        }
        var facts = AccessorFacts(
            index: index,
            pointer: pointer,
            component: component,
            shape: shape,
            count: count,
            isNormalized: isNormalized,
            view: view,
            byteOffset: offset,
            stride: max(declaredStride ?? size, 1),
            hasStride: declaredStride != nil,
            min: bounds("min"),
            max: bounds("max"),
            isSparse: accessor["sparse"]?.object != nil
        )
        guard offset >= 0 else { return facts }
        if let view { checkLayout(&facts, view: view) }
        if let sparse = accessor["sparse"], sparse.object != nil {
            checkSparse(sparse, of: &facts, at: pointer["sparse"])
        }
        return facts
    }

    private func checkLayout(_ facts: inout AccessorFacts, view: Int) {
        let pointer = facts.pointer
        let size = facts.shape.size(of: facts.component)
        checkAlignment(
            offset: facts.byteOffset,
            view: view,
            component: facts.component,
            at: pointer["byteOffset"]
        )
        // A matrix whose columns are padded starts them at multiples of 4.
        if facts.shape.isMatrix, facts.byteOffset % 4 != 0 {
            report(.accessorMatrixAlignment, at: pointer["byteOffset"], "expected a multiple of 4")
        }
        if facts.hasStride, facts.stride < size {
            report(
                .accessorSmallByteStride,
                at: pointer["bufferView"],
                "expected a byteStride of at least \(size) in the view, found \(facts.stride)"
            )
        }
        guard let length = root["bufferViews"]?[view]?["byteLength"]?.int else { return }
        guard let end = end(count: facts.count, stride: facts.stride, size: size, offset: facts.byteOffset),
            end <= length
        else {
            return report(
                .accessorTooLong,
                at: pointer,
                "expected \(facts.count) elements of \(size) bytes from \(facts.byteOffset) within \(length) bytes"
            )
        }
        guard facts.stride >= size, let block = bytes(ofView: view), end <= block.count else { return }
        facts.data = block.slice(facts.byteOffset..<end)
    }

    private func end(count: Int, stride: Int, size: Int, offset: Int) -> Int? {
        let (span, overflow) = (count - 1).multipliedReportingOverflow(by: stride)
        let (end, overflows) = span.addingReportingOverflow(offset)
        return overflow || overflows || end > Int.max - size ? nil : end + size
    }

    private func checkAlignment(offset: Int, view: Int, component: ComponentType, at pointer: JSONPointer) {
        if offset % component.size != 0 {
            report(.accessorOffsetAlignment, at: pointer, "expected a multiple of \(component.size), found \(offset)")
        } else if let start = root["bufferViews"]?[view]?["byteOffset"]?.int, start >= 0, start <= Int.max - offset,
            (start + offset) % component.size != 0
        {
            report(
                .accessorTotalOffsetAlignment,
                at: pointer,
                "expected a multiple of \(component.size) with the view's byteOffset, found \(start + offset)"
            )
        }
    }

    private func checkSparse(_ sparse: JSONValue, of facts: inout AccessorFacts, at pointer: JSONPointer) {
        let base = facts.data
        facts.data = nil
        guard let count = sparse["count"]?.int, count > 0 else { return }
        if count > facts.count {
            return report(
                .accessorSparseCountOutOfRange,
                at: pointer["count"],
                "expected at most the accessor's \(facts.count) elements, found \(count)"
            )
        }
        let size = facts.shape.size(of: facts.component)
        let values = sparsePart(
            "values",
            of: sparse,
            component: facts.component,
            count: count,
            size: size,
            at: pointer
        )
        guard let component = sparse["indices"]?["componentType"]?.int.flatMap(ComponentType.init(rawValue:)),
            [.uint8, .uint16, .uint32].contains(component),
            let indices = sparsePart(
                "indices",
                of: sparse,
                component: component,
                count: count,
                size: component.size,
                at: pointer
            )
        else { return }
        guard let places = sparseIndices(indices, component, count: count, of: facts.count, at: pointer["indices"])
        else { return }
        // The elements are put together only where that costs little more than what the file holds.
        guard let values, facts.view == nil || base != nil, facts.count <= (1 << 26) / size,
            spendSparse(facts.count * size)
        else { return }
        var whole = [UInt8](repeating: 0, count: facts.count * size)
        base?.withBytes { bytes in
            for element in 0..<facts.count {
                for byte in 0..<size { whole[element * size + byte] = bytes[element * facts.stride + byte] }
            }
        }
        values.withBytes { bytes in
            for (place, element) in places.enumerated() {
                for byte in 0..<size { whole[element * size + byte] = bytes[place * size + byte] }
            }
        }
        facts = facts.withPackedData(ByteBlock(whole), stride: size)
    }

    private func sparsePart(
        _ key: String,
        of sparse: JSONValue,
        component: ComponentType,
        count: Int,
        size: Int,
        at pointer: JSONPointer
    ) -> ByteBlock? {
        guard let part = sparse[key], let view = index("bufferView", of: part, into: "bufferViews") else { return nil }
        let place = pointer[key]
        let offset = part["byteOffset"]?.int ?? 0
        guard offset >= 0 else { return nil }
        checkAlignment(offset: offset, view: view, component: component, at: place["byteOffset"])
        guard let length = root["bufferViews"]?[view]?["byteLength"]?.int else { return nil }
        guard let end = end(count: count, stride: size, size: size, offset: offset), end <= length else {
            report(.accessorTooLong, at: place, "expected \(count) elements of \(size) bytes within \(length) bytes")
            return nil
        }
        return bytes(ofView: view)?.slice(offset..<end)
    }

    private func sparseIndices(
        _ block: ByteBlock,
        _ component: ComponentType,
        count: Int,
        of elementCount: Int,
        at pointer: JSONPointer
    ) -> [Int]? {
        var places: [Int] = []
        places.reserveCapacity(count)
        block.withBytes { bytes in
            for place in 0..<count {
                var value = 0
                for byte in 0..<component.size { value |= Int(bytes[place * component.size + byte]) << (8 * byte) }
                places.append(value)
            }
        }
        if let place = places.firstIndex(where: { $0 >= elementCount }) {
            report(
                .accessorSparseIndexOOB,
                at: pointer,
                "expected indices below \(elementCount), found \(places[place]) at \(place)"
            )
            return nil
        }
        if let place = places.indices.dropFirst().first(where: { places[$0] <= places[$0 - 1] }) {
            report(
                .accessorSparseIndicesNonIncreasing,
                at: pointer,
                "expected increasing indices, found \(places[place - 1]) before \(places[place])"
            )
            return nil
        }
        return places
    }

    /// Notes what an accessor is used for, which must be one thing.
    func use(accessor index: Int, as use: AccessorUse, at pointer: JSONPointer) {
        guard let known = accessorUses[index] else {
            accessorUses[index] = use
            return
        }
        if known != use {
            report(
                .accessorUsageOverride,
                at: pointer,
                "expected accessor \(index) to be only \(known.rawValue), used for \(use.rawValue)"
            )
        }
    }
}

extension AccessorFacts {
    /// The same accessor with its elements in bytes of their own.
    func withPackedData(_ data: ByteBlock, stride: Int) -> AccessorFacts {
        AccessorFacts(
            index: index,
            pointer: pointer,
            component: component,
            shape: shape,
            count: count,
            isNormalized: isNormalized,
            view: view,
            byteOffset: byteOffset,
            stride: stride,
            hasStride: hasStride,
            min: min,
            max: max,
            isSparse: isSparse,
            data: data
        )
    }
}

extension ElementShape {
    /// Whether the elements are matrices.
    var isMatrix: Bool { self == .matrix2 || self == .matrix3 || self == .matrix4 }
}
