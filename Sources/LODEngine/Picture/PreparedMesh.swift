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

extension Corners: Sendable where Value: Sendable {}

extension Corners where Value: SIMD, Value.Scalar == Float {
    /// The corners' values by how much each counts.
    @inline(__always)
    func mixed(_ weights: SIMD3<Float>) -> Value {
        a * weights.x + b * weights.y + c * weights.z
    }
}

/// A mesh as all its placements share it: in its own coordinates, made ready once.
final class PreparedMesh: Sendable {
    let positions: [SIMD3<Float>]
    let indices: [UInt32]
    let textureCoordinates: [[SIMD2<Float>]]
    /// The colour of each vertex; empty without.
    let colors: [SIMD4<Float>]
    /// Around the corners of all triangles that have a place; `nil` if none has.
    let bounds: BoundingBox?
    /// Which way the surface faces: at each vertex if the mesh says so, else at each corner of each triangle.
    private let normals: [SIMD3<Float>]
    private let hasVertexNormals: Bool

    var triangleCount: Int { indices.count / 3 }

    init(_ mesh: Mesh) {
        positions = mesh.positions
        indices = mesh.indices
        textureCoordinates = mesh.textureCoordinates
        let count = mesh.positions.count
        colors = mesh.colors.first.flatMap { $0.count == count ? $0 : nil } ?? []
        if let given = mesh.normals, given.count == count {
            normals = given
            hasVertexNormals = true
        } else {
            normals = CornerNormals.make(mesh.positions, indices: mesh.indices, isMirrored: false)
            hasVertexNormals = false
        }
        bounds = Self.bounds(mesh)
    }

    /// The vertices of a triangle; `nil` if one of them does not exist.
    @inline(__always)
    func corners(_ triangle: Int) -> Corners<Int>? {
        let start = triangle * 3
        let corners = Corners(a: Int(indices[start]), b: Int(indices[start + 1]), c: Int(indices[start + 2]))
        return max(corners.a, corners.b, corners.c) < positions.count ? corners : nil
    }

    /// Which way the surface faces at a triangle's corners, at any length, or zero where that is unknown.
    @inline(__always)
    func normals(_ triangle: Int, _ corners: Corners<Int>) -> Corners<SIMD3<Float>> {
        if hasVertexNormals { return corners.map { normals[$0] } }
        let start = triangle * 3
        return Corners(a: normals[start], b: normals[start + 1], c: normals[start + 2])
    }

    private static func bounds(_ mesh: Mesh) -> BoundingBox? {
        var box: BoundingBox?
        for index in mesh.indices where Int(index) < mesh.positions.count {
            let point = mesh.positions[Int(index)]
            guard point.x.isFinite && point.y.isFinite && point.z.isFinite else { continue }
            if let known = box {
                box = BoundingBox(min: pointwiseMin(known.min, point), max: pointwiseMax(known.max, point))
            } else {
                box = BoundingBox(min: point, max: point)
            }
        }
        return box
    }
}

/// Meshes made ready, each once however often it is placed, and where they are placed.
struct PreparedScene: Sendable {
    /// One placement of a mesh.
    struct Placement: Sendable {
        /// By its place in `meshes`.
        let mesh: Int
        /// The drawable that it is of, by its place in the list that is drawn.
        let drawable: Int
    }

    let drawables: [DrawableMesh]
    let meshes: [PreparedMesh]
    /// In the order of the drawables, without those that no triangle of has a place.
    let placements: [Placement]

    init(_ drawables: [DrawableMesh], threadCount: Int) throws {
        self.drawables = drawables
        var known: [MeshIdentity: Int] = [:]
        var distinct: [Mesh] = []
        let numbers = drawables.map { drawable in
            let identity = MeshIdentity(drawable.mesh)
            if let number = known[identity] { return number }
            known[identity] = distinct.count
            distinct.append(drawable.mesh)
            return distinct.count - 1
        }
        let sources = distinct
        let meshes = try Parallel.map(sources.count, threadCount: threadCount) { PreparedMesh(sources[$0]) }
        self.meshes = meshes
        placements = numbers.enumerated().compactMap { drawable, mesh in
            meshes[mesh].bounds == nil ? nil : Placement(mesh: mesh, drawable: drawable)
        }
    }
}

/// Where a mesh's arrays lie in memory: copies of one mesh have the same, as long as none of them is changed.
private struct MeshIdentity: Hashable {
    private let parts: [Int]

    init(_ mesh: Mesh) {
        var parts: [Int] = []
        func add<Element>(_ array: [Element]) {
            // Only the address is used, as a name for the array, which lives as long as the mesh.
            unsafe array.withUnsafeBufferPointer { buffer in
                parts.append(Int(bitPattern: buffer.baseAddress))
                parts.append(buffer.count)
            }
        }
        add(mesh.positions)
        add(mesh.indices)
        if let normals = mesh.normals { add(normals) }
        add(mesh.textureCoordinates)
        add(mesh.colors)
        self.parts = parts
    }
}
