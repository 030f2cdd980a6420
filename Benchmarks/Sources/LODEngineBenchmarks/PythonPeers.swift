import Foundation
import Harness
import LODEngine

/// The peers that come as Python packages: `scripts/bench_peers.py` in a process of its own, which takes turns with us.
///
/// Each turn is timed there, by CPU time of the thread that works, around the call into the package's compiled code.
final class PythonPeers: @unchecked Sendable {
    // Turns follow each other: the harness never asks for two at a time.
    private let process: Process
    private let input: FileHandle
    private let output: FileHandle
    private var rest = Data()

    /// A package that answered, and its version.
    struct Peer: Sendable {
        let key: String
        let name: String
        let version: String
        let settings: [String: String]
        let isSlow: Bool
    }

    /// The packages that are there.
    private(set) var peers: [Peer] = []

    /// Starts the script with an interpreter that has the packages; `nil` where VITRINE_BENCH_PYTHON names none.
    init?() throws {
        guard let python = ProcessInfo.processInfo.environment["VITRINE_BENCH_PYTHON"], !python.isEmpty else {
            return nil
        }
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../scripts/bench_peers.py").standardized.path
        process = Process()
        process.executableURL = URL(fileURLWithPath: python)
        process.arguments = [script]
        let (toPeer, fromPeer) = (Pipe(), Pipe())
        process.standardInput = toPeer
        process.standardOutput = fromPeer
        try process.run()
        input = toPeer.fileHandleForWriting
        output = fromPeer.fileHandleForReading
        while let line = line(), line != "ready" {
            let parts = line.split(separator: "\t").map(String.init)
            guard parts.count == 5 else { throw WrongResult("bench_peers.py said: \(line)") }
            peers.append(
                Peer(
                    key: parts[0],
                    name: parts[1],
                    version: parts[2],
                    settings: ["settings": parts[3]],
                    isSlow: parts[4] == "slow"
                )
            )
        }
        Suite.whenLeaving { [process] in process.terminate() }
    }

    /// Has a peer load a subject's file, once, before it is timed.
    func load(_ path: String) throws {
        let answer = try ask("load \(path)")
        guard answer == "loaded" else { throw WrongResult("bench_peers.py could not load: \(answer)") }
    }

    /// One turn: nanoseconds of CPU time, and the triangles that were left.
    func simplify(_ peer: Peer, _ path: String, to ratio: Double) throws -> (nanoseconds: Double, triangles: Int) {
        let answer = try ask("run \(peer.key) \(ratio) \(path)").split(separator: " ").compactMap { Double($0) }
        guard answer.count == 2 else { throw WrongResult("\(peer.name) gave no time") }
        return (answer[0], Int(answer[1]))
    }

    /// One turn of version 1 of the attribute codec: nanoseconds of CPU time for each coding, and the encoded bytes.
    func code(
        _ peer: Peer,
        _ verb: String,
        _ path: String,
        _ stream: CodecStream,
        repeats: Int
    ) throws -> (nanoseconds: Double, bytes: Int) {
        let filter = stream.filter == .octahedral ? "octahedral" : "none"
        let answer = try ask("\(verb) \(peer.key) \(stream.count) \(stream.byteStride) \(filter) \(repeats) \(path)")
        let numbers = answer.split(separator: " ").compactMap { Double($0) }
        guard numbers.count == 2 else { throw WrongResult("\(peer.name): \(answer)") }
        return (numbers[0], Int(numbers[1]))
    }

    private func ask(_ question: String) throws -> String {
        try input.write(contentsOf: Data((question + "\n").utf8))
        guard let answer = line() else { throw WrongResult("bench_peers.py ended") }
        return answer
    }

    private func line() -> String? {
        while true {
            if let end = rest.firstIndex(of: 10) {
                defer { rest = Data(rest[(end + 1)...]) }
                return String(decoding: rest[..<end], as: UTF8.self)
            }
            // What is there by now; `read(upToCount:)` would wait for all of a block.
            let more = output.availableData
            guard !more.isEmpty else { return nil }
            rest += more
        }
    }
}
