/// The parts of a scene as one set of positions, with the wedges that stand at each.
///
/// A *vertex* is here a place: one for all vertices of a frame whose positions are equal. A *wedge* is one set of
/// attributes of one mesh at such a place; vertices that are equal in everything share a wedge. Both are numbered in
/// the order in which triangles use them, so vertices that no triangle uses are gone, as are triangles with two
/// corners in one place. Positions are centred on their frame and divided by the scene's extent.
struct WeldedScene {
    /// Scene units per unit of `positions`: the longest side of the largest frame.
    let unit: Float
    /// Where each vertex is.
    private(set) var positions: [SIMD3<Float>] = []
    /// The vertex of each wedge.
    private(set) var wedgeVertex: [UInt32] = []
    /// The mesh of each wedge.
    private(set) var wedgeMesh: [UInt32] = []
    /// A vertex of the mesh that has the wedge's attributes.
    private(set) var wedgeSource: [UInt32] = []
    /// Three wedges per triangle, mesh by mesh.
    private(set) var corners: [UInt32] = []
    /// Which triangles are each mesh's.
    private(set) var meshTriangles: [Range<Int>] = []
    var connectivity: Connectivity {
        Connectivity(
            corners: corners,
            wedgeVertex: wedgeVertex,
            vertexCount: positions.count,
            meshTriangles: meshTriangles
        )
    }
    /// The frame of each mesh, as an index into `places`.
    let meshFrames: [Int]
    /// How each frame's coordinates became `positions`.
    let places: [Place]

    /// A frame's way into the scene: `(p - center) * scale`.
    struct Place {
        /// The middle of the frame's bounding box.
        var center: SIMD3<Double>
        /// Units of `positions` per unit of the frame.
        var scale: Double

        func apply(_ p: SIMD3<Float>) -> SIMD3<Float> {
            SIMD3<Float>((SIMD3<Double>(p) - center) * scale)
        }

        func invert(_ p: SIMD3<Float>) -> SIMD3<Float> {
            SIMD3<Float>(SIMD3<Double>(p) / scale + center)
        }
    }

    /// Welds `parts`, which have been checked.
    ///
    /// - Parameters:
    ///   - parts: The meshes.
    ///   - sorts: Whether triangles are put into a spatial order; otherwise they stay in theirs.
    init(_ parts: [ScenePart], sorts: Bool) {
        var frameNumbers: [Int: Int] = [:]
        meshFrames = parts.map { part in
            let number = frameNumbers[part.frame] ?? frameNumbers.count
            frameNumbers[part.frame] = number
            return number
        }
        (places, unit) = Self.places(of: parts, frames: meshFrames, count: frameNumbers.count)
        let vertexTotal = parts.reduce(0) { $0 + $1.mesh.vertexCount }
        corners.reserveCapacity(parts.reduce(0) { $0 + $1.mesh.indices.count })
        positions.reserveCapacity(vertexTotal)
        vertexFrames.reserveCapacity(vertexTotal)
        wedgeVertex.reserveCapacity(vertexTotal)
        wedgeMesh.reserveCapacity(vertexTotal)
        wedgeSource.reserveCapacity(vertexTotal)
        var vertexTable = WeldTable(capacity: vertexTotal)
        var wedgeTable = WeldTable(capacity: vertexTotal)
        for (number, part) in parts.enumerated() {
            let order = sorts ? SpatialOrder.triangles(of: part.mesh) : nil
            append(part.mesh, number, order, &vertexTable, &wedgeTable)
        }
    }

