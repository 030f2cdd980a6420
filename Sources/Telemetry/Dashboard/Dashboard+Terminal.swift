internal import VitrineSync

extension Dashboard {
    /// The dashboard for a terminal: braille dots for lines, shades for histograms, panel below panel.
    ///
    /// Control characters in labels are replaced, so that a label cannot steer the terminal.
    ///
    /// - Parameters:
    ///   - store: Whose series are asked for.
    ///   - start: The first time, since 1970-01-01 00:00 UTC.
    ///   - end: The last time.
    ///   - columns: How wide the terminal is, at least 40.
    ///   - usesColor: Whether lines are told apart by ANSI colours.
    public func terminalText(
        of store: SeriesStore,
        from start: Duration,
        through end: Duration,
        columns: Int = 80,
        usesColor: Bool = true
    ) -> String {
        let columns = max(40, min(400, columns))
        let step = Self.step(from: start, through: end)
        let (first, last) = Self.aligned(start, end, step)
        var text = TerminalText.cut(TerminalText.safe(title), columns) + "\n"
        for row in rows {
            text += "\n" + TerminalText.cut(TerminalText.safe(row.title), columns) + "\n"
            for panel in row.panels {
                let data = PanelData(panel, store, from: first, through: last, step: step)
                text += TerminalPanel(data, columns: columns, usesColor: usesColor).text + "\n"
            }
        }
        return text
    }
}

extension Unicode.Scalar {
    /// Whether it changes the direction of the text behind it, which may then read as something else (Unicode, UAX #9).
    var turnsText: Bool {
        (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
            || [0x200E, 0x200F, 0x61C].contains(value)
    }
}

/// Text that is safe to write to a terminal.
enum TerminalText {
    static func safe(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            let isControl = scalar.value < 32 || (127..<160).contains(scalar.value)
            result.unicodeScalars.append(isControl || scalar.turnsText ? "\u{FFFD}" : scalar)
        }
        return result
    }

    /// `text` in at most `width` places.
    static func cut(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : String(text.prefix(max(0, width - 1))) + "…"
    }
}

/// One panel in characters.
struct TerminalPanel {
    private static let rowCount = 8
    /// ANSI colours of the lines: blue, yellow, cyan, magenta, green, red, white, grey.
    private static let colors = [94, 93, 96, 95, 92, 91, 97, 90]

    private let data: PanelData
    private let columns: Int
    private let usesColor: Bool

    init(_ data: PanelData, columns: Int, usesColor: Bool) {
        self.data = data
        self.columns = columns
        self.usesColor = usesColor
    }

    var text: String {
        let title = "  " + TerminalText.cut(TerminalText.safe(data.panel.title), columns - 2)
        if let problem = data.problem {
            return title + "\n    " + TerminalText.cut(TerminalText.safe(problem), columns - 4)
        }
        switch data.panel.style {
        case .singleStat: return stat()
        case .heatMap: return title + "\n" + heatMap()
        case .lines, .stackedAreas: return title + "\n" + chart() + legend()
        }
    }

    private func colored(_ text: String, _ color: Int) -> String {
        usesColor ? "\u{1B}[\(Self.colors[color % Self.colors.count])m\(text)\u{1B}[0m" : text
    }

    private func stat() -> String {
        let line = data.lines.first
        let number = line?.last.map { NumberText.text($0, data.panel.unit) } ?? "–"
        let name = TerminalText.safe(data.panel.title)
        let title = "  " + TerminalText.cut(name, columns - number.count - 10)
        guard let line, line.last != nil else { return "\(title)  \(number)" }
        let blocks = Array("▁▂▃▄▅▆▇█")
        let values = line.values.compactMap(\.self).filter(\.isFinite)
        let (low, high) = (values.min() ?? 0, values.max() ?? 0)
        let width = max(4, min(24, columns - title.count - number.count - 6))
        var course = ""
        for column in 0..<width {
            let index = column * (data.count - 1) / max(1, width - 1)
            if let value = line.values[index], value.isFinite {
                course.append(blocks[min(7, Int(value.share(from: low, to: high) * 8))])
            } else {
                course.append(" ")
            }
        }
        return "\(title)  \(number)  \(colored(course, 0))"
    }

