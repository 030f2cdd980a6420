/// Where a chart's plot lies within its picture, and its axes.
struct ChartFrame {
    static let width = 440.0
    static let height = 210.0
    private static let top = 8.0
    private static let bottom = 24.0
    private static let right = 10.0
    private static let toldLineCountMax = 9

    let start: Int64
    let end: Int64
    let ticks: AxisTicks
    private let labels: [String]
    private let left: Double

    init(_ data: PanelData, ticks: AxisTicks, labels: [String]) {
        start = data.start
        end = data.start + data.step * Int64(max(1, data.count - 1))
        self.ticks = ticks
        self.labels = labels
        // Digits are about 6.4 wide at the size of the labels.
        left = 12 + 6.6 * Double(labels.map(\.count).max() ?? 1)
    }

    /// A frame for values of `range`.
    init(_ data: PanelData, covering range: ClosedRange<Double>) {
        let ticks = AxisTicks(covering: range, count: 4, unit: data.panel.unit)
        self.init(data, ticks: ticks, labels: ticks.values.map { NumberText.text($0, data.panel.unit) })
    }

    var plotWidth: Double { Self.width - left - Self.right }
    var plotHeight: Double { Self.height - Self.top - Self.bottom }
    var plotLeft: Double { left }
    var plotBottom: Double { Self.height - Self.bottom }
    var plotTop: Double { Self.top }

    func x(_ time: Int64) -> Double {
        left + plotWidth * Double(time - start) / Double(max(1, end - start))
    }

    func y(_ value: Double) -> Double {
        let (low, high) = (ticks.range.lowerBound, ticks.range.upperBound)
        return plotBottom - plotHeight * value.share(from: low, to: high)
    }

    /// The grid, and the numbers and times beside it.
    var axes: String {
        var svg = "<g class=\"grid\">"
        for value in ticks.values {
            let y = Markup.place(y(value))
            svg += "<path d=\"M\(Markup.place(left)) \(y)H\(Markup.place(Self.width - Self.right))\"/>"
        }
        svg += "</g><g class=\"tick\" text-anchor=\"end\">"
        for (value, label) in zip(ticks.values, labels) {
            svg +=
                "<text x=\"\(Markup.place(left - 6))\" y=\"\(Markup.place(y(value) + 4))\">\(Markup.escaped(label))</text>"
        }
        svg += "</g><g class=\"tick\" text-anchor=\"middle\">"
        for tick in TimeTicks.ticks(from: start, to: end, count: 5) {
            // A label that would leave the picture moves in.
            let half = Double(tick.text.count) * 3.3
            let x = min(Self.width - half - 1, max(half, x(tick.time)))
            svg +=
                "<text x=\"\(Markup.place(x))\" y=\"\(Markup.place(Self.height - 7))\">\(Markup.escaped(tick.text))</text>"
        }
        return svg + "</g>"
    }

    /// Invisible columns over the plot that tell what is under them, to a pointer and to a finger: a browser shows no title
    /// of an element on a touch screen.
    func hints(_ data: PanelData, _ text: (Int) -> String?) -> String {
        // No more columns than can be pointed at.
        let stride = max(1, (data.count + 119) / 120)
        var svg = "<g class=\"hint\">"
        for index in Swift.stride(from: 0, to: data.count, by: stride) {
            guard let text = text(index) else { continue }
            let time = data.start + data.step * Int64(index)
            let half = plotWidth / Double(max(1, data.count - 1)) * Double(stride) / 2
            let low = max(left, x(time) - half)
            let high = min(Self.width - Self.right, x(time) + half)
            svg +=
                "<g><rect x=\"\(Markup.place(low))\" y=\"\(Markup.place(plotTop))\" width=\"\(Markup.place(high - low))\" "
                + "height=\"\(Markup.place(plotHeight))\"/>" + telling(text, at: time) + "</g>"
        }
        return svg + "</g>"
    }

    /// What is told of one time, on the side of the plot that the pointer is not on.
    private func telling(_ text: String, at time: Int64) -> String {
        let isLate = x(time) > left + plotWidth / 2
        let place = Markup.place(isLate ? left + 6 : Self.width - Self.right - 6)
        let moment = CalendarDate(milliseconds: time)
        var lines = [Substring("\(moment.short) \(moment.clock(withSeconds: true))")]
        lines += text.split(separator: "\n")
        // As many as have room at the size of phones.
        if lines.count > Self.toldLineCountMax { lines = lines.prefix(Self.toldLineCountMax - 1) + ["…"] }
        let spans = lines.map { "<tspan x=\"\(place)\" dy=\"1.2em\">\(Markup.escaped(String($0)))</tspan>" }
        return "<text class=\"tell\" y=\"\(Markup.place(plotTop))\" text-anchor=\"\(isLate ? "start" : "end")\">"
            + spans.joined() + "</text>"
    }

    /// The whole picture.
    func picture(_ title: String, _ content: String) -> String {
        "<svg viewBox=\"0 0 \(Markup.place(Self.width)) \(Markup.place(Self.height))\" role=\"img\" aria-label=\""
            + Markup.escaped(title) + "\">" + axes + content + "</svg>"
    }
}

extension PanelData {
    /// What the lines show at one time, for whoever points at it.
    func hint(at index: Int) -> String? {
        let shown = lines.compactMap { line in
            line.values[index].map { "\(line.name): \(NumberText.text($0, panel.unit))" }
        }
        return shown.isEmpty ? nil : shown.joined(separator: "\n")
    }
}
