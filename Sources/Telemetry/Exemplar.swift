internal import VitrineSync

/// A sample that can be traced: its value, and the trace that it was taken in.
public struct Exemplar: Sendable, Equatable {
    /// The sample, in the histogram's exposed measure: seconds for durations.
    public let value: Double
    /// The trace and the span.
    public let trace: TraceReference
    /// When it was recorded, since 1970-01-01 00:00 UTC.
    public let time: Duration

    /// The place of a value among a unit's exposed buckets.
    static func bucket(of value: Double, in unit: HistogramUnit) -> Int {
        let exponents = unit.exposedExponents
        return exponents.firstIndex { value <= Double(sign: .plus, exponent: $0, significand: 1) } ?? exponents.count
    }

    /// The newest for each exposed bucket, in ascending order of bucket.
    static func newest(of exemplars: [Exemplar], in unit: HistogramUnit) -> [Exemplar] {
        var newest: [Int: Exemplar] = [:]
        for exemplar in exemplars {
            let bucket = bucket(of: exemplar.value, in: unit)
            if let other = newest[bucket], other.time >= exemplar.time { continue }
            newest[bucket] = exemplar
        }
        return newest.sorted { $0.key < $1.key }.map(\.value)
    }
}

/// The exemplars of one histogram: the newest for each exposed bucket, not more than one a second for each.
final class ExemplarStore: Sendable {
    /// How long an exemplar stays before the next of its bucket replaces it.
    static let interval = Duration.seconds(1)

    private struct Kept {
        let exemplar: Exemplar
        /// When it was taken, by the clock that nobody sets.
        let uptime: Duration
    }

    private let newest = Locked<[Int: Kept]>([:])
    private let clocks: MetricClocks

    init(clocks: MetricClocks) {
        self.clocks = clocks
    }

    /// All there are, in ascending order of bucket.
    var all: [Exemplar] { newest.withLock { $0.isEmpty ? [] : $0.sorted { $0.key < $1.key }.map(\.value.exemplar) } }

    /// Takes the sample in, unless its bucket has one of the last second or another thread is here.
    ///
    /// `trace` is asked only for a sample that is taken.
    func offer(_ value: Double, unit: HistogramUnit, trace: () -> TraceReference?) {
        let uptime = clocks.uptime()
        let bucket = Exemplar.bucket(of: value, in: unit)
        var isDue = false
        newest.withLockIfAvailable { newest in
            isDue = newest[bucket].map { uptime - $0.uptime >= Self.interval } ?? true
        }
        // Outside the lock: it calls the tracer, which is not ours.
        guard isDue, let trace = trace() else { return }
        let exemplar = Exemplar(value: value, trace: trace, time: clocks.sinceEpoch())
        newest.withLock { $0[bucket] = Kept(exemplar: exemplar, uptime: uptime) }
    }
}
