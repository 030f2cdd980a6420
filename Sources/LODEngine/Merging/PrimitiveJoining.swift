/// Makes one primitive of those that have a material and all attributes in common.
enum PrimitiveJoining {
    /// What two primitives must have in common to become one.
    private struct Kind: Hashable {
        /// The mesh, where that may not be left.
        let mesh: Int?
        let material: Int?
        let hasNormals: Bool
        let hasTangents: Bool
        let textureSetCount: Int
        let colorSetCount: Int
        /// What else the file says of it, such as the variants of its material.
        let rest: String
    }

    /// Moves triangles into the first primitive of their kind; tells how many primitives were emptied.
    static func join(_ model: inout Model) -> Int {
        let fixed = fixedMeshes(model)
        var first: [Kind: Int] = [:]
        var joined = 0
        for index in model.primitives.indices {
            let primitive = model.primitives[index]
            guard let kind = kind(of: primitive, in: model, isFixed: fixed.contains(primitive.meshIndex)) else {
                continue
            }
            guard let target = first[kind] else {
                first[kind] = index
                continue
            }
            guard var mesh = moved(primitive.mesh, from: index, to: target, in: model) else { continue }
            let count = model.primitives[target].mesh.vertexCount
            guard count + mesh.vertexCount < Int(UInt32.max) else { continue }
            mesh.indices = mesh.indices.map { $0 + UInt32(count) }
            model.primitives[target].mesh.append(mesh)
            _ = model.dropTriangles(of: index) { _ in true }
            joined += 1
        }
        return joined
    }

    private static func kind(of primitive: Primitive, in model: Model, isFixed: Bool) -> Kind? {
        let mesh = primitive.mesh
        guard mesh.morphTargets.isEmpty, mesh.influences.isEmpty, mesh.customAttributes.isEmpty, mesh.triangleCount > 0
        else { return nil }
        let json = model.document.root["meshes"]?[primitive.meshIndex]?["primitives"]?[primitive.primitiveIndex]
        var rest = json?.object ?? JSONObject()
        for key in ["attributes", "indices", "mode", "material", "targets"] { rest[key] = nil }
        return Kind(
            mesh: isFixed ? primitive.meshIndex : nil,
            material: primitive.materialIndex,
            hasNormals: mesh.normals != nil,
            hasTangents: mesh.tangents != nil,
            textureSetCount: mesh.textureCoordinates.count,
            colorSetCount: mesh.colors.count,
            rest: String(decoding: JSONValue.object(rest).serialized, as: UTF8.self)
        )
    }

    /// The meshes whose triangles may not go to another mesh: what places them could be moved, shown or told apart by
    /// something in the file.
    private static func fixedMeshes(_ model: Model) -> Set<Int> {
        let all = Set(model.primitives.map(\.meshIndex))
        guard model.document.root["animations"]?.array?.isEmpty ?? true else { return all }
        var uses: [Int: Int] = [:]
        var fixed: Set<Int> = []
        for node in model.document.root["nodes"]?.array ?? [] {
            guard let mesh = node["mesh"]?.int else { continue }
            uses[mesh, default: 0] += 1
            if node["skin"] != nil || node["extensions"] != nil || node["weights"] != nil { fixed.insert(mesh) }
        }
        var placements: [Int: Int] = [:]
        for instance in model.instances { placements[instance.primitiveIndex, default: 0] += 1 }
        for (index, primitive) in model.primitives.enumerated()
        where uses[primitive.meshIndex] != 1 || placements[index] != 1 {
            fixed.insert(primitive.meshIndex)
        }
        return fixed
    }

    /// A mesh of one primitive in the coordinates of another; `nil` where there is no way.
    private static func moved(_ mesh: Mesh, from source: Int, to target: Int, in model: Model) -> Mesh? {
        guard model.primitives[source].meshIndex != model.primitives[target].meshIndex else { return mesh }
        guard let here = model.instances.first(where: { $0.primitiveIndex == source })?.transform,
            let there = model.instances.first(where: { $0.primitiveIndex == target })?.transform
        else { return nil }
        guard here != there else { return mesh }
        return LinearMap(from: here, to: there).map { $0.apply(to: mesh) }
    }
}

/// From the coordinates of one placement to those of another, in double precision.
private struct LinearMap {
    private typealias Vector = SIMD3<Double>
    /// Where the axes go, and the origin.
    private let axes: (Vector, Vector, Vector)
    private let origin: Vector
    private let isMirroring: Bool

    /// `nil` where one of them flattens what it places.
    init?(from here: Transform, to there: Transform) {
        func vector(_ column: SIMD4<Float>) -> Vector { Vector(Double(column.x), Double(column.y), Double(column.z)) }
        let (x, y, z) = (vector(there.x), vector(there.y), vector(there.z))
        let determinant = (x * Self.cross(y, z)).sum()
        guard determinant.isFinite, abs(determinant) > 1e-30, here.determinant != 0, here.isFinite else { return nil }
        let (first, second, third) = (Self.cross(y, z), Self.cross(z, x), Self.cross(x, y))
        func undone(_ v: Vector) -> Vector {
            Vector((first * v).sum(), (second * v).sum(), (third * v).sum()) / determinant
        }
        axes = (undone(vector(here.x)), undone(vector(here.y)), undone(vector(here.z)))
        origin = undone(vector(here.origin) - vector(there.origin))
        isMirroring = (here.determinant < 0) != (there.determinant < 0)
    }

    private static func cross(_ a: Vector, _ b: Vector) -> Vector {
        let x: Double = a.y * b.z - a.z * b.y
        let y: Double = a.z * b.x - a.x * b.z
        let z: Double = a.x * b.y - a.y * b.x
        return Vector(x, y, z)
    }

    func apply(to mesh: Mesh) -> Mesh {
        var mesh = mesh
        mesh.positions = mesh.positions.map { SIMD3<Float>(turned(Vector($0)) + origin) }
        // Normals go by the cofactors, which are the transposed inverse but for a factor.
        let sign: Double = isMirroring ? -1 : 1
        let (x, y, z) = (
            Self.cross(axes.1, axes.2) * sign, Self.cross(axes.2, axes.0) * sign, Self.cross(axes.0, axes.1) * sign
        )
        mesh.normals = mesh.normals?.map { normal in
            let n = Vector(normal)
            return SIMD3<Float>(x * n.x + y * n.y + z * n.z).normalized
        }
        mesh.tangents = mesh.tangents?.map { tangent in
            let direction = SIMD3<Float>(turned(Vector(Double(tangent.x), Double(tangent.y), Double(tangent.z))))
            return SIMD4(direction.normalized, isMirroring ? -tangent.w : tangent.w)
        }
        if isMirroring {
            for triangle in 0..<mesh.triangleCount { mesh.indices.swapAt(triangle * 3 + 1, triangle * 3 + 2) }
        }
        return mesh
    }

    private func turned(_ v: Vector) -> Vector {
        let xy: Vector = axes.0 * v.x + axes.1 * v.y
        return xy + axes.2 * v.z
    }
}

extension Mesh {
    /// Adds the vertices and triangles of a mesh with the same attributes, whose indices count on from this one's.
    fileprivate mutating func append(_ other: Mesh) {
        positions += other.positions
        if let more = other.normals { normals?.append(contentsOf: more) }
        if let more = other.tangents { tangents?.append(contentsOf: more) }
        for set in textureCoordinates.indices { textureCoordinates[set] += other.textureCoordinates[set] }
        for set in colors.indices { colors[set] += other.colors[set] }
        indices += other.indices
    }
}
