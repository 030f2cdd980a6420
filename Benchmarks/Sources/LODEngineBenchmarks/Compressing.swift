import CMeshoptimizer
import Foundation
import Harness
import LODEngine

/// A model's largest primitive as both codecs take it: positions of 14 bits in 8 bytes, and triangles in drawing order.
struct Compressing: Sendable {
    private let name: String
    private let positions: [UInt8]
    private let vertexCount: Int
    private let indices: [UInt32]

    private static let byteStride = 8

    init(_ subject: Subject) throws {
        name = subject.name
        guard let largest = subject.meshes.max(by: { $0.triangleCount < $1.triangleCount }) else {
            throw WrongResult("\(name) has no triangles")
        }
        let mesh = largest.optimizedForDrawing()
        let low = mesh.positions.reduce(SIMD3<Float>(repeating: .infinity)) { pointwiseMin($0, $1) }
        let high = mesh.positions.reduce(-SIMD3<Float>(repeating: .infinity)) { pointwiseMax($0, $1) }
        let step = max((high - low).max() / 16383, .leastNormalMagnitude)
        var words: [UInt16] = []
        for position in mesh.positions {
            let numbers = ((position - low) / step).rounded(.toNearestOrAwayFromZero)
            words += [UInt16(numbers.x), UInt16(numbers.y), UInt16(numbers.z), 0]
        }
        positions = words.withUnsafeBytes { Array($0) }
        vertexCount = mesh.vertexCount
        indices = mesh.indices
    }

    /// Attributes and triangles, each way; the checks hold the bytes to 1.01 times the peer's.
    var comparisons: [Comparison] {
        let version = "\(MESHOPTIMIZER_VERSION)"
        let ours = (attributes: encodedByUs(positions), triangles: MeshoptEncoder.triangles(indices.span))
        let peer = (attributes: attributesByPeer(), triangles: trianglesByPeer())
        func row(
            _ what: String,
            _ size: (ours: Int, peer: Int),
            _ mine: @escaping @Sendable () throws -> Int,
            _ theirs: @escaping @Sendable () -> Int
        ) -> Comparison {
            Comparison(
                "\(what) \(name), \(vertexCount) vertices, \(indices.count / 3) triangles",
                operations: 1,
                ours: Contender(
                    "LODEngine",
                    version: "this commit",
                    settings: ["bytes": "\(size.ours)"],
                    check: {
                        guard Double(size.ours) <= Double(size.peer) * 1.01, try mine() > 0 else {
                            throw WrongResult("\(size.ours) bytes against \(size.peer)")
                        }
                    },
                    work: { operations, _ in for _ in 0..<operations { _ = try mine() } }
                ),
                peer: Contender(
                    "meshoptimizer",
                    version: version,
                    settings: ["bytes": "\(size.peer)"],
                    check: { if theirs() <= 0 { throw WrongResult("the peer refused") } },
                    work: { operations, _ in for _ in 0..<operations { _ = theirs() } }
                )
            )
        }
        let vertices = (ours.attributes.count, peer.attributes.count)
        let triangles = (ours.triangles.count, peer.triangles.count)
        return [
            row("encode attributes", vertices, { encodedByUs(positions).count }, { attributesByPeer().count }),
            row("decode attributes", vertices, { try decoded(ours.attributes) }, { decodedByPeer(peer.attributes) }),
            row(
                "encode triangles",
                triangles,
                { MeshoptEncoder.triangles(indices.span).count },
                { trianglesByPeer().count }
            ),
            row(
                "decode triangles",
                triangles,
                { try decodedTriangles(ours.triangles) },
                { decodedTrianglesByPeer(peer.triangles) }
            ),
        ]
    }

    private func encodedByUs(_ bytes: [UInt8]) -> [UInt8] {
        MeshoptEncoder.attributes(bytes.span, count: vertexCount, byteStride: Self.byteStride, version: .zero)
    }

    private func decoded(_ stream: [UInt8]) throws -> Int {
        try MeshoptDecoder.decode(
            stream.span,
            mode: .attributes,
            filter: .none,
            count: vertexCount,
            byteStride: Self.byteStride
        ).count
    }

    private func decodedTriangles(_ stream: [UInt8]) throws -> Int {
        try MeshoptDecoder.decode(
            stream.span,
            mode: .triangles,
            filter: .none,
            count: indices.count,
            byteStride: 4
        ).count
    }

    private func attributesByPeer() -> [UInt8] {
        var stream = [UInt8](repeating: 0, count: meshopt_encodeVertexBufferBound(vertexCount, Self.byteStride))
        let size = meshopt_encodeVertexBuffer(&stream, stream.count, positions, vertexCount, Self.byteStride)
        return Array(stream.prefix(size))
    }

    private func trianglesByPeer() -> [UInt8] {
        meshopt_encodeIndexVersion(1)
        var stream = [UInt8](repeating: 0, count: meshopt_encodeIndexBufferBound(indices.count, vertexCount))
        let size = meshopt_encodeIndexBuffer(&stream, stream.count, indices, indices.count)
        return Array(stream.prefix(size))
    }

    private func decodedByPeer(_ stream: [UInt8]) -> Int {
        var bytes = [UInt8](repeating: 0, count: positions.count)
        return meshopt_decodeVertexBuffer(&bytes, vertexCount, Self.byteStride, stream, stream.count) == 0
            ? bytes.count : 0
    }

    private func decodedTrianglesByPeer(_ stream: [UInt8]) -> Int {
        var bytes = [UInt32](repeating: 0, count: indices.count)
        return meshopt_decodeIndexBuffer(&bytes, indices.count, 4, stream, stream.count) == 0 ? bytes.count : 0
    }
}
