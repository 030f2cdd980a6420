import CMeshoptimizer
import Foundation
import Harness
import LODEngine

/// A model's largest primitive through both codecs: its attributes in both versions, with filters, and its triangles in
/// drawing order.
///
/// Debian's meshoptimizer takes its turns in this process; version 1 of the attribute codec, which is newer than that, is
/// compared with the library in PyPI's package.
struct Compressing: Sendable {
    private let name: String
    private let streams: [CodecStream]
    private let vertexCount: Int
    private let indices: [UInt32]
    private let python: PythonPeers?
    private let directory: String

    /// How fast ours must be beside meshoptimizer, and how large at most.
    private static let encodeRatioMin = 0.6
    private static let decodeRatioMin = 0.5
    private static let sizeMost = 1.01
    /// How often a stream is coded in a turn of a process of its own.
    private static let repeats = 20

    init(_ subject: Subject, python: PythonPeers?, directory: String) throws {
        name = subject.name
        guard let largest = subject.meshes.max(by: { $0.triangleCount < $1.triangleCount }) else {
            throw WrongResult("\(name) has no triangles")
        }
        let mesh = largest.optimizedForDrawing()
        streams = CodecStream.all(of: mesh)
        vertexCount = mesh.vertexCount
        indices = mesh.indices
        self.python = python
        self.directory = directory
    }

    /// Every stream, each way; the checks hold the bytes to 1.01 times the peer's.
    func comparisons() throws -> [Comparison] {
        var rows = streams.flatMap { versionZero($0) } + triangles()
        if let python, let peer = python.peers.last(where: { $0.key.hasPrefix("attributes") }) {
            for stream in streams { rows += try versionOne(stream, python, peer) }
        }
        return rows
    }

    private func versionZero(_ stream: CodecStream) -> [Comparison] {
        let (ours, peer) = (stream.encoded(.zero), stream.encodedByPeer())
        let size = (ours: ours.count, peer: peer.count)
        return [
            row(
                "encode \(stream.name), version 0,",
                size,
                Self.encodeRatioMin,
                { stream.encoded(.zero).count },
                { stream.encodedByPeer().count }
            ),
            row(
                "decode \(stream.name), version 0,",
                size,
                Self.decodeRatioMin,
                { try stream.decoded(ours) },
                { stream.decodedByPeer(peer) }
            ),
        ]
    }

    private func triangles() -> [Comparison] {
        let indices = indices
        let ours = MeshoptEncoder.triangles(indices.span)
        let peer = trianglesByPeer()
        let size = (ours: ours.count, peer: peer.count)
        return [
            row(
                "encode triangles",
                size,
                Self.encodeRatioMin,
                { MeshoptEncoder.triangles(indices.span).count },
                { trianglesByPeer().count }
            ),
            row(
                "decode triangles",
                size,
                Self.decodeRatioMin,
                { try decodedTriangles(ours) },
                { decodedTrianglesByPeer(peer) }
            ),
        ]
    }

    private func title(_ what: String) -> String {
        "\(what) \(name), \(vertexCount) vertices, \(indices.count / 3) triangles"
    }

    private func row(
        _ what: String,
        _ size: (ours: Int, peer: Int),
        _ ratioMin: Double,
        _ mine: @escaping @Sendable () throws -> Int,
        _ theirs: @escaping @Sendable () -> Int
    ) -> Comparison {
        Comparison(
            title(what),
            operations: 1,
            ours: Contender(
                "LODEngine",
                version: "this commit",
                settings: ["bytes": "\(size.ours)"],
                check: {
                    guard Double(size.ours) <= Double(size.peer) * Self.sizeMost, try mine() > 0 else {
                        throw WrongResult("\(size.ours) bytes against \(size.peer)")
                    }
                },
                work: { operations, _ in for _ in 0..<operations { _ = try mine() } }
            ),
            peer: Contender(
                "meshoptimizer",
                version: "\(MESHOPTIMIZER_VERSION)",
                settings: ["bytes": "\(size.peer)"],
                check: { if theirs() <= 0 { throw WrongResult("the peer refused") } },
                work: { operations, _ in for _ in 0..<operations { _ = theirs() } }
            ),
            ratioMin: ratioMin
        )
    }

    /// Version 1 against a library in a process of its own, each timed there by its thread's CPU time.
    private func versionOne(
        _ stream: CodecStream,
        _ python: PythonPeers,
        _ peer: PythonPeers.Peer
    ) throws -> [Comparison] {
        let path = "\(directory)/\(name)-\(stream.name).bytes"
        try Data(stream.bytes).write(to: URL(fileURLWithPath: path))
        let ours = stream.encoded(.one)
        func row(
            _ verb: String,
            _ ratioMin: Double,
            _ mine: @escaping @Sendable () throws -> Int
        ) -> Comparison {
            Comparison(
                title("\(verb) \(stream.name), version 1,"),
                measure: .figure(.nanoseconds),
                ours: Contender("LODEngine", version: "this commit", settings: ["bytes": "\(ours.count)"]) {
                    try Timing.cpu(threads: 1, operations: Self.repeats) { operations, _ in
                        for _ in 0..<operations where try mine() <= 0 { throw WrongResult("nothing came of it") }
                    } / Double(Self.repeats)
                },
                rivals: [
                    Comparison.Rival(
                        Contender(peer.name, version: peer.version) {
                            let found = try python.code(peer, verb, path, stream, repeats: Self.repeats)
                            guard Double(ours.count) <= Double(found.bytes) * Self.sizeMost else {
                                throw WrongResult("\(ours.count) bytes against \(found.bytes)")
                            }
                            return found.nanoseconds
                        },
                        ratioMin: ratioMin
                    )
                ]
            )
        }
        return [
            row("encode", Self.encodeRatioMin) { stream.encoded(.one).count },
            row("decode", Self.decodeRatioMin) { try stream.decoded(ours) },
        ]
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

    private func trianglesByPeer() -> [UInt8] {
        meshopt_encodeIndexVersion(1)
        var stream = [UInt8](repeating: 0, count: meshopt_encodeIndexBufferBound(indices.count, vertexCount))
        let size = meshopt_encodeIndexBuffer(&stream, stream.count, indices, indices.count)
        return Array(stream.prefix(size))
    }

    private func decodedTrianglesByPeer(_ stream: [UInt8]) -> Int {
        var bytes = [UInt32](repeating: 0, count: indices.count)
        return meshopt_decodeIndexBuffer(&bytes, indices.count, 4, stream, stream.count) == 0 ? bytes.count : 0
    }
}
