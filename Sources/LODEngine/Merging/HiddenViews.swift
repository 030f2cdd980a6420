/// Looks at a model from far away and tells which of its triangles show.
///
/// A buffer of depths for each view, into which what hides is drawn; then what was not seen before is held against it:
/// each of the samples that a triangle covers, or its middle where it covers none.
struct HiddenViews: Sendable {
    /// A placement of a primitive.
    private struct Item {
        let primitive: Int
        let mesh: Mesh
        let transform: Transform
        let isDoubleSided: Bool
        /// Whether what is behind it does not show.
        let hides: Bool
    }

    private let items: [Item]
    private let center: SIMD3<Float>
    private let radius: Float
    private let grid: SampleGrid

    init(_ model: Model, _ bounds: BoundingBox, side: Int) {
        let solid = model.solidMaterials
        items = model.instances.map { instance in
            let material = model.primitives[instance.primitiveIndex].materialIndex
            let kind = material.flatMap { solid[$0] } ?? (isDoubleSided: false, hides: true)
            return Item(
                primitive: instance.primitiveIndex,
                mesh: model.primitives[instance.primitiveIndex].mesh,
                transform: instance.transform,
                isDoubleSided: kind.isDoubleSided,
                hides: kind.hides
            )
        }
        center = bounds.center
        // A little room, so that what is at the edge has samples around it.
        radius = bounds.diagonal / 2 * 1.01
        grid = SampleGrid(width: side, height: side)
    }

    /// The groups of which a triangle shows, but for those known already.
    ///
    /// - Parameters:
    ///   - direction: Where the viewer is.
    ///   - groups: The group of each triangle, by primitive.
    ///   - known: Whether a group was seen before.
    func groupsSeen(from direction: SIMD3<Float>, groups: [[UInt32]], besides known: [Bool]) -> [UInt32] {
        let axes = ViewAxes(back: direction, up: SIMD3(0, 1, 0))
        let depths = DepthBuffer(grid: grid)
        for item in items where item.hides {
            forEachTriangle(of: item, axes, isWanted: { _ in true }, body: { _, triangle in depths.draw(triangle) })
        }
        var seen: [UInt32] = []
        var isSeen = known
        for item in items {
            let own = groups[item.primitive]
            func look(_ number: Int, _ triangle: ViewTriangle) {
                guard depths.shows(triangle) else { return }
                isSeen[Int(own[number])] = true
                seen.append(own[number])
            }
            forEachTriangle(of: item, axes, isWanted: { !isSeen[Int(own[$0])] }, body: look)
        }
        return seen
    }

    /// Calls `body` with the triangles that face the viewer, or may show their backs.
    private func forEachTriangle(
        of item: Item,
        _ axes: ViewAxes,
        isWanted: (Int) -> Bool,
        body: (Int, ViewTriangle) -> Void
    ) {
        let indices = item.mesh.indices
        guard (0..<indices.count / 3).contains(where: isWanted) else { return }
        let isMirrored = item.transform.determinant < 0
        let places = item.mesh.positions.map { axes.coordinates(item.transform.apply(to: $0) - center) / radius }
        for number in 0..<indices.count / 3 where isWanted(number) {
            let triangle = ViewTriangle(
                places[Int(indices[number * 3])],
                places[Int(indices[number * 3 + 1])],
                places[Int(indices[number * 3 + 2])],
                grid: grid
            )
            guard let triangle, item.isDoubleSided || triangle.isCounterClockwise != isMirrored else { continue }
            body(number, triangle)
        }
    }
}

extension Model {
    /// For each material, whether both sides show and whether what is behind does not: neither blended, nor cut out, nor
    /// glass.
    fileprivate var solidMaterials: [(isDoubleSided: Bool, hides: Bool)] {
        (document.root["materials"]?.array ?? []).map { material in
            let mode = material["alphaMode"]?.string ?? "OPAQUE"
            let isGlass = material["extensions"]?["KHR_materials_transmission"] != nil
            return (material["doubleSided"]?.bool ?? false, mode == "OPAQUE" && !isGlass)
        }
    }
}
