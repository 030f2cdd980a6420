internal import Glibc

/// Tangents as Mikkelsen's algorithm has them, so that normal maps baked against it shine as they were baked.
///
/// M. Mikkelsen, "Simulation of Wrinkled Surfaces Revisited", master's thesis, University of Copenhagen, 2008: the
/// derivatives of position by texture coordinates are constant over each triangle; at a vertex, those of the triangles
/// that hang together over common edges and have the same handedness are projected into the plane of the vertex normal
/// and summed up, weighted by the triangles' angles there. glTF 2.0 asks for these tangents in section 3.7.2.1, with
/// the sign turned, because its texture coordinates run downwards.
struct TangentGenerator {
    private let mesh: Mesh
    private let normals: [SIMD3<Float>]
    /// For each corner its vertex, equal for vertices equal in position, normal and texture coordinates.
    private var vertices: [UInt32] = []
    private var faces: [Face] = []
    /// For each side, named by the corner where it starts, the triangle on its other side.
    private var neighbours: [UInt32]
    /// The group of each corner.
    private var groups: [UInt32]

    /// A triangle's derivatives.
    private struct Face {
        /// The unit vector along which the first texture coordinate grows.
        var alongU = SIMD3<Float>.zero
        /// Whether the texture shows its front; for a triangle without texture area, as a neighbour needs it.
        var isFront = false
        /// Whether the texture coordinates span no area, so that the triangle joins any group and adds nothing to it.
        var isAnything = true
        /// The unit vector along which the second texture coordinate grows.
        var alongV = SIMD3<Float>.zero
        /// Whether two corners are in one place, in which case the triangle takes its neighbours' tangents.
        var isDegenerate = false
    }

    /// Looks at the triangles of `mesh`, which has normals and the set of texture coordinates.
    init(_ mesh: Mesh, normals: [SIMD3<Float>], coordinates: [SIMD2<Float>]) {
        self.mesh = mesh
        self.normals = normals
        neighbours = [UInt32](repeating: none, count: mesh.indices.count)
        groups = neighbours
        vertices = Self.weld(mesh, normals, coordinates)
        faces.reserveCapacity(mesh.triangleCount)
        for first in stride(from: 0, to: mesh.indices.count - 2, by: 3) {
            faces.append(Self.face((0..<3).map { Int(mesh.indices[first + $0]) }, mesh.positions, coordinates))
        }
        findNeighbours()
    }

    /// A tangent for each corner, with the bitangent's sign for glTF.
    mutating func cornerTangents() -> [SIMD4<Float>] {
        var tangents = [SIMD4<Float>?](repeating: nil, count: mesh.indices.count)
        var byVertex = [UInt32](repeating: none, count: mesh.vertexCount)
        var members: [UInt32] = []
        for corner in mesh.indices.indices {
            let face = faces[corner / 3]
            guard groups[corner] == none, !face.isAnything, !face.isDegenerate else { continue }
            gather(UInt32(corner), &members)
            settle(members, front: face.isFront, &tangents)
        }
        // Degenerate triangles take over what a sound one has at the same vertex.
        for corner in tangents.indices where tangents[corner] != nil && byVertex[Int(vertices[corner])] == none {
            byVertex[Int(vertices[corner])] = UInt32(corner)
        }
        return tangents.indices.map { corner in
            if let tangent = tangents[corner] { return tangent }
            let other = byVertex[Int(vertices[corner])]
            if other != none, let tangent = tangents[Int(other)] { return tangent }
            return SIMD4(someOrthogonal(to: normals[Int(mesh.indices[corner])]), 1)
        }
    }

    // MARK: Triangles and their neighbours

