/// Ours against a peer, doing the same work in the same run.
public struct Comparison: Sendable {
    /// What one operation does: "get, uniform".
    public let name: String
    /// What is counted, and over which time.
    public let measure: Measure
    /// How many operations make one round of each contender; more where an operation is short.
    public let operations: Int
    /// How many bytes one operation works through, for a rate in bytes per second.
    public let bytesPerOperation: Int?
    /// Ours.
    public let ours: Contender
    /// The peer.
    public let peer: Contender
    /// How many times as fast as the peer ours must be for `--require` to pass; `nil` where nothing is asked.
    public let ratioMin: Double?

    /// What is counted.
    public enum Measure: Sendable {
        /// CPU time of the one thread that works.
        case threadCPU
        /// Two threads at once, each pinned to a processor of its own: the mean of their CPU times per operation.
        case twoThreadsCPU
        /// Time on the wall.
        case wall
    }

    /// Sets two contenders against each other.
    public init(
        _ name: String,
        measure: Measure = .threadCPU,
        operations: Int,
        bytesPerOperation: Int? = nil,
        ours: Contender,
        peer: Contender,
        ratioMin: Double? = nil
    ) {
        self.name = name
        self.measure = measure
        self.operations = operations
        self.bytesPerOperation = bytesPerOperation
        self.ours = ours
        self.peer = peer
        self.ratioMin = ratioMin
    }
}

/// What the rounds of one comparison gave.
struct Outcome {
    let comparison: Comparison
    /// Nanoseconds per operation, a figure per round.
    let ours: [Double]
    let peer: [Double]

    /// The peer's time over ours in each round, taken side by side so that a drift of the machine cancels out.
    var ratios: [Double] { zip(peer, ours).map { $0 / $1 } }
    var ratio: Double { median(ratios) }
    var isMet: Bool { comparison.ratioMin.map { ratio >= $0 } ?? true }
}

func median(_ values: [Double]) -> Double {
    guard !values.isEmpty else { return .nan }
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
