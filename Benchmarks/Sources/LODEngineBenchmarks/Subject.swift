import CMeshoptimizer
import Foundation
import LODEngine

/// A model that everybody simplifies, as meshes in memory.
struct Subject: Sendable {
    let name: String
    let meshes: [Mesh]

    init(name: String, meshes: [Mesh]) {
        self.name = name
        self.meshes = meshes
    }

    init(path: String) throws {
        self.init(
            name: URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent,
            meshes: try Model.read(contentsOf: path).primitives.map(\.mesh)
        )
    }

    var triangleCount: Int { meshes.reduce(0) { $0 + $1.triangleCount } }

    /// Ours, all primitives within one budget: the triangles that are left.
    func simplified(to ratio: Double, options: SimplificationOptions) throws -> Int {
        try Simplifier.simplify(meshes, to: .ratio(ratio), options: options).triangleCount
    }

    /// meshoptimizer's plain `simplify`, one primitive after the other at the same share: the triangles that are left.
    func simplifiedByPeer(to ratio: Double) -> Int {
        meshes.reduce(0) { total, mesh in
            var result = [UInt32](repeating: 0, count: mesh.indices.count)
            let wanted = Int(Double(mesh.triangleCount) * ratio) * 3
            let count = mesh.positions.withUnsafeBytes { positions in
                meshopt_simplify(
                    &result,
                    mesh.indices,
                    mesh.indices.count,
                    positions.baseAddress?.assumingMemoryBound(to: Float.self),
                    mesh.positions.count,
                    MemoryLayout<SIMD3<Float>>.stride,
                    wanted,
                    1e10,
                    0,
                    nil
                )
            }
            return total + count / 3
        }
    }

    /// Everything as plain little-endian arrays, for the peers that are called from Python: for each mesh the numbers of
    /// vertices, indices, and whether it has normals and coordinates; positions, normals, coordinates, indices.
    func write(to path: String) throws {
        var bytes = Data()
        func append<Element>(_ values: [Element]) {
            values.withUnsafeBytes { bytes.append(contentsOf: $0) }
        }
        append([UInt32(meshes.count)])
        for mesh in meshes {
            let normals = mesh.normals ?? []
            let coordinates = mesh.textureCoordinates.first ?? []
            append([mesh.positions, normals].map { UInt32($0.count) })
            append([UInt32(coordinates.count), UInt32(mesh.indices.count)])
            for values in [mesh.positions, normals] { append(values.flatMap { [$0.x, $0.y, $0.z] }) }
            append(coordinates)
            append(mesh.indices)
        }
        try bytes.write(to: URL(fileURLWithPath: path))
    }
}
