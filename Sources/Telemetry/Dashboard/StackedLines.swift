/// Lines on top of each other: what is positive upwards from zero, what is negative downwards.
struct StackedLines {
    /// Where a line's area begins and ends at one time; both the same where it has no value of its own.
    struct Span {
        var near = 0.0
        var far = 0.0
    }

    /// For each line, its area at each time.
    private(set) var layers: [[Span]] = []
    /// The sum at each time; `nil` where no line has a value.
    private(set) var totals: [Double?]
    /// The ends of the stack, and zero.
    private(set) var range: ClosedRange<Double>

    init(_ data: PanelData) {
        var tops = [Double](repeating: 0, count: data.count)
        var bottoms = tops
        totals = [Double?](repeating: nil, count: data.count)
        for line in data.lines {
            var layer = [Span](repeating: Span(), count: data.count)
            for (index, value) in line.values.enumerated() {
                guard let value, value.isFinite else {
                    layer[index] = Span(near: tops[index], far: tops[index])
                    continue
                }
                totals[index] = (totals[index] ?? 0) + value
                if value < 0 {
                    layer[index].near = bottoms[index]
                    bottoms[index] += value
                    layer[index].far = bottoms[index]
                } else {
                    layer[index].near = tops[index]
                    tops[index] += value
                    layer[index].far = tops[index]
                }
            }
            layers.append(layer)
        }
        let (low, high) = (bottoms.min() ?? 0, tops.max() ?? 0)
        range = low...(low < high ? high : low + .leastNormalMagnitude)
    }
}
