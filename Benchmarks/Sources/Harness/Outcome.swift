/// What the rounds of one comparison gave.
struct Outcome {
    let comparison: Comparison
    /// Nanoseconds per operation, or what the measure counts: a figure per round.
    let ours: [Double]
    /// The same of each rival, in the comparison's order.
    let peers: [[Double]]

    /// The peer's figure over ours in each round, taken side by side so that a drift of the machine cancels out.
    func ratios(_ rival: Int) -> [Double] { zip(peers[rival], ours).map { $0 / $1 } }

    func ratio(_ rival: Int) -> Double { median(ratios(rival)) }

    /// Whether ours is as far ahead of one rival as is asked.
    func isMet(_ rival: Int) -> Bool { comparison.rivals[rival].ratioMin.map { ratio(rival) >= $0 } ?? true }

    /// Whether our own figure keeps its limit.
    var isWithinLimit: Bool { comparison.oursMax.map { median(ours) <= $0 } ?? true }

    var isMet: Bool { isWithinLimit && peers.indices.allSatisfy(isMet) }
}

func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