    private static func weld(_ mesh: Mesh, _ normals: [SIMD3<Float>], _ coordinates: [SIMD2<Float>]) -> [UInt32] {
        var table = WeldTable(capacity: mesh.vertexCount)
        var numbers = [UInt32](repeating: none, count: mesh.vertexCount)
        for vertex in 0..<mesh.vertexCount {
            var hash: UInt64 = 0
            for k in 0..<3 { WeldTable.mix((mesh.positions[vertex][k] + 0).bitPattern, into: &hash) }
            for k in 0..<3 { WeldTable.mix((normals[vertex][k] + 0).bitPattern, into: &hash) }
            for k in 0..<2 { WeldTable.mix((coordinates[vertex][k] + 0).bitPattern, into: &hash) }
            let known = table.find(hash) { other in
                mesh.positions[Int(other)] == mesh.positions[vertex] && normals[Int(other)] == normals[vertex]
                    && coordinates[Int(other)] == coordinates[vertex]
            }
            numbers[vertex] = known ?? UInt32(vertex)
            if known == nil { table.insert(UInt32(vertex), hash) }
        }
        return mesh.indices.map { numbers[Int($0)] }
    }

    private static func face(
        _ corners: [Int],
        _ positions: [SIMD3<Float>],
        _ coordinates: [SIMD2<Float>]
    ) -> Face {
        var face = Face()
        let p = corners.map { positions[$0] }
        let t = corners.map { coordinates[$0] }
        face.isDegenerate = p[0] == p[1] || p[1] == p[2] || p[2] == p[0]
        let (d1, d2) = (p[1] - p[0], p[2] - p[0])
        let (t1, t2) = (t[1] - t[0], t[2] - t[0])
        let area = t1.x * t2.y - t1.y * t2.x
        face.isFront = area > 0
        let sign: Float = face.isFront ? 1 : -1
        guard abs(area) > .leastNormalMagnitude, area.isFinite else { return face }
        let alongU = d1 * t2.y - d2 * t1.y
        let alongV = d2 * t1.x - d1 * t2.x
        let (lengthU, lengthV) = (length(alongU), length(alongV))
        if lengthU > .leastNormalMagnitude { face.alongU = alongU * (sign / lengthU) }
        if lengthV > .leastNormalMagnitude { face.alongV = alongV * (sign / lengthV) }
        let isStretched = lengthU / abs(area) > .leastNormalMagnitude && lengthV / abs(area) > .leastNormalMagnitude
        face.isAnything = !(isStretched && lengthU.isFinite && lengthV.isFinite)
        return face
    }

    /// Pairs the sides of triangles that run along each other in opposite directions, each with one other at most.
    private mutating func findNeighbours() {
        var sides: [(key: UInt64, corner: UInt32)] = []
        sides.reserveCapacity(vertices.count)
        for corner in vertices.indices where !faces[corner / 3].isDegenerate {
            let (start, end) = (vertices[corner], vertices[Self.following(corner)])
            sides.append((UInt64(min(start, end)) << 32 | UInt64(max(start, end)), UInt32(corner)))
        }
        sides.sort { ($0.key, $0.corner) < ($1.key, $1.corner) }
        var first = 0
        while first < sides.count {
            var end = first + 1
            while end < sides.count, sides[end].key == sides[first].key { end += 1 }
            pair(sides[first..<end].map(\.corner))
            first = end
        }
    }

    /// Pairs sides along one edge, in order: the first that is left with the first that runs against it.
    private mutating func pair(_ corners: [UInt32]) {
        var waiting: (forth: ArraySlice<UInt32>, back: ArraySlice<UInt32>) = ([], [])
        for corner in corners {
            let isForth = vertices[Int(corner)] < vertices[Self.following(Int(corner))]
            guard let other = isForth ? waiting.back.popFirst() : waiting.forth.popFirst() else {
                if isForth { waiting.forth.append(corner) } else { waiting.back.append(corner) }
                continue
            }
            neighbours[Int(corner)] = other / 3
            neighbours[Int(other)] = corner / 3
        }
    }

    private static func following(_ corner: Int) -> Int { corner % 3 == 2 ? corner - 2 : corner + 1 }
    private static func preceding(_ corner: Int) -> Int { corner % 3 == 0 ? corner + 2 : corner - 1 }

    // MARK: Groups