    private mutating func append(
        _ mesh: Mesh,
        _ number: Int,
        _ order: [UInt32]?,
        _ vertexTable: inout WeldTable,
        _ wedgeTable: inout WeldTable
    ) {
        let first = corners.count / 3
        let frame = meshFrames[number]
        var wedges = [UInt32](repeating: none, count: mesh.vertexCount)
        var triangle = (none, none, none)
        for place in 0..<mesh.triangleCount {
            let start = order.map { Int($0[place]) * 3 } ?? place * 3
            for corner in start..<(start + 3) {
                let source = mesh.indices[corner]
                if wedges[Int(source)] == none {
                    let vertex = weld(mesh.positions[Int(source)], frame, &vertexTable)
                    wedges[Int(source)] = weld(source, of: mesh, number, at: vertex, &wedgeTable)
                }
                triangle = (triangle.1, triangle.2, wedges[Int(source)])
            }
            let (a, b, c) = (
                wedgeVertex[Int(triangle.0)], wedgeVertex[Int(triangle.1)], wedgeVertex[Int(triangle.2)]
            )
            guard a != b, b != c, c != a else { continue }
            corners.append(triangle.0)
            corners.append(triangle.1)
            corners.append(triangle.2)
        }
        meshTriangles.append(first..<(corners.count / 3))
    }

    private mutating func weld(_ position: SIMD3<Float>, _ frame: Int, _ table: inout WeldTable)
        -> UInt32
    {
        // Adding zero turns -0 into 0, which is the same place.
        let placed = places[frame].apply(position) + SIMD3<Float>.zero
        var hash = UInt64(truncatingIfNeeded: frame)
        WeldTable.mix(placed.x.bitPattern, into: &hash)
        WeldTable.mix(placed.y.bitPattern, into: &hash)
        WeldTable.mix(placed.z.bitPattern, into: &hash)
        let found = table.find(hash) { candidate in
            positions[Int(candidate)] == placed && vertexFrames[Int(candidate)] == UInt32(frame)
        }
        if let found { return found }
        table.insert(UInt32(positions.count), hash)
        positions.append(placed)
        vertexFrames.append(UInt32(frame))
        return UInt32(positions.count - 1)
    }

    /// The frame of each vertex.
    private(set) var vertexFrames: [UInt32] = []

    /// Lets go of everything but how frames lie in the scene.
    mutating func release() {
        positions = []
        wedgeVertex = []
        wedgeMesh = []
        wedgeSource = []
        corners = []
        meshTriangles = []
        vertexFrames = []
    }

    private mutating func weld(
        _ source: UInt32,
        of mesh: Mesh,
        _ number: Int,
        at vertex: UInt32,
        _ table: inout WeldTable
    ) -> UInt32 {
        var hash = UInt64(vertex) << 32 | UInt64(number)
        if let normal = mesh.normals?[Int(source)] {
            for k in 0..<3 { WeldTable.mix(normal[k].bitPattern, into: &hash) }
        }
        for set in mesh.textureCoordinates {
            for k in 0..<2 { WeldTable.mix(set[Int(source)][k].bitPattern, into: &hash) }
        }
        let found = table.find(hash) { candidate in
            wedgeVertex[Int(candidate)] == vertex && wedgeMesh[Int(candidate)] == UInt32(number)
                && mesh.hasEqualAttributes(Int(source), Int(wedgeSource[Int(candidate)]))
        }
        if let found { return found }
        let wedge = UInt32(wedgeVertex.count)
        table.insert(wedge, hash)
        wedgeVertex.append(vertex)
        wedgeMesh.append(UInt32(number))
        wedgeSource.append(source)
        return wedge
    }

    private static func places(of parts: [ScenePart], frames: [Int], count: Int) -> ([Place], Float) {
        let infinity = SIMD3<Double>(repeating: .infinity)
        var low = [SIMD3<Double>](repeating: infinity, count: count)
        var high = [SIMD3<Double>](repeating: -infinity, count: count)
        var scales = [Double](repeating: 0, count: count)
        for (part, frame) in zip(parts, frames) {
            // Not of vertices that no triangle uses: one far away would take the others' precision.
            for index in part.mesh.indices {
                let position = part.mesh.positions[Int(index)]
                low[frame].replace(
                    with: SIMD3<Double>(position),
                    where: SIMD3<Double>(position) .< low[frame]
                )
                high[frame].replace(
                    with: SIMD3<Double>(position),
                    where: SIMD3<Double>(position) .> high[frame]
                )
            }
            scales[frame] = max(scales[frame], Double(part.scale))
        }
        var unit = 0.0
        for frame in 0..<count where low[frame].x <= high[frame].x {
            unit = max(unit, (high[frame] - low[frame]).max() * scales[frame])
        }
        // Too small or too large for 32 bits, or a single point: any unit does.
        if !(unit > 1e-30 && unit < 1e30) { unit = unit > 1 ? 1e30 : 1 }
        let places = (0..<count).map { frame in
            let isEmpty = !(low[frame].x <= high[frame].x)
            return Place(
                center: isEmpty ? .zero : (low[frame] + high[frame]) / 2,
                scale: scales[frame] / unit
            )
        }
        return (places, Float(unit))
    }
}

