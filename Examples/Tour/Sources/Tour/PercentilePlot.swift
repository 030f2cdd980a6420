import Foundation

/// Latency over percentile as an SVG: the usual picture of a service's tail.
///
/// The x axis stretches towards the tail (each nine as wide as the one before it), the y axis is logarithmic.
struct PercentilePlot {
    /// A curve: its name and the latency in seconds at each of the plot's percentiles.
    struct Curve {
        let name: String
        let seconds: [Double]
    }

    static let percentiles: [Double] = [0, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.995, 0.999]

    let title: String
    let curves: [Curve]

    private let width = 680.0
    private let height = 300.0
    private let left = 70.0
    private let right = 150.0
    private let top = 34.0
    private let bottom = 40.0
    private let colors = ["#2563eb", "#d97706", "#059669", "#9333ea"]

    var svg: String {
        let values = curves.flatMap(\.seconds).filter { $0 > 0 }
        guard let low = values.min(), let high = values.max() else {
            return
                #"<svg viewBox="0 0 \#(width) 40" role="img"><text x="10" y="25">\#(title): nothing was recorded</text></svg>"#
        }
        let decades = floor(log10(low))...max(floor(log10(low)) + 1, ceil(log10(high)))
        func y(_ seconds: Double) -> Double {
            let share =
                (max(log10(seconds), decades.lowerBound) - decades.lowerBound)
                / (decades.upperBound - decades.lowerBound)
            return height - bottom - share * (height - top - bottom)
        }
        var parts = [
            #"<svg viewBox="0 0 \#(width) \#(height)" role="img" aria-label="\#(escaped(title))">"#,
            #"<text x="\#(left)" y="20" class="title">\#(escaped(title))</text>"#,
        ]
        for exponent in stride(from: decades.lowerBound, through: decades.upperBound, by: 1) {
            let at = y(pow(10, exponent))
            parts.append(#"<line x1="\#(left)" x2="\#(width - right)" y1="\#(at)" y2="\#(at)" class="grid"/>"#)
            parts.append(#"<text x="\#(left - 8)" y="\#(at + 4)" text-anchor="end">\#(time(pow(10, exponent)))</text>"#)
        }
        for percentile in [0, 0.5, 0.9, 0.99, 0.999] {
            let at = x(percentile)
            parts.append(#"<line x1="\#(at)" x2="\#(at)" y1="\#(top)" y2="\#(height - bottom)" class="grid"/>"#)
            parts.append(
                #"<text x="\#(at)" y="\#(height - bottom + 18)" text-anchor="middle">\#(label(percentile))</text>"#
            )
        }
        for (index, curve) in curves.enumerated() {
            let color = colors[index % colors.count]
            let points = zip(Self.percentiles, curve.seconds)
                .map { String(format: "%.1f,%.1f", x($0), y($1)) }.joined(separator: " ")
            parts.append(#"<polyline points="\#(points)" fill="none" stroke="\#(color)" stroke-width="2"/>"#)
            let labelY = top + 14 + Double(index) * 18
            parts.append(
                #"<rect x="\#(width - right + 14)" y="\#(labelY - 9)" width="10" height="10" fill="\#(color)"/>"#
            )
            parts.append(#"<text x="\#(width - right + 30)" y="\#(labelY)">\#(escaped(curve.name))</text>"#)
        }
        parts.append("</svg>")
        return parts.joined(separator: "\n")
    }

    /// Counts nines: 0 at the left, 0.9 a third on, 0.99 two thirds, 0.999 at the right.
    private func x(_ percentile: Double) -> Double {
        left + -log10(1 - percentile) / 3 * (width - left - right)
    }

    private func label(_ percentile: Double) -> String {
        percentile == 0 ? "fastest" : "p" + String(format: "%g", percentile * 100)
    }
}

/// A time in the unit in which people would say it.
func time(_ seconds: Double) -> String {
    switch seconds {
    case ..<1e-6: String(format: "%.0f ns", seconds * 1e9)
    case ..<1e-3: String(format: "%.3g µs", seconds * 1e6)
    case ..<1: String(format: "%.3g ms", seconds * 1e3)
    default: String(format: "%.3g s", seconds)
    }
}

/// `text` as it may stand in HTML and SVG.
func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        .replacing("\"", with: "&quot;")
}

/// A count of bytes in the unit in which people would say it.
func bytes(_ count: Int) -> String {
    switch count {
    case ..<1_000: "\(count) B"
    case ..<1_000_000: String(format: "%.1f kB", Double(count) / 1e3)
    default: String(format: "%.2f MB", Double(count) / 1e6)
    }
}
