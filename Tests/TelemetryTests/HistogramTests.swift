import Glibc
import Telemetry
import Testing
import VitrineTestSupport

@Suite("Histograms")
struct HistogramTests {
    private let registry = MetricRegistry()

    /// Whole numbers whose magnitudes are spread evenly over the octaves of Int64, with ends and boundaries among them.
    private func spread(_ count: Int, seed: UInt64) -> [Int64] {
        var random = SeededGenerator(seed: seed)
        var values: [Int64] = [0, 1, 2, 3, .max, .max - 1]
        for bit in 0..<63 {
            let power = Int64(1) << bit
            values += [power - 1, power, power &+ 1].filter { $0 >= 0 }
        }
        while values.count < count {
            values.append(Int64.random(in: 0...(.max), using: &random) >> Int64.random(in: 0..<63, using: &random))
        }
        return values
    }

    @Test(
        "any quantile over the range of Int64 is within the stated relative error",
        arguments: 1...6 as ClosedRange<UInt64>
    )
    func quantilesAreWithinTheStatedError(seed: UInt64) throws {
        let histogram = try registry.histogram("sizes_\(seed)", unit: .count)
        let values = spread(Int(seed * seed) * 300, seed: seed).sorted()
        for value in values { histogram.record(value) }
        let snapshot = histogram.snapshot()
        for step in 0...1_000 {
            let q = Double(step) / 1_000
            let exact = Double(values[max(1, (step * values.count + 999) / 1_000) - 1])
            let estimate = try #require(snapshot.quantile(q))
            #expect(
                abs(estimate - exact) <= HistogramSnapshot.relativeErrorMax * exact,
                "seed \(seed), q \(q): \(exact)"
            )
        }
    }

    @Test("a single sample of any magnitude comes back exactly, for it is both ends")
    func singleSamples() throws {
        for (index, value) in spread(500, seed: 9).enumerated() {
            let histogram = try registry.histogram("one_\(index)", unit: .count)
            histogram.record(value)
            let snapshot = histogram.snapshot()
            #expect(snapshot.quantile(0.5) == Double(value))
            #expect(snapshot.count == 1 && snapshot.sum == Double(value))
        }
    }

    @Test("count, sum, minimum and maximum are exact, even where the sum leaves 64 bits")
    func exactTotals() throws {
        let histogram = try registry.histogram("big", unit: .count)
        for _ in 0..<10 { histogram.record(.max) }
        histogram.record(5)
        let snapshot = histogram.snapshot()
        #expect(snapshot.count == 11)
        #expect(snapshot.sum == 10 * Double(Int64.max) + 5)
        #expect(snapshot.min == 5)
        #expect(snapshot.max == Double(Int64.max))
    }

    @Test("a rank that falls on the last sample of a bucket stays there, whatever rounding adds")
    func exactRanks() throws {
        for low in 1...60 {
            for high in 1...60 {
                let histogram = try registry.histogram("rank_\(low)_\(high)")
                for _ in 0..<low { histogram.record(1_000_000) }
                for _ in 0..<high { histogram.record(1_000_000_000) }
                let q = Double(low) / Double(low + high)
                let found = try #require(histogram.snapshot().quantile(q))
                #expect(found < 0.0011, "\(low) of \(low + high) samples: \(found)")
            }
        }
        let percents = try registry.histogram("percents", unit: .count)
        for sample in 1...100 { percents.record(sample <= 15 ? 1 : 1_000) }
        for percent in 1...15 {
            #expect(try #require(percents.snapshot().quantile(Double(percent) / 100)) == 1, "\(percent)")
        }
        #expect(try #require(percents.snapshot().quantile(0.1500001)) > 900)
    }

    @Test("an empty histogram has no quantiles and no ends")
    func empty() throws {
        let snapshot = try registry.histogram("empty").snapshot()
        #expect(snapshot.count == 0 && snapshot.sum == 0)
        #expect(snapshot.min == nil && snapshot.max == nil && snapshot.mean == nil && snapshot.quantile(0.5) == nil)
    }

    @Test("the count through a power of two is exact: the boundary itself belongs below")
    func boundariesAreUpperInclusive() throws {
        let histogram = try registry.histogram("edges", unit: .count)
        let values = spread(5_000, seed: 3)
        for value in values { histogram.record(value) }
        let snapshot = histogram.snapshot()
        for exponent in 0..<63 {
            let exact = values.count { $0 <= Int64(1) << exponent }
            #expect(snapshot.count(throughPowerOfTwo: exponent) == UInt64(exact), "2^\(exponent)")
        }
    }

    @Test("a duration lies in the bucket between 2^((i-1)/16) and 2^(i/16) seconds", arguments: [31, 32] as [UInt64])
    func bucketsAreOfSeconds(seed: UInt64) throws {
        for value in spread(800, seed: seed) where value > 0 {
            let histogram = try MetricRegistry().histogram("place")
            histogram.record(value)
            let snapshot = histogram.snapshot()
            let held = try #require(snapshot.positive.buckets.first { $0.count > 0 })
            #expect(snapshot.positive.total == 1)
            // The double's own rounding at the edges is not the histogram's.
            let place = log2(Double(value) / 1e9) * 16
            #expect(Double(held.index) >= place - 1e-9 && Double(held.index) - 1 <= place + 1e-9, "\(value)")
        }
    }

    @Test("merging in any grouping equals one histogram of all samples")
    func mergeIsExact() throws {
        let values = spread(6_000, seed: 11)
        let whole = try registry.histogram("whole", unit: .count)
        let parts = try (0..<3).map { try registry.histogram("part_\($0)", unit: .count) }
        for (index, value) in values.enumerated() {
            whole.record(value)
            parts[index % 3].record(value)
        }
        var left = parts[0].snapshot()
        try left.merge(parts[1].snapshot())
        try left.merge(parts[2].snapshot())
        var right = parts[2].snapshot()
        try right.merge(parts[1].snapshot())
        try right.merge(parts[0].snapshot())
        #expect(left == whole.snapshot())
        #expect(right == left)
    }

    @Test("histograms of different units do not merge")
    func unitsDoNotMix() throws {
        var bytes = try registry.histogram("bytes", unit: .count).snapshot()
        let seconds = try registry.histogram("seconds").snapshot()
        let error = #expect(throws: TelemetryError.self) { try bytes.merge(seconds) }
        #expect(error?.code == .typeConflict)
        #expect(error?.message.contains("nanoseconds") == true)
    }

    @Test("durations are kept in nanoseconds, read in seconds, and a negative one counts as zero")
    func durations() throws {
        let histogram = try registry.histogram("latency")
        histogram.record(.milliseconds(1_500))
        histogram.record(.nanoseconds(-7))
        histogram.record(.seconds(1) - .seconds(3))
        histogram.record(.seconds(Int64.max))
        histogram.record(.seconds(Int64.min))
        let snapshot = histogram.snapshot()
        #expect(snapshot.count == 5)
        #expect(snapshot.min == 0)
        #expect(snapshot.max == Double(Int64.max) / 1e9)
        #expect(snapshot.sum == (Double(Int64.max) + 1.5e9) / 1e9)
    }

    @Test("reals of both signs keep the stated error", arguments: [21, 22, 23] as [UInt64])
    func reals(seed: UInt64) throws {
        let histogram = try registry.floatingPointHistogram("real_\(seed)")
        var random = SeededGenerator(seed: seed)
        let values = (0..<3_000).map { _ in
            let magnitude =
                Double.random(in: 1..<2, using: &random)
                * Double(sign: .plus, exponent: Int.random(in: -64...62, using: &random), significand: 1)
            return Bool.random(using: &random) ? magnitude : -magnitude
        }.sorted()
        for value in values { histogram.record(value) }
        let snapshot = histogram.snapshot()
        #expect(snapshot.min == values.first && snapshot.max == values.last)
        for step in 1..<500 {
            let q = Double(step) / 500
            let exact = values[max(1, (step * values.count + 499) / 500) - 1]
            let estimate = try #require(snapshot.quantile(q))
            #expect(abs(estimate - exact) <= HistogramSnapshot.relativeErrorMax * abs(exact), "seed \(seed), q \(q)")
        }
    }

    @Test("reals beyond the buckets' range are counted at its ends, and what is no number is left out and counted")
    func extremeReals() throws {
        let histogram = try registry.floatingPointHistogram("extreme")
        for value in [0, -0.0, Double.leastNonzeroMagnitude, -1e-300, 1e300, -1e300, Double.greatestFiniteMagnitude] {
            histogram.record(value)
        }
        for value in [Double.nan, .infinity, -.infinity] { histogram.record(value) }
        let snapshot = histogram.snapshot()
        #expect(snapshot.count == 7)
        #expect(snapshot.zeros == 4)
        #expect(snapshot.max == .greatestFiniteMagnitude && snapshot.min == -1e300)
        #expect(registry.snapshot().value(of: "telemetry_samples_rejected_total") == .counter(3))
    }
}
