/// Draws lines, and areas on top of each other.
enum LineChart {
    static func lines(_ data: PanelData) -> String {
        let values = data.lines.flatMap(\.values).compactMap(\.self).filter(\.isFinite)
        let frame = ChartFrame(data, covering: range(of: values))
        var svg = ""
        for line in data.lines {
            for run in runs(line.values) {
                let points = run.map { (x: frame.x(time($0, data)), y: frame.y(line.values[$0] ?? 0)) }
                // A lone line is a shape; several would hide each other.
                if data.lines.count == 1, points.count > 1, let first = points.first, let last = points.last {
                    let bottom = Markup.place(frame.plotBottom)
                    let outline =
                        path(points) + "L\(Markup.place(last.x)) \(bottom)L\(Markup.place(first.x)) \(bottom)Z"
                    svg += "<path class=\"under c\(line.color)\" d=\"\(outline)\"/>"
                }
                if let only = points.first, points.count == 1 {
                    svg +=
                        "<circle class=\"dot c\(line.color)\" cx=\"\(Markup.place(only.x))\" cy=\"\(Markup.place(only.y))\" r=\"2\"/>"
                } else {
                    svg += "<path class=\"line c\(line.color)\" d=\"\(path(points))\"/>"
                }
            }
        }
        return frame.picture(data.panel.title, svg + frame.hints(data, data.hint))
    }

    static func stackedAreas(_ data: PanelData) -> String {
        let stack = StackedLines(data)
        let frame = ChartFrame(data, covering: stack.range)
        var svg = ""
        for (line, layer) in zip(data.lines, stack.layers) {
            // Where no series has a value there is a gap, as for lines: nothing known is not nothing there.
            for run in runs(stack.totals) {
                let far = run.map { (x: frame.x(time($0, data)), y: frame.y(layer[$0].far)) }
                let near = run.reversed().map { (x: frame.x(time($0, data)), y: frame.y(layer[$0].near)) }
                if let only = far.first, far.count == 1 {
                    svg +=
                        "<circle class=\"dot c\(line.color)\" cx=\"\(Markup.place(only.x))\" cy=\"\(Markup.place(only.y))\" r=\"2\"/>"
                    continue
                }
                svg += "<path class=\"area c\(line.color)\" d=\"\(path(far + near))Z\"/>"
                svg += "<path class=\"line c\(line.color)\" d=\"\(path(far))\"/>"
            }
        }
        let hint = { (index: Int) -> String? in
            data.hint(at: index).map { hint in
                stack.totals[index].map { hint + "\nTogether: \(NumberText.text($0, data.panel.unit))" } ?? hint
            }
        }
        return frame.picture(data.panel.title, svg + frame.hints(data, hint))
    }

    /// From zero when the values are near to it, else from the least.
    private static func range(of values: [Double]) -> ClosedRange<Double> {
        guard let low = values.min(), let high = values.max() else { return 0...1 }
        if low >= 0, low < high * 0.6 { return 0...high }
        if high <= 0, high > low * 0.6 { return low...0 }
        return low...high
    }

    private static func time(_ index: Int, _ data: PanelData) -> Int64 { data.start + data.step * Int64(index) }

    /// The stretches without gaps.
    private static func runs(_ values: [Double?]) -> [Range<Int>] {
        var result: [Range<Int>] = []
        var start: Int?
        for (index, value) in values.enumerated() {
            let isThere = value.map(\.isFinite) ?? false
            if isThere, start == nil { start = index }
            if !isThere, let first = start {
                result.append(first..<index)
                start = nil
            }
        }
        if let first = start { result.append(first..<values.count) }
        return result
    }

    static func path(_ points: [(x: Double, y: Double)]) -> String {
        var result = ""
        for (index, point) in points.enumerated() {
            result += "\(index == 0 ? "M" : "L")\(Markup.place(point.x)) \(Markup.place(point.y))"
        }
        return result
    }

    /// A small course without axes, for beside a number.
    static func sparkline(_ line: PanelData.Line, _ data: PanelData) -> String {
        let (width, height) = (200.0, 44.0)
        let values = line.values.compactMap(\.self).filter(\.isFinite)
        guard let low = values.min(), let high = values.max(), values.count > 1 else { return "" }
        var svg = ""
        for run in runs(line.values) where run.count > 1 {
            let points = run.map { index in
                let share = (line.values[index] ?? low).share(from: low, to: high)
                return (x: width * Double(index) / Double(max(1, data.count - 1)), y: height - 3 - (height - 6) * share)
            }
            let (first, last) = (points[0], points[points.count - 1])
            svg +=
                "<path class=\"under c0\" d=\"\(path(points))L\(Markup.place(last.x)) \(Markup.place(height))L\(Markup.place(first.x)) \(Markup.place(height))Z\"/>"
            svg += "<path class=\"line c0\" d=\"\(path(points))\"/>"
        }
        return
            "<svg class=\"spark\" viewBox=\"0 0 200 44\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\(svg)</svg>"
    }
}
