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

/// Three points.
struct Triangle {
    var a: SIMD3<Float>
    var b: SIMD3<Float>
    var c: SIMD3<Float>

    /// Whether two corners are one: what collapses to a line or a point has no surface to be far from.
    @inline(__always)
    var isLine: Bool { a == b || b == c || c == a }

    @inline(__always)
    var center: SIMD3<Float> { (a + b + c) / 3 }
}

/// The frame in which distances are measured: about the middle of a surface, in parts of its longest side.
///
/// So squares of lengths stay far from the ends of 32-bit numbers, and rounding is a part of the surface's own size.
struct SurfaceFrame: Sendable {
    let origin: SIMD3<Float>
    /// The longest side of the box, or 1 where that has none.
    let extent: Float
    /// The box around the surface.
    let bounds: BoundingBox

    /// The frame of the triangles of `parts`; `nil` where there are none.
    init?(_ parts: [SurfacePart]) {
        var low = SIMD3<Float>(repeating: .infinity)
        var high = -low
        for part in parts {
            for triangle in 0..<part.triangleCount {
                guard let corners = part.corners(triangle), !corners.isLine else { continue }
                low = pointwiseMin(low, pointwiseMin(corners.a, pointwiseMin(corners.b, corners.c)))
                high = pointwiseMax(high, pointwiseMax(corners.a, pointwiseMax(corners.b, corners.c)))
            }
        }
        guard low.x <= high.x else { return nil }
        bounds = BoundingBox(min: low, max: high)
        origin = low + (high - low) / 2
        let side = (high - low).max()
        extent = side.isNormal && side.isFinite ? side : 1
    }

    @inline(__always)
    func apply(_ point: SIMD3<Float>) -> SIMD3<Float> { (point - origin) / extent }
}
