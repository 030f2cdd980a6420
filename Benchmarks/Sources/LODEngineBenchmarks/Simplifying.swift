import CMeshoptimizer
import Foundation
import Harness
import LODEngine
import Synchronization

/// Models simplified to a share of their triangles, by ours and by its peers.
struct Simplifying: Sendable {
    let subject: Subject
    let ratio: Double
    let python: PythonPeers?
    /// Where the subject lies for the peers in Python.
    let dump: String

    private var title: String { "\(subject.name), \(subject.triangleCount) triangles, to \(Int(ratio * 100)) %" }

    /// Our options for a given number of threads; the error is not measured, as no peer measures it.
    static func options(threads: Int) -> SimplificationOptions {
        var options = SimplificationOptions()
        options.measuresError = false
        options.threadCount = threads
        return options
    }

    /// One thread's CPU time: plain `simplify` of Debian's meshoptimizer and, of the newer ones from PyPI, the call
    /// that looks at attributes as ours does.
    func oneThread() throws -> Comparison {
        try python?.load(dump)
        var rivals = [Comparison.Rival(debian(.threads(1)), ratioMin: 0.6)]
        for peer in python?.peers ?? [] where !peer.isSlow || subject.triangleCount < 200_000 {
            let asked: Double? = peer.key.hasPrefix("attributes") && !subject.textureless ? 1.3 : nil
            rivals.append(Comparison.Rival(called(peer), ratioMin: asked))
        }
        return Comparison(
            "simplify \(title), 1 thread",
            measure: .figure(.nanoseconds),
            ours: ours(threads: 1),
            rivals: rivals
        )
    }

    /// Time on the wall with two threads, against the peer's one.
    func twoThreads() -> Comparison {
        Comparison(
            "simplify \(title), 2 threads, wall",
            measure: .figure(.nanoseconds),
            ours: ours(threads: 2),
            rivals: [Comparison.Rival(debian(.wall), ratioMin: 1.1)]
        )
    }

    /// The same triangles in random order, and ours on the ordered ones: within a tenth.
    func shuffled() -> Comparison {
        let mixed = Subject(name: subject.name, meshes: subject.meshes.map(DenseMesh.shuffled))
        let ordered = Self.contender("LODEngine, ordered input", .threads(1), ratio) { [subject, ratio] in
            (try subject.simplified(to: ratio, options: Self.options(threads: 1)), subject.triangleCount)
        }
        let shuffled = Self.contender("LODEngine, shuffled input", .threads(1), ratio) { [ratio] in
            (try mixed.simplified(to: ratio, options: Self.options(threads: 1)), mixed.triangleCount)
        }
        return Comparison(
            "simplify \(title), shuffled to ordered",
            measure: .figure(.nanoseconds),
            ours: shuffled,
            rivals: [Comparison.Rival(ordered, ratioMin: 1 / 1.1)]
        )
    }

    /// Which clock a contender is judged by.
    private enum Clock: Sendable {
        case threads(Int)
        case wall
    }

    private func ours(threads: Int) -> Contender {
        Self.contender("LODEngine", threads == 1 ? .threads(1) : .wall, ratio, threads: threads) { [subject, ratio] in
            (try subject.simplified(to: ratio, options: Self.options(threads: threads)), subject.triangleCount)
        }
    }

    private func debian(_ clock: Clock) -> Contender {
        let version = "\(MESHOPTIMIZER_VERSION / 1000).\(MESHOPTIMIZER_VERSION % 1000 / 10)"
        return Self.contender("meshoptimizer simplify", clock, 1, version: version, metric: "position") {
            [subject, ratio] in (subject.simplifiedByPeer(to: ratio), subject.triangleCount)
        }
    }

    /// A contender whose every turn is checked: some triangles are left, and no more than was asked for.
    private static func contender(
        _ name: String,
        _ clock: Clock,
        _ ratio: Double,
        version: String = "this commit",
        metric: String = "position, normal, UV; vertices move",
        threads: Int = 1,
        work: @escaping @Sendable () throws -> (left: Int, of: Int)
    ) -> Contender {
        Contender(name, version: version, settings: ["metric": metric, "threads": "\(threads)"]) {
            let counts = Mutex((left: 0, of: 1))
            let nanoseconds: Double
            switch clock {
            case .threads(let threads):
                nanoseconds = try Timing.cpu(threads: threads, operations: 1) { _, _ in
                    let result = try work()
                    counts.withLock { $0 = result }
                }
            case .wall:
                let start = Timing.onTheWall()
                let result = try work()
                nanoseconds = Timing.onTheWall() - start
                counts.withLock { $0 = result }
            }
            let (left, total) = counts.withLock { $0 }
            guard left > 0, Double(left) <= Double(total) * ratio * 1.005 + 12 else {
                throw WrongResult("\(left) of \(total) triangles are left by \(name)")
            }
            return nanoseconds
        }
    }

    private func called(_ peer: PythonPeers.Peer) -> Contender {
        Contender(peer.name, version: peer.version, settings: peer.settings) { [python, dump, ratio] in
            guard let python else { return .nan }
            let result = try python.simplify(peer, dump, to: ratio)
            guard result.triangles > 0 else { throw WrongResult("\(peer.name) left no triangles") }
            return result.nanoseconds
        }
    }
}

extension Subject {
    /// Whether there is nothing for a metric of attributes to look at.
    var textureless: Bool { meshes.allSatisfy { $0.textureCoordinates.isEmpty } }
}
