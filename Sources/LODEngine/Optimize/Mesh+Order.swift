extension Mesh {
    /// The same mesh in the order that a GPU draws fastest and that compresses best.
    ///
    /// Triangles go where the cache of transformed vertices serves them (Forsyth 2006), patches of them outside before
    /// inside to spare overdraw where that costs few cache misses (Sander and others 2007), and vertices are numbered
    /// in the order of their first use, so that they are fetched from memory in sequence; those that no triangle uses
    /// are dropped. Nothing else changes. Deterministic.
    ///
    /// Every index must be below `vertexCount` and every attribute as long as `positions`, as `check()` verifies.
    ///
    /// - Parameter overdrawThreshold: How many times as many cache misses a better order against overdraw may cost; 1
    ///   for none.
    /// - Complexity: O(n log n) in patches, linear in triangles and vertices.
    public func optimizedForDrawing(overdrawThreshold: Float = 1.05) -> Mesh {
        precondition(indices.allSatisfy { $0 < vertexCount }, "an index of \(vertexCount) vertices or more")
        var ordered: [UInt32] = []
        ordered.reserveCapacity(indices.count)
        for triangle in VertexCacheOrder.order(indices, vertexCount: vertexCount) {
            let first = Int(triangle) * 3
            ordered += indices[first..<first + 3]
        }
        if overdrawThreshold > 1 {
            ordered = OverdrawOrder.ordered(ordered, positions: positions, threshold: overdrawThreshold)
        }
        return inFetchOrder(ordered)
    }

    /// The mesh with `indices` for its triangles and its vertices numbered as those use them.
    private func inFetchOrder(_ indices: [UInt32]) -> Mesh {
        var places = [UInt32](repeating: none, count: vertexCount)
        var rows: [Int] = []
        rows.reserveCapacity(vertexCount)
        var renumbered = indices
        for place in renumbered.indices {
            let vertex = Int(renumbered[place])
            if places[vertex] == none {
                places[vertex] = UInt32(rows.count)
                rows.append(vertex)
            }
            renumbered[place] = places[vertex]
        }
        var mesh = selecting(rows)
        mesh.indices = renumbered
        return mesh
    }

    /// The vertices `rows`, in that order, without triangles.
    private func selecting(_ rows: [Int]) -> Mesh {
        func picked<Value>(_ values: [Value]) -> [Value] { rows.map { values[$0] } }
        var mesh = Mesh(positions: picked(positions), indices: [])
        mesh.normals = normals.map(picked)
        mesh.tangents = tangents.map(picked)
        mesh.textureCoordinates = textureCoordinates.map(picked)
        mesh.colors = colors.map(picked)
        mesh.influences = influences.map(picked)
        mesh.morphTargets = morphTargets.map { old in
            var target = MorphTarget()
            target.positions = old.positions.map(picked)
            target.normals = old.normals.map(picked)
            target.tangents = old.tangents.map(picked)
            target.textureCoordinates = old.textureCoordinates.map(picked)
            target.colors = old.colors.map(picked)
            return target
        }
        mesh.customAttributes = customAttributes.mapValues { old in
            let count = old.componentCount
            return CustomAttribute(
                componentCount: count,
                values: rows.flatMap { old.values[$0 * count..<($0 + 1) * count] }
            )
        }
        return mesh
    }
}
