internal import Foundation

/// One outcome, for machines.
struct JSONLine: Encodable {
    struct Side: Encodable {
        let name: String
        let version: String
        let settings: [String: String]
        /// Nanoseconds per operation, or what the measure counts: the median of `all`.
        let figure: Double
        let all: [Double]

        init(_ contender: Contender, _ times: [Double]) {
            name = contender.name
            version = contender.version
            settings = contender.settings
            figure = median(times)
            all = times
        }
    }
    struct Peer: Encodable {
        let side: Side
        let ratio: Double
        let ratios: [Double]
        let ratioMin: Double?
        let isMet: Bool
    }
    let module: String
    let name: String
    let measure: String
    let rounds: Int
    let operations: Int
    let bytesPerOperation: Int?
    let ours: Side
    let oursMax: Double?
    let peers: [Peer]
    let isMet: Bool
    let machine: Machine

    init(_ outcome: Outcome, module: String, machine: Machine) {
        let comparison = outcome.comparison
        self.module = module
        name = comparison.name
        measure = "\(comparison.measure)"
        rounds = outcome.ours.count
        operations = comparison.operations
        bytesPerOperation = comparison.bytesPerOperation
        ours = Side(comparison.ours, outcome.ours)
        oursMax = comparison.oursMax
        peers = comparison.rivals.indices.map { index in
            Peer(
                side: Side(comparison.rivals[index].contender, outcome.peers[index]),
                ratio: outcome.ratio(index),
                ratios: outcome.ratios(index),
                ratioMin: comparison.rivals[index].ratioMin,
                isMet: outcome.isMet(index)
            )
        }
        isMet = outcome.isMet
        self.machine = machine
    }

    func encoded() throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf",
            negativeInfinity: "-inf",
            nan: "nan"
        )
        return try encoder.encode(self) + Data("\n".utf8)
    }
}
