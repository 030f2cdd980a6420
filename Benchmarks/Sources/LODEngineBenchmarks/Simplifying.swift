import CMeshoptimizer
import Foundation
import Harness
import LODEngine
import Synchronization

/// One model simplified by both: all its primitives, one after the other for the peer, together for ours.
struct Simplifying: Sendable {
    let name: String
    let ratio: Double
    private let meshes: [Mesh]

    init(path: String, ratio: Double) throws {
        name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        self.ratio = ratio
        meshes = try Model.read(contentsOf: path).primitives.map(\.mesh)
    }

    private var triangleCount: Int { meshes.reduce(0) { $0 + $1.triangleCount } }

    var comparison: Comparison {
        let ours = Remaining()
        let peer = Remaining()
        var options = SimplificationOptions()
        options.measuresError = false  // The peer does not measure it either.
        return Comparison(
            "simplify \(name), \(triangleCount) triangles, to \(Int(ratio * 100)) %",
            operations: 1,
            ours: Contender(
                "LODEngine",
                version: "this commit",
                settings: ["metric": "position, normal, UV; vertices move"],
                check: { try ours.check(of: triangleCount, ratio: ratio) },
                work: { [options] operations, _ in
                    for _ in 0..<operations {
                        let result = try Simplifier.simplify(meshes, to: .ratio(ratio), options: options)
                        ours.triangles.store(result.triangleCount, ordering: .relaxed)
                    }
                }
            ),
            peer: Contender(
                "meshoptimizer simplify",
                version: "\(MESHOPTIMIZER_VERSION)",
                settings: ["metric": "position"],
                check: { try peer.check(of: triangleCount, ratio: 1) },
                work: { operations, _ in
                    for _ in 0..<operations {
                        let total = meshes.reduce(0) { $0 + simplifiedByPeer($1) }
                        peer.triangles.store(total, ordering: .relaxed)
                    }
                }
            )
        )
    }

    /// How many triangles meshoptimizer leaves of a mesh, at the same share.
    private func simplifiedByPeer(_ mesh: Mesh) -> Int {
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
        return count / 3
    }
}

/// The triangles that a contender's last turn left.
private final class Remaining: Sendable {
    let triangles = Atomic<Int>(0)

    /// Some, and no more than the share that was asked for.
    func check(of original: Int, ratio: Double) throws {
        let left = triangles.load(ordering: .relaxed)
        guard left > 0, Double(left) <= Double(original) * max(ratio * 1.2, ratio) else {
            throw WrongResult("\(left) of \(original) triangles are left")
        }
    }
}
