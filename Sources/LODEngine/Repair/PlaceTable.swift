/// Which vertices, of one mesh or several, are in one place: equal positions, or positions within a tolerance.
///
/// With a tolerance, the first vertex of a neighbourhood founds a place and later ones join the nearest place within
/// reach; a vertex so moves by the tolerance at most, and never along a chain of others.
struct PlaceTable {
    /// The place of each vertex, mesh by mesh.
    private(set) var places: [[UInt32]] = []
    /// Where each place is.
    private(set) var positions: [SIMD3<Float>] = []

    private let tolerance: Double
    private var table: WeldTable
    /// For each place, the one founded before it in the same cell of the grid.
    private var previousInCell: [UInt32] = []

    /// Finds the places of `meshes`, which are in one coordinate system.
    init(_ meshes: [Mesh], tolerance: Float) {
        self.tolerance = Double(tolerance)
        table = WeldTable(capacity: meshes.reduce(0) { $0 + $1.vertexCount })
        for mesh in meshes {
            // Adding zero turns -0 into 0, which is the same place.
            places.append(mesh.positions.map { tolerance > 0 ? place(near: $0 + 0) : place(at: $0 + 0) })
        }
    }

    /// A new place; one that is not a number is never found again.
    private mutating func found(_ position: SIMD3<Float>) -> UInt32 {
        positions.append(position)
        if tolerance > 0 { previousInCell.append(none) }
        return UInt32(positions.count - 1)
    }

    private mutating func place(at position: SIMD3<Float>) -> UInt32 {
        var hash: UInt64 = 0
        for k in 0..<3 { WeldTable.mix(position[k].bitPattern, into: &hash) }
        if let known = table.find(hash, where: { positions[Int($0)] == position }) { return known }
        let place = found(position)
        if position.isFinite { table.insert(place, hash) }
        return place
    }

    private mutating func place(near position: SIMD3<Float>) -> UInt32 {
        guard position.isFinite else { return found(position) }
        let point = SIMD3<Double>(position)
        let cell = (point / tolerance).rounded(.down)
        var best: (place: UInt32, squared: Double)?
        for neighbour in 0..<27 {
            let step = SIMD3(Double(neighbour % 3), Double(neighbour / 3 % 3), Double(neighbour / 9)) - 1
            search(cell + step, for: point, &best)
        }
        if let best { return best.place }
        let place = found(position)
        let hash = Self.hash(cell)
        let head = table.find(hash) { cellOf($0) == cell }
        if let head {
            previousInCell[Int(place)] = previousInCell[Int(head)]
            previousInCell[Int(head)] = place
        } else {
            table.insert(place, hash)
        }
        return place
    }

    private func search(
        _ cell: SIMD3<Double>,
        for point: SIMD3<Double>,
        _ best: inout (place: UInt32, squared: Double)?
    ) {
        guard var place = table.find(Self.hash(cell), where: { cellOf($0) == cell }) else { return }
        while place != none {
            let apart = SIMD3<Double>(positions[Int(place)]) - point
            let squared = (apart * apart).sum()
            if squared <= tolerance * tolerance, squared < best?.squared ?? .infinity { best = (place, squared) }
            place = previousInCell[Int(place)]
        }
    }

    private func cellOf(_ place: UInt32) -> SIMD3<Double> {
        (SIMD3<Double>(positions[Int(place)]) / tolerance).rounded(.down)
    }

    private static func hash(_ cell: SIMD3<Double>) -> UInt64 {
        var hash: UInt64 = 0
        for k in 0..<3 {
            let bits = (cell[k] + 0).bitPattern
            WeldTable.mix(UInt32(truncatingIfNeeded: bits >> 32), into: &hash)
            WeldTable.mix(UInt32(truncatingIfNeeded: bits), into: &hash)
        }
        return hash
    }
}
