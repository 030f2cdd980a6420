internal import Foundation

/// Prints outcomes: table rows for people, and one JSON line each for machines.
struct Report {
    let machine: Machine
    /// Where the JSON lines go besides the table; standard output when `nil`.
    let jsonPath: String?
    private let nameWidth = 44

    func printHeading(_ title: String) {
        print("\n\(title)  (\(machine.processor), \(machine.processorCount) processors, commit \(machine.commit))")
        print(
            pad("what", nameWidth) + pad("ours", 14, right: true) + pad("peer", 14, right: true)
                + pad("ratio", 9, right: true) + pad("min…max", 16, right: true) + pad("asked", 9, right: true)
                + "  peer"
        )
    }

    /// A line per peer, and one for the limit of our own figure where there is one.
    func printRows(_ outcome: Outcome) {
        let comparison = outcome.comparison
        var name = comparison.name
        var ours = figure(median(outcome.ours), comparison)
        for (index, rival) in comparison.rivals.enumerated() {
            let ratios = outcome.ratios(index).sorted()
            let spread = String(format: "%.2f…%.2f", ratios.first ?? .nan, ratios.last ?? .nan)
            let asked = rival.ratioMin.map { String(format: "%.2f", $0) } ?? ""
            print(
                pad(name, nameWidth) + pad(ours, 14, right: true)
                    + pad(figure(median(outcome.peers[index]), comparison), 14, right: true)
                    + pad(String(format: "%.2f", outcome.ratio(index)), 9, right: true) + pad(spread, 16, right: true)
                    + pad(asked, 9, right: true) + "  \(rival.contender.name) \(rival.contender.version)"
                    + mark(outcome.isMet(index), isAsked: rival.ratioMin != nil)
            )
            name = ""
            ours = ""
        }
        if comparison.rivals.isEmpty || comparison.oursMax != nil {
            let asked = comparison.oursMax.map { "<= " + figure($0, comparison) } ?? ""
            print(
                pad(name, nameWidth) + pad(ours, 14, right: true) + pad(asked, 48, right: true)
                    + mark(outcome.isWithinLimit, isAsked: comparison.oursMax != nil)
            )
        }
        fflush(nil)
    }

    private func mark(_ isMet: Bool, isAsked: Bool) -> String {
        isAsked ? isMet ? "  PASS" : "  MISSED" : ""
    }

    /// A rate where one is shown, else time per operation or what the figure counts.
    private func figure(_ value: Double, _ comparison: Comparison) -> String {
        if let bytes = comparison.bytesPerOperation {
            return String(format: "%.2f GB/s", Double(bytes) / value)
        }
        switch comparison.measure {
        case .wallRate: return String(format: "%.0f/s", 1e9 / value)
        case .figure(.bytes): return String(format: "%.1f B", value)
        case .figure(.times): return String(format: "%.2fx", value)
        case .figure(.nanoseconds), .threadCPU, .twoThreadsCPU, .wall: break
        }
        return switch value {
        case ..<1_000: String(format: "%.2f ns", value)
        case ..<1_000_000: String(format: "%.2f us", value / 1e3)
        default: String(format: "%.2f ms", value / 1e6)
        }
    }

    /// Appends an outcome to the JSON file, or prints it.
    func writeJSON(_ outcomes: [Outcome], module: String) throws {
        let lines = try outcomes.map { try JSONLine($0, module: module, machine: machine).encoded() }
            .reduce(into: Data(), +=)
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

    private func pad(_ text: String, _ width: Int, right: Bool = false) -> String {
        let space = String(repeating: " ", count: max(0, width - text.count))
        return right ? space + text : text + space
    }
}
