import Foundation
import Harness
import LODEngine
import Synchronization

/// Whole files and the largest meshes, each in a process of its own.
struct LargeRows: Sendable {
    /// The file that is read, simplified to a tenth and written: ToyCar cut to 1.74 million triangles.
    let file: String
    /// Where results go.
    let directory: String
    /// Debian's gltfpack, where it is installed.
    let gltfpack: String?

    static let gltfpackPath = "/usr/bin/gltfpack"

    func all() -> [Comparison] {
        [time, memory, throughput, memoryOfTenMillion]
    }

    private var oursWork: [String] { ["reduce", file, directory + "/ours.glb", "0.1"] }

    private var peerWork: [String] {
        ["-i", file, "-o", directory + "/peer.glb", "-si", "0.1", "-noq"]
    }

    private var time: Comparison {
        Comparison(
            "read, simplify to 10 %, write GLB: wall",
            measure: .figure(.nanoseconds),
            ours: Contender("LODEngine", version: "this commit") { try Child.measure(work: oursWork).nanoseconds },
            rivals: rivals { $0.nanoseconds },
            oursMax: 2.5e9
        )
    }

    private var memory: Comparison {
        Comparison(
            "read, simplify to 10 %, write GLB: peak memory",
            measure: .figure(.bytes),
            ours: Contender("LODEngine", version: "this commit", settings: ["of": "ru_maxrss"]) {
                try Child.measure(work: oursWork).peakBytes
            },
            rivals: rivals { $0.peakBytes },
            oursMax: 300e6
        )
    }

    private func rivals(_ figure: @escaping @Sendable (Child.Spent) -> Double) -> [Comparison.Rival] {
        guard let gltfpack else { return [] }
        let peer = Contender("gltfpack", version: "Debian's", settings: ["arguments": "-si 0.1 -noq"]) {
            figure(try Child.measure(gltfpack, peerWork))
        }
        return [Comparison.Rival(peer)]
    }

    private var throughput: Comparison {
        Comparison(
            "simplify a torus to 10 %: wall per triangle, 10M to 1M",
            measure: .figure(.nanoseconds),
            ours: made(10_000_000),
            rivals: [Comparison.Rival(made(1_000_000), ratioMin: 0.8)]
        )
    }

    private func made(_ count: Int) -> Contender {
        Contender("LODEngine, \(count / 1_000_000)M triangles", version: "this commit") {
            guard let nanoseconds = Double(try Child.say(work: ["dense", "\(count)"])) else {
                throw WrongResult("the child gave no time")
            }
            return nanoseconds
        }
    }

    private var memoryOfTenMillion: Comparison {
        Comparison(
            "simplify a torus of 10M triangles to 10 %: peak memory",
            measure: .figure(.bytes),
            ours: Contender(
                "LODEngine",
                version: "this commit",
                settings: ["of": "ru_maxrss, the mesh itself included"]
            ) {
                try Child.measure(work: ["dense", "10000000"]).peakBytes
            },
            rivals: [],
            oursMax: 2_147_483_648,
            roundsMax: 1,
            isWarmedUp: false
        )
    }
}