    /// Collects in `members` the corners that share the vertex and hang together with `start`.
    private mutating func gather(_ start: UInt32, _ members: inout [UInt32]) {
        members.removeAll(keepingCapacity: true)
        let vertex = vertices[Int(start)]
        let isFront = faces[Int(start) / 3].isFront
        groups[Int(start)] = start
        members.append(start)
        // The last one is looked at first, so the side after a corner is followed to its end before the one before it.
        var waiting = [neighbours[Self.preceding(Int(start))], neighbours[Int(start)]]
        while let face = waiting.popLast() {
            guard face != none else { continue }
            let first = Int(face) * 3
            guard let corner = (first..<(first + 3)).first(where: { vertices[$0] == vertex }), groups[corner] == none
            else { continue }
            if faces[Int(face)].isAnything, (first..<(first + 3)).allSatisfy({ groups[$0] == none }) {
                faces[Int(face)].isFront = isFront
            }
            guard faces[Int(face)].isFront == isFront else { continue }
            groups[corner] = start
            members.append(UInt32(corner))
            waiting.append(neighbours[Self.preceding(corner)])
            waiting.append(neighbours[corner])
        }
        members.sort()
    }

    /// Works out the tangents of one group's corners.
    private func settle(_ members: [UInt32], front: Bool, _ tangents: inout [SIMD4<Float>?]) {
        let normal = normals[Int(mesh.indices[Int(members[0])])]
        let sign: Float = front ? -1 : 1
        let flatU = members.map { Self.project(faces[Int($0) / 3].alongU, normal) }
        if members.count > 256 || Self.lieOnOneSide(flatU) && lieOnOneSideV(members, normal) {
            let tangent = SIMD4(sum(members, normal), sign)
            for corner in members { tangents[Int(corner)] = tangent }
            return
        }
        // Where some run against each other, each corner sums up those that do not run against its own.
        let flatV = members.map { Self.project(faces[Int($0) / 3].alongV, normal) }
        for (own, corner) in members.enumerated() {
            let companions = members.indices.filter { other in
                faces[Int(corner) / 3].isAnything || faces[Int(members[other]) / 3].isAnything || other == own
                    || (dot(flatU[own], flatU[other]) > -1 && dot(flatV[own], flatV[other]) > -1)
            }
            tangents[Int(corner)] = SIMD4(sum(companions.map { members[$0] }, normal), sign)
        }
    }

    private func lieOnOneSideV(_ members: [UInt32], _ normal: SIMD3<Float>) -> Bool {
        Self.lieOnOneSide(members.map { Self.project(faces[Int($0) / 3].alongV, normal) })
    }

    /// Whether no two of `vectors` can run against each other: all are on one side of a plane.
    private static func lieOnOneSide(_ vectors: [SIMD3<Float>]) -> Bool {
        let middle = vectors.reduce(.zero, +)
        return vectors.allSatisfy { $0 == .zero || dot($0, middle) > 1e-3 * length(middle) }
    }

    /// The mean direction of the first texture coordinate at the vertex that `corners` share.
    private func sum(_ corners: [UInt32], _ normal: SIMD3<Float>) -> SIMD3<Float> {
        var sum = SIMD3<Float>.zero
        for corner in corners where !faces[Int(corner) / 3].isAnything {
            let here = mesh.positions[Int(mesh.indices[Int(corner)])]
            let after = mesh.positions[Int(mesh.indices[Self.following(Int(corner))])]
            let before = mesh.positions[Int(mesh.indices[Self.preceding(Int(corner))])]
            let cosine = dot(Self.project(before - here, normal), Self.project(after - here, normal))
            let angle = Float(acos(Double(min(max(cosine, -1), 1))))
            sum += Self.project(faces[Int(corner) / 3].alongU, normal) * angle
        }
        return unitVector(sum) ?? someOrthogonal(to: normal)
    }

    /// The direction of `vector` in the plane at right angles to `normal`; zero where it has none.
    private static func project(_ vector: SIMD3<Float>, _ normal: SIMD3<Float>) -> SIMD3<Float> {
        let flat = vector - normal * dot(normal, vector)
        let size = length(flat)
        return size > .leastNormalMagnitude ? flat / size : .zero
    }
}
