internal import ObjectVault

/// Draws what policies cost, as SVG.
enum SimulationCharts {
    private static let colours = ["#4e79a7", "#f28e2b", "#59a14f", "#e15759"]
    private static let width = 760

    /// Each policy's cost as a bar of its parts.
    static func costs(_ costs: [PolicyCost], title: String) -> String {
        let parts: [(name: String, value: (PolicyCost) -> Double)] = [
            ("storage", \.storage), ("retrieval", \.retrieval),
            ("requests, moves, early leaving", { $0.requests + $0.transitions + $0.earlyLeaving }),
            ("watching", \.monitoring),
        ]
        let most = costs.map(\.total).max() ?? 1
        var body = ""
        for (row, cost) in costs.enumerated() {
            let y = 76 + row * 42
            body += text(cost.policy, x: 236, y: y + 18, anchor: "end")
            var x = 246.0
            for (index, part) in parts.enumerated() {
                let length = part.value(cost) / most * 420
                body += "<rect x=\"\(fixed(x))\" y=\"\(y)\" width=\"\(fixed(length))\" height=\"26\" "
                body += "fill=\"\(colours[index])\"/>\n"
                x += length
            }
            body += text(fixed(cost.total), x: Int(x) + 6, y: y + 18)
        }
        for (index, part) in parts.enumerated() {
            let x = [246, 330, 420, 640][index]
            body += "<rect x=\"\(x)\" y=\"46\" width=\"12\" height=\"12\" fill=\"\(colours[index])\"/>\n"
            body += text(part.name, x: x + 17, y: 57)
        }
        return document(title, height: 90 + costs.count * 42, body)
    }

    /// The cost of each policy as a share of all hot, over how often an object is read in a month on average.
    static func rates(_ runs: [(readsPerMonth: Double, costs: [PolicyCost])], title: String) -> String {
        let (left, top, plotWidth, plotHeight) = (60.0, 56.0, 470.0, 260.0)
        // Each rate is about twice the one before: evenly spaced.
        let x = { (index: Int) in left + (Double(index) + 0.5) / Double(max(1, runs.count)) * plotWidth }
        let y = { (share: Double) in top + (1.2 - min(1.2, share)) / 1.2 * plotHeight }
        var body = ""
        for percent in stride(from: 0, through: 120, by: 20) {
            let height = fixed(y(Double(percent) / 100))
            body += "<line x1=\"\(fixed(left))\" x2=\"\(fixed(left + plotWidth))\" y1=\"\(height)\" y2=\"\(height)\" "
            body += "stroke=\"#8884\"/>\n"
            body += text("\(percent)%", x: Int(left) - 8, y: Int(y(Double(percent) / 100)) + 4, anchor: "end")
        }
        for (index, run) in runs.enumerated() {
            body += text(fixed(run.readsPerMonth), x: Int(x(index)), y: 336, anchor: "middle")
        }
        body += text(
            "reads of an object in a month, on average",
            x: Int(left + plotWidth / 2),
            y: 358,
            anchor: "middle"
        )
        let count = runs.first?.costs.count ?? 0
        for index in 0..<count {
            let points = runs.enumerated().map { place, run in
                "\(fixed(x(place))),\(fixed(y(run.costs[index].total / run.costs[0].total)))"
            }
            let colour = colours[index % colours.count]
            body += "<polyline points=\"\(points.joined(separator: " "))\" fill=\"none\" stroke=\"\(colour)\" "
            body += "stroke-width=\"2\"/>\n"
            body += "<rect x=\"546\" y=\"\(70 + index * 22)\" width=\"12\" height=\"12\" fill=\"\(colour)\"/>\n"
            body += text(runs.first?.costs[index].policy ?? "", x: 563, y: 81 + index * 22)
        }
        return document(title, height: 372, body)
    }

    private static func document(_ title: String, height: Int, _ body: String) -> String {
        """
        <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" font-family="sans-serif" font-size="12">
        <rect width="\(width)" height="\(height)" fill="#ffffff"/>
        \(text(title, x: 16, y: 26))\(body)</svg>

        """
    }

    private static func text(_ words: String, x: Int, y: Int, anchor: String = "start") -> String {
        "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor)\" fill=\"#222222\">\(words)</text>\n"
    }

    /// Two digits after the point, the same on every machine.
    private static func fixed(_ value: Double) -> String {
        let hundredths = Int((value * 100).rounded())
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)"
    }
}
