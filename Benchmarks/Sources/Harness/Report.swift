internal import Foundation

/// Prints outcomes: a table row for people, and one JSON line each for machines.
struct Report {
    let machine: Machine
    /// Where the JSON lines go besides the table; standard output when `nil`.
    let jsonPath: String?
    private let nameWidth = 44

    func printHeading(_ title: String) {
        print("\n\(title)  (\(machine.processor), \(machine.processorCount) processors, commit \(machine.commit))")
        print(
            pad("what", nameWidth) + pad("ours", 14, right: true) + pad("peer", 14, right: true)
                + pad("ratio", 9, right: true) + pad("min…max", 16, right: true) + pad("asked", 8, right: true)
                + "  peer"
        )
    }

    func printRow(_ outcome: Outcome) {
        let comparison = outcome.comparison
        let ratios = outcome.ratios.sorted()
        let spread = String(format: "%.2f…%.2f", ratios.first ?? .nan, ratios.last ?? .nan)
        let asked = comparison.ratioMin.map { String(format: "%.2f", $0) } ?? ""
        let mark = comparison.ratioMin == nil ? "" : outcome.isMet ? "  met" : "  MISSED"
        print(
            pad(comparison.name, nameWidth) + pad(figure(median(outcome.ours), comparison), 14, right: true)
                + pad(figure(median(outcome.peer), comparison), 14, right: true)
                + pad(String(format: "%.2f", outcome.ratio), 9, right: true) + pad(spread, 16, right: true)
                + pad(asked, 8, right: true) + "  \(comparison.peer.name) \(comparison.peer.version)\(mark)"
        )
    }

    /// A rate where bytes were stated, else time per operation.
    private func figure(_ nanoseconds: Double, _ comparison: Comparison) -> String {
        if let bytes = comparison.bytesPerOperation {
            return String(format: "%.2f GB/s", Double(bytes) / nanoseconds)
        }
        return switch nanoseconds {
        case ..<1_000: String(format: "%.2f ns", nanoseconds)
        case ..<1_000_000: String(format: "%.2f us", nanoseconds / 1e3)
        default: String(format: "%.2f ms", nanoseconds / 1e6)
        }
    }

    /// Appends the outcomes to the JSON file, or prints them below the table.
    func writeJSON(_ outcomes: [Outcome], module: String) throws {
        let lines = try outcomes.map { try jsonLine($0, module: module) }.reduce(into: Data(), +=)
        guard let jsonPath else {
            print("\n" + String(decoding: lines, as: UTF8.self), terminator: "")
            return
        }
        if !FileManager.default.fileExists(atPath: jsonPath) {
            try Data().write(to: URL(fileURLWithPath: jsonPath))
        }
        let file = try FileHandle(forWritingTo: URL(fileURLWithPath: jsonPath))
        defer { try? file.close() }
        try file.seekToEnd()
        try file.write(contentsOf: lines)
    }

    private func jsonLine(_ outcome: Outcome, module: String) throws -> Data {
        let comparison = outcome.comparison
        let line = JSONLine(
            module: module,
            name: comparison.name,
            measure: "\(comparison.measure)",
            rounds: outcome.ours.count,
            operations: comparison.operations,
            bytesPerOperation: comparison.bytesPerOperation,
            ours: side(comparison.ours, outcome.ours),
            peer: side(comparison.peer, outcome.peer),
            ratio: outcome.ratio,
            ratios: outcome.ratios,
            ratioMin: comparison.ratioMin,
            isMet: outcome.isMet,
            machine: machine
        )
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(line) + Data("\n".utf8)
    }

    private func side(_ contender: Contender, _ times: [Double]) -> JSONLine.Side {
        JSONLine.Side(
            name: contender.name,
            version: contender.version,
            settings: contender.settings,
            nanosecondsPerOperation: median(times),
            all: times
        )
    }

    private func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return right ? space + text : text + space
    }
}

private struct JSONLine: Encodable {
    struct Side: Encodable {
        let name: String
        let version: String
        let settings: [String: String]
        let nanosecondsPerOperation: Double
        let all: [Double]
    }
    let module: String
    let name: String
    let measure: String
    let rounds: Int
    let operations: Int
    let bytesPerOperation: Int?
    let ours: Side
    let peer: Side
    let ratio: Double
    let ratios: [Double]
    let ratioMin: Double?
    let isMet: Bool
    let machine: Machine
}