extension Mesh {
    /// Whether vertices `a` and `b`, which are in one place, are equal in every attribute, bit by bit.
    func hasEqualAttributes(_ a: Int, _ b: Int) -> Bool {
        func areEqual<Scalar: Equatable>(_ values: [Scalar]?) -> Bool {
            guard let values else { return true }
            return values[a] == values[b]
        }
        return areEqual(normals) && areEqual(tangents)
            && textureCoordinates.allSatisfy { areEqual($0) }
            && colors.allSatisfy { areEqual($0) }
            && influences.allSatisfy { areEqual($0) }
            && morphTargets.allSatisfy { target in
                areEqual(target.positions) && areEqual(target.normals) && areEqual(target.tangents)
                    && target.textureCoordinates.allSatisfy { areEqual($0) }
                    && target.colors.allSatisfy { areEqual($0) }
            }
            && customAttributes.values.allSatisfy { attribute in
                let n = attribute.componentCount
                return attribute.values[(a * n)..<((a + 1) * n)]
                    == attribute.values[(b * n)..<((b + 1) * n)]
            }
    }
}

/// A hash table of numbers whose keys lie elsewhere, with open addressing and linear probing.
struct WeldTable {
    private var slots: [UInt32]
    private var mask: Int
    private var count = 0

    /// Makes room for `capacity` numbers.
    init(capacity: Int) {
        var size = 16
        while size < capacity * 2 { size *= 2 }
        slots = [UInt32](repeating: none, count: size)
        mask = size - 1
    }

    /// Stirs `bits` into a hash; the finaliser of SplitMix64 with the golden ratio.
    @inline(__always)
    static func mix(_ bits: UInt32, into hash: inout UInt64) {
        hash = (hash ^ UInt64(bits)) &* 0x9E37_79B9_7F4A_7C15
        hash ^= hash >> 29
    }

    /// The first number under `hash` that `isEqual` takes.
    @inline(__always)
    func find(_ hash: UInt64, where isEqual: (UInt32) -> Bool) -> UInt32? {
        var slot = Self.slot(hash, mask)
        while slots[slot] != none {
            if isEqual(slots[slot]) { return slots[slot] }
            slot = (slot + 1) & mask
        }
        return nil
    }

    /// Adds a number under `hash`.
    @inline(__always)
    mutating func insert(_ number: UInt32, _ hash: UInt64) {
        var slot = Self.slot(hash, mask)
        while slots[slot] != none { slot = (slot + 1) & mask }
        slots[slot] = number
    }

    /// Adds a number under `hash`, and makes room first where there is little; `hashOf` says where the others belong.
    mutating func insert(_ number: UInt32, _ hash: UInt64, hashOf: (UInt32) -> UInt64) {
        count += 1
        if count * 2 > slots.count {
            let old = slots
            slots = [UInt32](repeating: none, count: old.count * 2)
            mask = slots.count - 1
            for number in old where number != none { insert(number, hashOf(number)) }
        }
        insert(number, hash)
    }

    private static func slot(_ hash: UInt64, _ mask: Int) -> Int {
        var mixed = hash &* 0xBF58_476D_1CE4_E5B9
        mixed ^= mixed >> 31
        return Int(truncatingIfNeeded: mixed) & mask
    }
}
