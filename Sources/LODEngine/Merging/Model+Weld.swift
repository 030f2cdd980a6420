extension Model {
    /// Brings vertices of each mesh that are within `distance` of the scene of each other to one place, and drops triangles
    /// that lose a side by that.
    ///
    /// Meshes that are deformed stay: what is close at rest need not be so in motion.
    mutating func weld(within distance: Float, _ report: inout MergeReport) {
        guard distance > 0, distance.isFinite else { return }
        let scales = sceneParts.map(\.scale)
        for list in primitivesByMesh {
            let own = list.filter { !deforms($0) }
            let scale = own.map { scales[$0] }.max() ?? 1
            let tolerance = distance / scale
            guard tolerance.isNormal else { continue }
            let table = PlaceTable(own.map { primitives[$0].mesh }, tolerance: tolerance)
            for (number, primitive) in own.enumerated() {
                let places = table.places[number]
                for vertex in places.indices {
                    let place = table.positions[Int(places[vertex])]
                    guard primitives[primitive].mesh.positions[vertex] != place else { continue }
                    primitives[primitive].mesh.positions[vertex] = place
                    report.movedVertices += 1
                }
                let indices = primitives[primitive].mesh.indices
                report.collapsedTriangles += dropTriangles(of: primitive) { triangle in
                    let a = places[Int(indices[triangle * 3])]
                    let b = places[Int(indices[triangle * 3 + 1])]
                    let c = places[Int(indices[triangle * 3 + 2])]
                    return a == b || b == c || c == a
                }
            }
        }
    }

    /// Drops the triangles of a primitive that `isDropped`, and the vertices that only they used; tells how many there were.
    mutating func dropTriangles(of primitive: Int, where isDropped: (_ triangle: Int) -> Bool) -> Int {
        let indices = primitives[primitive].mesh.indices
        var kept: [UInt32] = []
        kept.reserveCapacity(indices.count)
        for triangle in 0..<indices.count / 3 where !isDropped(triangle) {
            kept.append(indices[triangle * 3])
            kept.append(indices[triangle * 3 + 1])
            kept.append(indices[triangle * 3 + 2])
        }
        let count = (indices.count - kept.count) / 3
        guard count > 0 else { return 0 }
        primitives[primitive].mesh.indices = kept
        _ = primitives[primitive].mesh.dropUnusedVertices()
        return count
    }
}