    private func chart() -> String {
        let isStacked = data.panel.style == .stackedAreas
        var courses = data.lines.map { line in line.values.map { $0.flatMap { $0.isFinite ? $0 : nil } } }
        if isStacked {
            let stack = StackedLines(data)
            courses = stack.layers.map { layer in
                zip(layer, stack.totals).map { span, total in total == nil ? nil : span.far }
            }
        }
        let values = courses.joined().compactMap(\.self)
        let low = min(values.min() ?? 0, isStacked ? 0 : .infinity)
        let high = values.max() ?? 1
        let floor = low >= 0 && low < high * 0.6 ? 0 : low
        let ticks = AxisTicks(covering: floor...max(high, floor), count: 3, unit: data.panel.unit)
        let labels = (
            top: TerminalText.cut(NumberText.text(ticks.range.upperBound, data.panel.unit), columns / 2),
            bottom: TerminalText.cut(NumberText.text(ticks.range.lowerBound, data.panel.unit), columns / 2)
        )
        let margin = max(labels.top.count, labels.bottom.count) + 5
        var canvas = BrailleCanvas(columns: columns - margin - 1, rows: Self.rowCount)
        let range = ticks.range
        for (color, course) in courses.enumerated() {
            let shares = course.map { $0.map { $0.share(from: range.lowerBound, to: range.upperBound) } }
            canvas.draw(shares, color: color)
        }
        var text = ""
        for row in 0..<Self.rowCount {
            let label = row == 0 ? labels.top : row == Self.rowCount - 1 ? labels.bottom : ""
            text += String(repeating: " ", count: margin - 2 - label.count) + label + " ┤"
            for cell in canvas.row(row) {
                text += cell.color.map { colored(String(cell.character), $0) } ?? String(cell.character)
            }
            text += "\n"
        }
        return text + times(margin: margin)
    }

    private func times(margin: Int) -> String {
        let end = data.start + data.step * Int64(max(1, data.count - 1))
        let first = CalendarDate(milliseconds: data.start)
        let last = CalendarDate(milliseconds: end)
        let left = first.short + " " + first.clock(withSeconds: false)
        let right = last.short + " " + last.clock(withSeconds: false)
        let gap = max(1, columns - margin - left.count - right.count)
        return String(repeating: " ", count: margin) + left + String(repeating: " ", count: gap) + right + "\n"
    }

    private func legend() -> String {
        var rows: [String] = []
        for line in data.lines {
            let number = line.newest.map { NumberText.text($0, data.panel.unit) } ?? "–"
            let name = TerminalText.cut(TerminalText.safe(line.name), columns - number.count - 10)
            rows.append("      " + colored("■", line.color) + " \(name)  \(number)")
        }
        if data.hiddenCount > 0 { rows.append("      and \(data.hiddenCount) smaller") }
        return rows.joined(separator: "\n")
    }

    private func heatMap() -> String {
        let map = HeatMap(data)
        let shades = Array(" ·░░▒▒▓▓██")
        let most = map.counts.joined().max() ?? 0
        let rowCount = map.counts.first?.count ?? 0
        let labels = (0..<rowCount).map {
            TerminalText.cut(NumberText.text(map.lowerBound(ofRow: $0), data.panel.unit), columns / 2)
        }
        let margin = (labels.map(\.count).max() ?? 0) + 5
        let width = max(1, min(columns - margin - 1, data.count))
        var text = ""
        // Two of the map's rows make one of the terminal's when there are many.
        let height = rowCount > 14 ? 2 : 1
        for row in stride(from: (rowCount - 1) / height * height, through: 0, by: -height) {
            text += String(repeating: " ", count: margin - 2 - labels[row].count) + labels[row] + " ┤"
            for column in 0..<width {
                let range =
                    column * data.count
                    / width..<max(column * data.count / width + 1, (column + 1) * data.count / width)
                let count = range.flatMap { map.counts[$0][row..<min(rowCount, row + height)] }.max() ?? 0
                text += colored(String(shades[map.shade(count, most)]), 0)
            }
            text += "\n"
        }
        return text + times(margin: margin)
    }
}

/// A grid of braille characters, each two dots wide and four high.
struct BrailleCanvas {
    private let columns: Int
    private let rows: Int
    private var dots: [UInt8]
    private var colors: [Int?]

    init(columns: Int, rows: Int) {
        self.columns = max(1, columns)
        self.rows = rows
        dots = [UInt8](repeating: 0, count: self.columns * rows)
        colors = [Int?](repeating: nil, count: self.columns * rows)
    }

    /// Draws a course of values from 0, below, to 1, above, over the whole width.
    mutating func draw(_ course: [Double?], color: Int) {
        let width = 2 * columns
        var last: Int?
        for x in 0..<width {
            let index = x * (course.count - 1) / max(1, width - 1)
            guard course.indices.contains(index), let value = course[index] else {
                last = nil
                continue
            }
            let y = Int((Double(4 * rows - 1) * (1 - min(1, max(0, value)))).rounded())
            // A steep course stays a line.
            let from = last ?? y
            for dot in min(from, y)...max(from, y) { set(x, dot, color) }
            last = y
        }
    }

    private mutating func set(_ x: Int, _ y: Int, _ color: Int) {
        // The dots' bits by column and row (Unicode, Braille Patterns).
        let bits: [[UInt8]] = [[0x01, 0x02, 0x04, 0x40], [0x08, 0x10, 0x20, 0x80]]
        let cell = y / 4 * columns + x / 2
        dots[cell] |= bits[x % 2][y % 4]
        colors[cell] = color
    }

    /// The characters of a row, with the colour of the line that was drawn there last.
    func row(_ row: Int) -> [(character: Character, color: Int?)] {
        (row * columns..<(row + 1) * columns).map { cell in
            guard dots[cell] != 0, let scalar = Unicode.Scalar(0x2800 + UInt32(dots[cell])) else { return (" ", nil) }
            return (Character(scalar), colors[cell])
        }
    }
}
