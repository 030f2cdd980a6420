internal import Glibc

/// A year of a shop's accesses, made from a seed: what policies are compared on where no trace of one's own is at hand.
///
/// Popularity follows Zipf's law (L. Breslau et al., "Web Caching and Zipf-like Distributions", INFOCOM 1999, found
/// exponents of 0.64 to 0.83); a model's reads fall from its release on, by halves, to a floor; categories have seasons;
/// on sales days part of the catalog is read many times as often. Reads of a day are Poisson. Sizes are log-normal about
/// 4 MB, as models with textures are.
public struct ShopYear: Sendable, Hashable {
    /// Where chance begins.
    public var seed: UInt64
    /// Models in the catalog by the end of the year.
    public var objectCount: Int
    /// Reads of the whole catalog on a plain day for each object, were all as new as on their first day: those that come to
    /// the store, which caches in front of it did not answer.
    public var readsPerObjectDay: Double
    /// Zipf's exponent.
    public var zipfExponent: Double
    /// Share of the catalog that is there when the year begins; the rest is released over the year.
    public var oldShare: Double
    /// Days in which a model's reads halve after its release.
    public var ageingHalfLifeDays: Double
    /// What share of its reads a model keeps however old.
    public var floor: Double
    /// Days of the year on which there are sales.
    public var salesDays: [Int]

    /// A shop of the middle size.
    public init(
        seed: UInt64,
        objectCount: Int = 5_000,
        readsPerObjectDay: Double = 0.075,
        zipfExponent: Double = 0.8,
        oldShare: Double = 0.6,
        ageingHalfLifeDays: Double = 45,
        floor: Double = 0.05,
        salesDays: [Int] = [15, 16, 120, 121, 182, 183, 184, 331, 332, 333, 334, 352, 353]
    ) {
        self.seed = seed
        self.objectCount = objectCount
        self.readsPerObjectDay = readsPerObjectDay
        self.zipfExponent = zipfExponent
        self.oldShare = oldShare
        self.ageingHalfLifeDays = ageingHalfLifeDays
        self.floor = floor
        self.salesDays = salesDays
    }

    /// The trace; the same for the same figures, on every machine.
    ///
    /// Time and memory grow with objects and reads.
    public func trace() -> AccessTrace {
        var random = SplitMix(state: seed)
        let count = max(1, objectCount)
        var weights = (1...count).map { pow(Double($0), -zipfExponent) }
        weights.shuffle(using: &random)
        let scale = readsPerObjectDay * Double(count) / weights.reduce(0, +)
        var objects: [AccessTrace.Object] = []
        var releases: [Int] = []
        var peaks: [Double] = []
        for _ in 0..<count {
            let isOld = random.unit() < oldShare
            // What is old was released within the two years before.
            let release = isOld ? -Int(random.unit() * 730) : Int(random.unit() * 365)
            releases.append(release)
            peaks.append(random.unit() * 365)
            let bytes = Int64(min(200e6, max(40e3, 4e6 * exp(1.1 * random.normal()))))
            objects.append(AccessTrace.Object(bytes: bytes, createdDay: max(0, release)))
        }
        let days = (0..<365).map { day -> [AccessTrace.Reads] in
            let isSale = salesDays.contains(day)
            var reads: [AccessTrace.Reads] = []
            for index in 0..<count where objects[index].createdDay <= day {
                let age = Double(day - releases[index])
                let ageing = floor + (1 - floor) * exp2(-age / ageingHalfLifeDays)
                let season = 1 + 0.6 * cos((Double(day) - peaks[index]) / 365 * 2 * .pi)
                let sale = isSale ? (random.unit() < 0.1 ? 8 : 1.5) : 1.0
                let count = random.poisson(weights[index] * scale * ageing * season * sale)
                if count > 0 { reads.append(AccessTrace.Reads(object: index, count: count)) }
            }
            return reads
        }
        return AccessTrace(objects: objects, days: days)
    }
}

/// SplitMix64 (Steele, Lea, Flood 2014), and the distributions that a shop needs.
private struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// From 0 up to 1.
    mutating func unit() -> Double { Double(next() >> 11) / Double(1 << 53) }

    /// Box and Muller's method (1958).
    mutating func normal() -> Double {
        let radius = sqrt(-2 * log(1 - unit()))
        return radius * cos(2 * .pi * unit())
    }

    /// Knuth's method (TAOCP 2, 3.4.1) for small means, the normal approximation above 30.
    mutating func poisson(_ mean: Double) -> Int {
        if mean > 30 { return max(0, Int((mean + sqrt(mean) * normal()).rounded())) }
        let limit = exp(-mean)
        var (count, product) = (0, unit())
        while product > limit {
            count += 1
            product *= unit()
        }
        return count
    }
}
