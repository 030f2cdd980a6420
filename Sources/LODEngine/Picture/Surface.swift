/// A value for each corner of a triangle.
struct Corners<Value> {
    let a: Value
    let b: Value
    let c: Value

    @inline(__always)
    func map<Other>(_ transform: (Value) -> Other) -> Corners<Other> {
        Corners<Other>(a: transform(a), b: transform(b), c: transform(c))
    }
}

extension Corners<SIMD3<Float>> {
    /// The corners' values by how much each counts.
    @inline(__always)
    func mixed(_ weights: SIMD3<Float>) -> SIMD3<Float> {
        a * weights.x + b * weights.y + c * weights.z
    }
}

extension Corners<SIMD2<Float>> {
    /// The corners' values by how much each counts.
    @inline(__always)
    func mixed(_ weights: SIMD3<Float>) -> SIMD2<Float> {
        a * weights.x + b * weights.y + c * weights.z
    }
}

extension Corners<SIMD4<Float>> {
    /// The corners' values by how much each counts.
    @inline(__always)
    func mixed(_ weights: SIMD3<Float>) -> SIMD4<Float> {
        a * weights.x + b * weights.y + c * weights.z
    }
}

/// A mesh in the scene's and the picture's coordinates.
struct Surface {
    let material: DrawableMaterial
    /// Whether the placement turns the mesh inside out.
    let isMirrored: Bool
    /// Where each vertex is in the scene.
    let points: [SIMD3<Float>]
    /// Where each vertex is in the picture.
    let places: [SIMD3<Float>]
    /// The texture's coordinates of each vertex; empty without a texture.
    let textureCoordinates: [SIMD2<Float>]
    /// The colour of each vertex; empty without.
    let colors: [SIMD4<Float>]
    private let indices: [UInt32]
    /// Which way the surface faces in the scene, of length 1 or zero where it is unknown: at each vertex if the mesh
    /// says so, else at each corner of each triangle.
    private let normals: [SIMD3<Float>]
    private let hasVertexNormals: Bool

    init(_ drawable: DrawableMesh, projection: Projection) {
        let mesh = drawable.mesh
        let transform = drawable.transform
        let count = mesh.positions.count
        material = drawable.material
        isMirrored = transform.determinant < 0
        points = mesh.positions.map { transform.apply(to: $0) }
        places = points.map { projection.apply(to: $0) }
        indices = mesh.indices
        if let given = mesh.normals, given.count == count {
            normals = Self.placed(given, by: transform)
            hasVertexNormals = true
        } else {
            normals = CornerNormals.make(points, indices: mesh.indices, isMirrored: isMirrored)
            hasVertexNormals = false
        }
        if let texture = drawable.material.baseColorTexture,
            mesh.textureCoordinates.indices.contains(texture.coordinateSet),
            mesh.textureCoordinates[texture.coordinateSet].count == count
        {
            textureCoordinates = mesh.textureCoordinates[texture.coordinateSet].map { texture.coordinates($0) }
        } else {
            textureCoordinates = []
        }
        colors = mesh.colors.first.flatMap { $0.count == count ? $0 : nil } ?? []
    }

    /// The vertices of the triangle that starts at this index; `nil` if one of them does not exist.
    @inline(__always)
    func corners(_ start: Int) -> Corners<Int>? {
        let corners = Corners(a: Int(indices[start]), b: Int(indices[start + 1]), c: Int(indices[start + 2]))
        return max(corners.a, corners.b, corners.c) < points.count ? corners : nil
    }

    /// Which way the surface faces at the corners of the triangle that starts at this index.
    @inline(__always)
    func normals(_ start: Int, _ corners: Corners<Int>) -> Corners<SIMD3<Float>> {
        if hasVertexNormals { return corners.map { normals[$0] } }
        return Corners(a: normals[start], b: normals[start + 1], c: normals[start + 2])
    }

    /// Where each triangle starts in the indices: the farthest first if what is behind shines through, else about the
    /// nearest first, so that little is lit that is hidden later.
    var drawingOrder: [Int] {
        let distances = (0..<indices.count / 3).map { triangle -> Float in
            guard let corners = corners(triangle * 3) else { return 0 }
            let distance = places[corners.a].z + places[corners.b].z + places[corners.c].z
            return distance.isFinite ? distance : 0
        }
        if material.transparency == .blend {
            return distances.indices.sorted { (distances[$0], $1) > (distances[$1], $0) }.map { $0 * 3 }
        }
        guard let nearest = distances.min(), let farthest = distances.max(), farthest > nearest else {
            return distances.indices.map { $0 * 3 }
        }
        // One pass over 256 slices of distance instead of a sort.
        let slices = distances.map { UInt8(min(255, ($0 - nearest) / (farthest - nearest) * 256)) }
        var next = [Int](repeating: 0, count: 257)
        for slice in slices { next[Int(slice) + 1] += 1 }
        for slice in 0..<256 { next[slice + 1] += next[slice] }
        var order = [Int](repeating: 0, count: slices.count)
        for (triangle, slice) in slices.enumerated() {
            order[next[Int(slice)]] = triangle * 3
            next[Int(slice)] += 1
        }
        return order
    }

    /// Normals go by the matrix of cofactors, which is the transposed inverse but for its length; its sign follows
    /// the determinant's.
    private static func placed(_ normals: [SIMD3<Float>], by transform: Transform) -> [SIMD3<Float>] {
        let x = SIMD3(transform.x.x, transform.x.y, transform.x.z)
        let y = SIMD3(transform.y.x, transform.y.y, transform.y.z)
        let z = SIMD3(transform.z.x, transform.z.y, transform.z.z)
        let sign: Float = transform.determinant < 0 ? -1 : 1
        let (a, b, c) = (y.cross(z) * sign, z.cross(x) * sign, x.cross(y) * sign)
        return normals.map { (a * $0.x + b * $0.y + c * $0.z).normalized }
    }
}
