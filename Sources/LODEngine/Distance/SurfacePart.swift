/// Triangles that belong to a surface, with the mesh's own arrays: nothing is copied.
struct SurfacePart: Sendable {
    let positions: [SIMD3<Float>]
    let indices: [UInt32]
    /// Where the scene puts them; `nil` where they stand already.
    let transform: Transform?

    init(_ mesh: Mesh, transform: Transform? = nil) {
        positions = mesh.positions
        indices = mesh.indices
        self.transform = transform
    }

    /// Triangles, those that are none among them.
    var triangleCount: Int { indices.count / 3 }

    /// The corners of a triangle in the scene; `nil` where an index or a number leads nowhere.
    @inline(__always)
    func corners(_ triangle: Int) -> Triangle? {
        let (a, b, c) = (Int(indices[triangle * 3]), Int(indices[triangle * 3 + 1]), Int(indices[triangle * 3 + 2]))
        guard max(a, b, c) < positions.count else { return nil }
        let corners = Triangle(a: place(positions[a]), b: place(positions[b]), c: place(positions[c]))
        // Zero times infinity or NaN is NaN, which no number equals.
        let sum: SIMD3<Float> = corners.a * 0 + corners.b * 0
        return sum + corners.c * 0 == .zero ? corners : nil
    }

    /// Triangles of `meshes` with three corners in three places.
    static func count(_ meshes: [Mesh]) -> Int {
        meshes.reduce(0) { sum, mesh in
            let part = SurfacePart(mesh)
            return sum + (0..<part.triangleCount).count { part.corners($0).map { !$0.isLine } ?? false }
        }
    }

    @inline(__always)
    func place(_ position: SIMD3<Float>) -> SIMD3<Float> {
        transform?.apply(to: position) ?? position
    }
}
