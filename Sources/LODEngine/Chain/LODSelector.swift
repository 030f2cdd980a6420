/// Picks the level for a screen and a connection.
///
/// Two things decide. The screen asks for the lightest level whose error is seen as no more than `pixelErrorMax` device
/// pixels (see `ScreenView`), or for the heaviest, if none is. The connection allows the heaviest level that is there
/// within the time budget: `latency + byteCount / bytesPerSecond ≤ timeBudget`, or the lightest, if none is. The lighter
/// of the two is picked. So a larger screen, a higher pixel ratio, more bandwidth, less latency or more time never give
/// a lighter level.
///
/// So that a view or an estimate of bandwidth that trembles does not make levels flap, a level that is shown stays until
/// it is wrong by a margin of 1 + `hysteresis`: a heavier one comes when the error seen is above the tolerance by that
/// factor, and the time needed below the budget by it; a lighter one when its error is below the tolerance, or the
/// time above the budget, by that factor. While errors and times move by a factor of less than (1 + `hysteresis`)²
/// altogether, levels change in one direction at most.
public struct LODSelector: Sendable, Hashable {
    /// What is known of a level that can be had.
    public struct Level: Sendable, Hashable, Codable {
        /// What it is called.
        public var name: String
        /// What has to come over the wire for it.
        public var byteCount: Int
        /// How far it is off at most, in the scene's units: `LODChain.Level.error(writtenWith:)`.
        public var error: Double

        /// Describes a level.
        public init(name: String, byteCount: Int, error: Double) {
            self.name = name
            self.byteCount = byteCount
            self.error = error
        }
    }

    /// Where a model is shown, and how it comes there.
    public struct Conditions: Sendable, Hashable {
        /// The screen.
        public var view: ScreenView
        /// Bytes that arrive in a second; `nil` where it is not known and does not count.
        public var bytesPerSecond: Double?
        /// From asking until the first byte.
        public var latency: Duration
        /// How long the wait may be; `nil` where it does not count.
        public var timeBudget: Duration?

        /// Describes where a model is shown and how it comes there.
        public init(
            view: ScreenView,
            bytesPerSecond: Double? = nil,
            latency: Duration = .zero,
            timeBudget: Duration? = nil
        ) {
            self.view = view
            self.bytesPerSecond = bytesPerSecond
            self.latency = latency
            self.timeBudget = timeBudget
        }
    }

    /// The levels that are ever picked, the lightest first: those that take more bytes than another one and are no
    /// nearer to the original are not among them.
    public let levels: [Level]
    /// Half the diagonal of the model's bounds, in the scene's units.
    public let radius: Double
    /// The error that may be seen, in device pixels.
    public let pixelErrorMax: Double
    /// By how much conditions must be past a limit before a level that is shown is left: 0.25 for a quarter.
    public let hysteresis: Double

    /// Makes a selector for the levels of one model.
    ///
    /// - Parameters:
    ///   - levels: The levels, in any order.
    ///   - radius: Half the diagonal of the model's bounds, in the scene's units.
    ///   - pixelErrorMax: The error that may be seen, in device pixels.
    ///   - hysteresis: By how much conditions must be past a limit before a level is left; below 0 it counts as 0.
    public init(levels: [Level], radius: Double, pixelErrorMax: Double = 1, hysteresis: Double = 0.25) {
        var front: [Level] = []
        // An error that nobody knows is no better than any other.
        let known = levels.map { $0.error.isNaN ? Level(name: $0.name, byteCount: $0.byteCount, error: .infinity) : $0 }
        for level in known.sorted(by: { ($0.byteCount, $0.error) < ($1.byteCount, $1.error) }) {
            if front.last.map({ level.error < $0.error }) ?? true { front.append(level) }
        }
        self.levels = front
        self.radius = radius
        self.pixelErrorMax = pixelErrorMax
        self.hysteresis = hysteresis > 0 ? hysteresis : 0
    }

    /// Makes a selector for the levels of a chain.
    ///
    /// - Parameters:
    ///   - chain: The levels.
    ///   - radius: Half the diagonal of the model's bounds, in the scene's units.
    ///   - pixelErrorMax: The error that may be seen, in the screen's own pixels.
    ///   - hysteresis: How far a limit must be passed, as a fraction of it, before the level changes.
    ///   - options: How a level's file is written: quantising adds to its error. By default not at all.
    ///   - byteCount: The size of the file that a level is delivered as.
    public init(
        chain: LODChain,
        radius: Double,
        pixelErrorMax: Double = 1,
        hysteresis: Double = 0.25,
        options: (LODChain.Level) -> GLBOptions = { _ in .plain },
        byteCount: (LODChain.Level) throws -> Int
    ) rethrows {
        self.init(
            levels: try chain.levels.map {
                let error = $0.error(writtenWith: options($0))
                return Level(name: $0.name, byteCount: try byteCount($0), error: Double(error))
            },
            radius: radius,
            pixelErrorMax: pixelErrorMax,
            hysteresis: hysteresis
        )
    }

    /// The level for these conditions.
    ///
    /// Sizes and rates that are no numbers or below 0, as a stranger may state them, count as 0.
    ///
    /// - Parameters:
    ///   - conditions: Where the model is shown and how it comes there.
    ///   - current: The name of the level that is shown now; `nil`, or a name that is not among `levels`, for none.
    /// - Returns: `nil` only where there are no levels.
    /// - Complexity: O(n) in levels.
    public func level(for conditions: Conditions, current: String? = nil) -> Level? {
        guard !levels.isEmpty else { return nil }
        guard let shown = levels.firstIndex(where: { $0.name == current }) else {
            return levels[index(for: conditions, errorFactor: 1, timeFactor: 1)]
        }
        let margin = 1 + hysteresis
        // The least that must be shown, and the most that may be: never the wrong way round, as `index` is monotone.
        let least = index(for: conditions, errorFactor: margin, timeFactor: 1 / margin)
        let most = index(for: conditions, errorFactor: 1 / margin, timeFactor: margin)
        return levels[min(max(shown, least), most)]
    }

    /// The level by the two limits, each widened by a factor: rises as `errorFactor` falls and as `timeFactor` rises.
    private func index(for conditions: Conditions, errorFactor: Double, timeFactor: Double) -> Int {
        let tolerance = pixelErrorMax * errorFactor
        let wanted = levels.firstIndex { !(conditions.view.pixels(of: $0.error, radius: radius) > tolerance) }
        guard let budget = conditions.timeBudget, let rate = conditions.bytesPerSecond else {
            return wanted ?? levels.count - 1
        }
        let most = budget.seconds * timeFactor - conditions.latency.seconds
        let allowed = levels.lastIndex { Double($0.byteCount) <= most * max(rate, 0) } ?? 0
        return min(wanted ?? levels.count - 1, allowed)
    }
}

extension Duration {
    fileprivate var seconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
