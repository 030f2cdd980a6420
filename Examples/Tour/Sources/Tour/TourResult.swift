/// All that the report tells.
struct TourResult {
    /// What became of one model.
    struct ModelRow {
        let sku: String
        let name: String
        let sourceBytes: Int
        let sourceTriangles: Int
        let levels: [LevelRow]
        /// Simplifying, drawing and storing all levels; the model was read before.
        let seconds: Double
        /// Whether it has base colour textures that the pictures do not show: the rasteriser reads PNG alone.
        let hidesTextures: Bool
    }

    /// One level of a model.
    struct LevelRow {
        let name: String
        let triangles: Int
        let byteCount: Int
        /// How far the level is from the model at most, in the model's units.
        let error: Double
        /// The same as a share of the model's extent.
        let relativeError: Double
        let seconds: Double
        /// The picture, as PNG.
        let picture: [UInt8]
    }

    /// A thing that had to hold at the end.
    struct Check {
        let name: String
        let detail: String
        let holds: Bool
    }

    /// Latencies of one kind of call.
    struct Latencies {
        let name: String
        let count: Int
        /// Seconds at each of `PercentilePlot.percentiles`.
        let seconds: [Double]

        func at(_ percentile: Double) -> Double {
            zip(PercentilePlot.percentiles, seconds).first { $0.0 == percentile }?.1 ?? .nan
        }
    }

    var directory = ""
    var models: [ModelRow] = []
    var shoppers = 0
    var ordersBeforeKill = 0
    var orders = 0
    var soldOut = 0
    var unitsOffered = 0
    var unitsSold = 0
    /// Orders of the flash sale, which the rate is taken from.
    var saleOrders = 0
    var ordersPerSecond = 0.0
    var reopenSeconds: [(store: String, seconds: Double)] = []
    /// Sessions of both visits and of the last shopper, swept once their time had passed.
    var expiredSessions = 0
    var latencies: [Latencies] = []
    var checks: [Check] = []
    var seconds = 0.0

    var allHolds: Bool { checks.allSatisfy(\.holds) }
}
