/// The smallest box along the axes that holds some points.
public struct BoundingBox: Sendable, Equatable {
    /// The corner of the least coordinates.
    public var min: SIMD3<Float>
    /// The corner of the greatest coordinates.
    public var max: SIMD3<Float>

    /// A box between two corners.
    public init(min: SIMD3<Float>, max: SIMD3<Float>) {
        self.min = min
        self.max = max
    }

    /// The box around `points`; `nil` if there are none.
    public init?(_ points: some Sequence<SIMD3<Float>>) {
        var iterator = points.makeIterator()
        guard let first = iterator.next() else { return nil }
        min = first
        max = first
        while let point = iterator.next() {
            min = pointwiseMin(min, point)
            max = pointwiseMax(max, point)
        }
    }

    /// The box around the corners of a mesh's triangles, and not its unused vertices; `nil` if there are none.
    init?(cornersOf mesh: Mesh) {
        let (positions, indices) = (mesh.positions, mesh.indices)
        self.init(indices.lazy.compactMap { $0 < positions.count ? positions[Int($0)] : nil })
    }

    /// Its length along each axis.
    public var size: SIMD3<Float> { max - min }
    /// The point in its middle.
    public var center: SIMD3<Float> { min + (max - min) / 2 }
    /// The length from corner to corner.
    public var diagonal: Float { (size * size).sum().squareRoot() }

    /// Its eight corners.
    public var corners: [SIMD3<Float>] {
        (0..<8).map { corner in
            SIMD3(
                corner & 1 == 0 ? min.x : max.x,
                corner & 2 == 0 ? min.y : max.y,
                corner & 4 == 0 ? min.z : max.z
            )
        }
    }
}
