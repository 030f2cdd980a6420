internal import Glibc

/// A histogram over time as a grid: a column for each time, a row for each stretch of values, on a logarithmic scale.
struct HeatMap {
    /// Shades there are.
    static let shadeCount = 9
    private static let rowCountMax = 28

    private let data: PanelData
    /// How many of the histogram's buckets make a row.
    private let bucketsPerRow: Int
    private let firstRow: Int
    private let rowCount: Int
    /// Samples by column and row.
    private(set) var counts: [[Double]]

    init(_ data: PanelData) {
        self.data = data
        let present = data.histograms.compactMap(\.self)
        let indices = present.flatMap { histogram in histogram.positive.filter(Self.isDrawn).map { Int($0.index) } }
        let low = indices.min() ?? 0
        let high = indices.max() ?? 0
        bucketsPerRow = [1, 2, 4, 8, 16, 32, 64].first { (high - low) / $0 + 1 <= Self.rowCountMax } ?? 128
        firstRow = Self.row(low, bucketsPerRow)
        rowCount = Self.row(high, bucketsPerRow) - firstRow + 1
        counts = []
        counts = data.histograms.map { histogram in
            var column = [Double](repeating: 0, count: rowCount)
            // What is zero or below has no place on a logarithmic scale; it counts to the lowest row.
            let below = (histogram?.zeros ?? 0) + (histogram?.negative.reduce(0) { $0 + $1.count } ?? 0)
            column[0] += below.isFinite ? below : 0
            for bucket in histogram?.positive ?? [] where Self.isDrawn(bucket) {
                column[Self.row(Int(bucket.index), bucketsPerRow) - firstRow] += bucket.count
            }
            return column
        }
    }

    /// Whether there is something to draw: a division may have made counts that are no numbers.
    private static func isDrawn(_ bucket: SeriesHistogram.Bucket) -> Bool { bucket.count > 0 && bucket.count.isFinite }

    /// Bucket i ends at 2^(i/16): those of one row end together with the row.
    private static func row(_ index: Int, _ size: Int) -> Int {
        let shifted = index - 1
        return shifted >= 0 ? shifted / size : (shifted - size + 1) / size
    }

    /// Where a row begins, in the unit of the values.
    func lowerBound(ofRow row: Int) -> Double {
        exp2(Double((firstRow + row) * bucketsPerRow) / 16)
    }

    /// Round values along the scale, as rows and texts.
    private var scale: [(row: Double, text: String)] {
        let low = log2(lowerBound(ofRow: 0))
        let high = log2(lowerBound(ofRow: rowCount))
        func row(_ value: Double) -> Double { (log2(value) - low) / (high - low) * Double(rowCount) }
        let decades = (high - low) / log2(10.0)
        let factors: [Double] = decades > 2.5 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 5]
        var result: [(row: Double, text: String)] = []
        for exponent in Int((low / log2(10.0)).rounded(.down))...Int((high / log2(10.0)).rounded(.up)) {
            for factor in factors {
                let value = factor * pow(10, Double(exponent))
                let place = row(value)
                guard place >= -0.01, place <= Double(rowCount) + 0.01 else { continue }
                result.append((place, NumberText.text(value, data.panel.unit)))
            }
        }
        // A narrow scale between two round values has its ends.
        if result.count < 2 {
            result = [0, rowCount].map { (Double($0), NumberText.text(lowerBound(ofRow: $0), data.panel.unit)) }
        }
        let most = 6
        return result.count <= most
            ? result : result.enumerated().filter { $0.offset % ((result.count + most - 1) / most) == 0 }.map(\.element)
    }

    var svg: String {
        let scale = scale
        let range = 0...Double(rowCount)
        let ticks = AxisTicks(range: range, values: scale.map(\.row))
        let frame = ChartFrame(data, ticks: ticks, labels: scale.map(\.text))
        let most = counts.joined().max() ?? 0
        let width = frame.plotWidth / Double(max(1, data.count))
        let height = frame.plotHeight / Double(rowCount)
        var svg = ""
        for level in 1...Self.shadeCount where most > 0 {
            var path = ""
            for (column, cells) in counts.enumerated() {
                for (row, count) in cells.enumerated() where shade(count, most) == level {
                    let x = Markup.place(frame.plotLeft + width * Double(column))
                    let y = Markup.place(frame.plotBottom - height * Double(row + 1))
                    path +=
                        "M\(x) \(y)h\(Markup.place(width + 0.3))v\(Markup.place(height + 0.3))h-\(Markup.place(width + 0.3))z"
                }
            }
            if !path.isEmpty { svg += "<path class=\"heat h\(level)\" d=\"\(path)\"/>" }
        }
        return frame.picture(data.panel.title, svg + frame.hints(data, hint))
    }

    /// The shade of so many samples of at most `most`, 0 for none: by their square root, so that few are seen too.
    func shade(_ count: Double, _ most: Double) -> Int {
        guard count > 0, most > 0, most.isFinite else { return 0 }
        return max(1, min(Self.shadeCount, Int(((count / most).squareRoot() * Double(Self.shadeCount)).rounded(.up))))
    }

    private func hint(_ index: Int) -> String? {
        guard let histogram = data.histograms[index], histogram.count > 0 else { return nil }
        let parts: [(String, Double)] = [("half", 0.5), ("90 %", 0.9), ("99 %", 0.99)]
        let quantiles = parts.compactMap { name, q in
            histogram.quantile(q).map { "\(name) within \(NumberText.text($0, data.panel.unit))" }
        }
        return ([NumberText.text(histogram.count, .none) + " samples"] + quantiles).joined(separator: "\n")
    }
}

extension AxisTicks {
    /// Ticks at given places of a range.
    init(range: ClosedRange<Double>, values: [Double]) {
        self.range = range
        self.values = values
    }
}
