/// Makes meshes again of what collapsing has left.
struct MeshAssembly {
    let scene: WeldedScene
    let parts: [ScenePart]
    let layout: AttributeLayout

    /// The meshes, each with its vertices in the order in which its triangles use them.
    func meshes(from state: borrowing CollapseState) -> [Mesh] {
        var places = [UInt32](repeating: none, count: state.wedges.count)
        var ranges = [Range<Int>](repeating: 0..<0, count: parts.count)
        for list in state.meshTriangles { ranges[list.mesh] = list.triangles }
        let hasMoved = movedVertices(state)
        return parts.indices.map { mesh($0, ranges[$0], state, hasMoved, &places) }
    }

    /// By vertex, whether any wedge there is no longer as it was: then all take its place, rounded alike.
    ///
    /// Where a vertex stays and only some of its wedges become others', the rest would keep a position that differs from
    /// theirs by a rounding, and a crack would open between them.
    private func movedVertices(_ state: borrowing CollapseState) -> [Bool] {
        var hasMoved = [Bool](repeating: false, count: state.vertices.count)
        for triangle in 0..<state.triangleCount where state.isAlive(triangle) {
            for k in 0..<3 where state.wedges[state.cornerWedge[triangle * 3 + k]].isMoved {
                hasMoved[Int(state.cornerVertex[triangle * 4 + k])] = true
            }
        }
        return hasMoved
    }

    private func mesh(
        _ number: Int,
        _ triangles: Range<Int>,
        _ state: borrowing CollapseState,
        _ hasMoved: [Bool],
        _ places: inout [UInt32]
    ) -> Mesh {
        let original = parts[number].mesh
        if layout.keepsVertices { return sharing(original, triangles, state) }
        var wedges: [UInt32] = []
        var vertices: [UInt32] = []
        var indices: [UInt32] = []
        for triangle in triangles where state.isAlive(triangle) {
            for k in 0..<3 {
                let wedge = state.cornerWedge[triangle * 3 + k]
                if places[Int(wedge)] == none {
                    places[Int(wedge)] = UInt32(wedges.count)
                    wedges.append(wedge)
                    vertices.append(state.cornerVertex[triangle * 4 + k])
                }
                indices.append(places[Int(wedge)])
            }
        }
        // A mesh whose triangles all have two corners in one place keeps one, for a mesh is never lost.
        if indices.isEmpty, !original.indices.isEmpty { return firstTriangle(of: original) }
        var mesh = original
        mesh.indices = indices
        let sources = wedges.map { state.wedgeSource[$0] }
        let moved = wedges.map { state.wedges[$0].isMoved }
        let place = scene.places[scene.meshFrames[number]]
        mesh.positions = wedges.indices.map { k in
            hasMoved[Int(vertices[k])]
                ? place.invert(state.vertices[vertices[k]].position) : original.positions[Int(sources[k])]
        }
        let meshLayout = layout.meshes[number]
        for stream in meshLayout.weighed {
            stream.stream.write(&mesh, sources: sources, isMoved: moved) { k, component in
                state.attributes[wedges[k], stream.offset + component] / stream.weight
            }
        }
        for carried in meshLayout.carried {
            carried.stream.write(&mesh, sources: sources, isMoved: moved) { k, component in
                state.carried.value(wedges[k], carried.offset + component)
            }
        }
        for set in mesh.influences.indices {
            mesh.influences[set] = wedges.indices.map { k in
                moved[k]
                    ? state.carried.influence(of: wedges[k], set: set) : original.influences[set][Int(sources[k])]
            }
        }
        mesh.straighten(where: moved)
        return mesh
    }

    /// The mesh with all its vertices and fewer triangles.
    private func sharing(_ original: Mesh, _ triangles: Range<Int>, _ state: borrowing CollapseState) -> Mesh {
        var mesh = original
        mesh.indices = []
        for triangle in triangles where state.isAlive(triangle) {
            for k in 0..<3 { mesh.indices.append(state.wedgeSource[state.cornerWedge[triangle * 3 + k]]) }
        }
        if mesh.indices.isEmpty { mesh.indices = Array(original.indices.prefix(3)) }
        return mesh
    }

    private func firstTriangle(of original: Mesh) -> Mesh {
        var mesh = original
        let sources = Array(original.indices.prefix(3))
        mesh.indices = [0, 1, 2]
        mesh.positions = sources.map { original.positions[Int($0)] }
        for stream in AttributeStream.all(of: original) {
            stream.write(&mesh, sources: sources, isMoved: [false, false, false]) { _, _ in 0 }
        }
        for set in mesh.influences.indices {
            mesh.influences[set] = sources.map { original.influences[set][Int($0)] }
        }
        return mesh
    }
}

extension Mesh {
    /// Gives blended normals and tangents their length again, and tangents their right angle.
    fileprivate mutating func straighten(where isMoved: [Bool]) {
        if var normals {
            let fallback = faceNormals(
                for: normals.indices.filter { isMoved[$0] && unitVector(normals[$0]) == nil }
            )
            for vertex in normals.indices where isMoved[vertex] {
                normals[vertex] = unitVector(normals[vertex]) ?? fallback[vertex] ?? SIMD3(0, 0, 1)
            }
            self.normals = normals
        }
        guard var tangents else { return }
        for vertex in tangents.indices where isMoved[vertex] {
            let tangent = tangents[vertex]
            var direction = SIMD3(tangent.x, tangent.y, tangent.z)
            let normal = normals?[vertex] ?? .zero
            direction -= normal * dot(normal, direction)
            let unit =
                unitVector(direction)
                ?? unitVector(cross(normal, abs(normal.x) < 0.9 ? [1, 0, 0] : [0, 1, 0]))
            tangents[vertex] = SIMD4(unit ?? SIMD3(1, 0, 0), tangent.w < 0 ? -1 : 1)
        }
        self.tangents = tangents
    }

    /// The normal of some triangle at each of `vertices`.
    private func faceNormals(for vertices: [Int]) -> [Int: SIMD3<Float>] {
        guard !vertices.isEmpty else { return [:] }
        let wanted = Set(vertices)
        var found: [Int: SIMD3<Float>] = [:]
        for corner in indices.indices where wanted.contains(Int(indices[corner])) {
            let first = corner - corner % 3
            let p = (0..<3).map { positions[Int(indices[first + $0])] }
            guard let normal = unitVector(cross(p[1] - p[0], p[2] - p[0])) else { continue }
            found[Int(indices[corner])] = normal
        }
        return found
    }
}
