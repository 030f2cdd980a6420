/// Ours against its peers, doing the same work in the same run.
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
    /// The peers; none where only a limit is to be kept.
    public let rivals: [Rival]
    /// The most that our own figure may be, in what the measure counts; `nil` where nothing is asked.
    public let oursMax: Double?
    /// The most rounds to run, where a round takes long or cannot be repeated.
    public let roundsMax: Int
    /// Whether each contender is warmed up by a quarter of a round.
    public let isWarmedUp: Bool

    /// A peer, and what is asked of ours beside it.
    public struct Rival: Sendable {
        /// The peer.
        public let contender: Contender
        /// How many times as fast (or as small) as the peer ours must be for `--require` to pass; `nil` where nothing
        /// is asked.
        public let ratioMin: Double?

        /// Names a peer and what is asked.
        public init(_ contender: Contender, ratioMin: Double? = nil) {
            self.contender = contender
            self.ratioMin = ratioMin
        }
    }

    /// What is counted.
    public enum Measure: Sendable {
        /// CPU time of the one thread that works.
        case threadCPU
        /// Two threads at once, each pinned to a processor of its own: the sum of their CPU times over the sum of
        /// their operations.
        case twoThreadsCPU
        /// Time on the wall.
        case wall
        /// Time on the wall, shown as operations per second.
        case wallRate
        /// What the contenders say, in this unit.
        case figure(Unit)
    }

    /// What a figure counts.
    public enum Unit: Sendable {
        /// Time.
        case nanoseconds
        /// Space.
        case bytes
        /// A number without a unit.
        case times
    }

    /// Sets ours against several peers.
    public init(
        _ name: String,
        measure: Measure,
        operations: Int = 1,
        ours: Contender,
        rivals: [Rival],
        oursMax: Double? = nil,
        roundsMax: Int = .max,
        isWarmedUp: Bool = true
    ) {
        self.name = name
        self.measure = measure
        self.operations = operations
        bytesPerOperation = nil
        self.ours = ours
        self.rivals = rivals
        self.oursMax = oursMax
        self.roundsMax = roundsMax
        self.isWarmedUp = isWarmedUp
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
        rivals = [Rival(peer, ratioMin: ratioMin)]
        oursMax = nil
        roundsMax = .max
        isWarmedUp = true
    }
}
