import CMeshoptimizer
import Foundation
import Harness
import LODEngine

/// One attribute of a model's largest primitive as a delivered file has it, for both codecs to encode and decode.
struct CodecStream: Sendable {
    let name: String
    let count: Int
    let byteStride: Int
    let bytes: [UInt8]
    /// How the decoded bytes are turned into what a renderer reads.
    let filter: MeshoptFilter

    /// Positions of 14 bits, normals as octahedra of 8 bits and texture coordinates of 12 bits, as far as there are any.
    static func all(of mesh: Mesh) -> [CodecStream] {
        let count = mesh.vertexCount
        var streams = [
            CodecStream(name: "positions", count: count, byteStride: 8, bytes: grid(mesh.positions), filter: .none)
        ]
        if let normals = mesh.normals {
            let vectors = normals.map { SIMD4($0, 1) }
            let bytes = MeshoptEncoder.octahedral(vectors.span, bits: 8, byteStride: 4)
            streams.append(CodecStream(name: "normals", count: count, byteStride: 4, bytes: bytes, filter: .octahedral))
        }
        if let coordinates = mesh.textureCoordinates.first {
            let bytes = grid(coordinates)
            streams.append(CodecStream(name: "coordinates", count: count, byteStride: 4, bytes: bytes, filter: .none))
        }
        return streams
    }

    private static func grid(_ positions: [SIMD3<Float>]) -> [UInt8] {
        let low = positions.reduce(SIMD3<Float>(repeating: .infinity)) { pointwiseMin($0, $1) }
        let high = positions.reduce(-SIMD3<Float>(repeating: .infinity)) { pointwiseMax($0, $1) }
        let step = max((high - low).max() / 16383, .leastNormalMagnitude)
        let words = positions.flatMap { position -> [UInt16] in
            let numbers = ((position - low) / step).rounded(.toNearestOrAwayFromZero)
            return [UInt16(numbers.x), UInt16(numbers.y), UInt16(numbers.z), 0]
        }
        return words.withUnsafeBytes { Array($0) }
    }

    private static func grid(_ coordinates: [SIMD2<Float>]) -> [UInt8] {
        let low = coordinates.reduce(SIMD2<Float>(repeating: .infinity)) { pointwiseMin($0, $1) }
        let high = coordinates.reduce(-SIMD2<Float>(repeating: .infinity)) { pointwiseMax($0, $1) }
        // More bits over more than a unit of texture space, as far as 16 go.
        let step = max((high - low).max() / 65535, 1.0 / 4095)
        let words = coordinates.flatMap { coordinate -> [UInt16] in
            let numbers = ((coordinate - low) / step).rounded(.toNearestOrAwayFromZero)
            return [UInt16(min(numbers.x, 65535)), UInt16(min(numbers.y, 65535))]
        }
        return words.withUnsafeBytes { Array($0) }
    }

    func encoded(_ version: MeshoptEncoder.Version) -> [UInt8] {
        MeshoptEncoder.attributes(bytes.span, count: count, byteStride: byteStride, version: version)
    }

    func decoded(_ stream: [UInt8]) throws -> Int {
        try MeshoptDecoder.decode(
            stream.span,
            mode: .attributes,
            filter: filter,
            count: count,
            byteStride: byteStride
        ).count
    }

    /// By Debian's meshoptimizer, whose codec is version 0.
    func encodedByPeer() -> [UInt8] {
        var stream = [UInt8](repeating: 0, count: meshopt_encodeVertexBufferBound(count, byteStride))
        let size = meshopt_encodeVertexBuffer(&stream, stream.count, bytes, count, byteStride)
        return Array(stream.prefix(size))
    }

    /// By the same; the number of bytes, or 0 where it refuses the stream.
    func decodedByPeer(_ stream: [UInt8]) -> Int {
        var target = [UInt8](repeating: 0, count: bytes.count)
        guard meshopt_decodeVertexBuffer(&target, count, byteStride, stream, stream.count) == 0 else { return 0 }
        if filter == .octahedral { meshopt_decodeFilterOct(&target, count, byteStride) }
        return target.count
    }
}
