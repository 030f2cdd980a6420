import Foundation
import Harness
import Synchronization
import Telemetry

/// A series of the codec's rows: a shape that real ones have, sampled every second.
struct SeriesShape: Sendable {
    let name: String
    let bytesMax: Double
    let times: [Int64]
    let values: [Double]

    static let sampleCount = 120_000

    /// The four shapes: a counter at regular times, the same with two milliseconds of jitter, a gauge that is noise in
    /// every bit, and one that rests.
    static let all: [SeriesShape] = {
        var state: UInt64 = 88_172_645_463_325_252
        func random(_ bound: UInt64) -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state % bound
        }
        let regular = (0..<sampleCount).map { 1_780_000_000_000 + Int64($0) * 1_000 }
        let jittered = regular.map { $0 + Int64(random(5)) - 2 }
        var total = 0.0
        let counter = (0..<sampleCount).map { _ in
            total += Double(random(201))
            return total
        }
        let noise = (0..<sampleCount).map { _ in 50 + Double(random(1 << 53)) / Double(1 << 53) * 20 - 10 }
        let constant = [Double](repeating: 7.25, count: sampleCount)
        return [
            SeriesShape(name: "regular counter", bytesMax: 1.2, times: regular, values: counter),
            SeriesShape(name: "counter with jitter", bytesMax: 1.7, times: jittered, values: counter),
            SeriesShape(name: "noisy gauge", bytesMax: 7.5, times: jittered, values: noise),
            SeriesShape(name: "constant", bytesMax: 0.3, times: regular, values: constant),
        ]
    }()

    func packed(_ count: Int) -> PackedSeries {
        var packer = SeriesPacker(blockCount: 120)
        packer.append(values.span.extracting(first: count), at: times.span.extracting(first: count))
        return packer.finish()
    }
}

/// Appending to blocks of 120 samples, reading them, and the bytes that they take: Prometheus's XOR chunks, measured apart
/// from this run, took 13 to 102 ns, 9 to 22 ns, and 2.14, 3.67, 8.65 and 0.56 bytes for the same shapes.
func seriesRows() -> [Comparison] {
    SeriesShape.all.flatMap { shape in
        [appendRow(shape), decodeRow(shape), sizeRow(shape)]
    }
}

func limited(
    _ name: String,
    _ measure: Comparison.Measure,
    operations: Int,
    max: Double,
    roundsMax: Int = .max,
    isWarmedUp: Bool = true,
    ours: Contender
) -> Comparison {
    Comparison(
        name,
        measure: measure,
        operations: operations,
        ours: ours,
        rivals: [],
        oursMax: max,
        roundsMax: roundsMax,
        isWarmedUp: isWarmedUp
    )
}

private func appendRow(_ shape: SeriesShape) -> Comparison {
    let size = Atomic<Int>(0)
    let expected = shape.packed(SeriesShape.sampleCount).bytes.count
    return limited(
        "series append, \(shape.name)",
        .threadCPU,
        operations: SeriesShape.sampleCount,
        max: 10,
        ours: Contender(
            "Vitrine SeriesPacker",
            version: "this commit",
            settings: ["block": "120 samples"],
            check: {
                guard size.load(ordering: .relaxed) == expected else { throw WrongResult("packed to another size") }
            },
            work: { operations, _ in size.store(shape.packed(operations).bytes.count, ordering: .relaxed) }
        )
    )
}

private func decodeRow(_ shape: SeriesShape) -> Comparison {
    let packed = shape.packed(SeriesShape.sampleCount)
    let isRight = Atomic<Bool>(false)
    return limited(
        "series decode, \(shape.name)",
        .threadCPU,
        operations: SeriesShape.sampleCount,
        max: 8,
        ours: Contender(
            "Vitrine PackedSeries",
            version: "this commit",
            settings: ["block": "120 samples"],
            check: {
                guard isRight.load(ordering: .relaxed) else { throw WrongResult("other samples came back") }
            },
            work: { operations, _ in
                // A warm-up asks for a part; a whole pass is what is counted.
                let wanted = operations < SeriesShape.sampleCount ? shape.packed(operations) : packed
                var times: [Int64] = []
                var values: [Double] = []
                try wanted.unpack(into: &times, &values)
                let last = operations - 1
                isRight.store(
                    times.count == operations && times[last] == shape.times[last] && values[last] == shape.values[last],
                    ordering: .relaxed
                )
            }
        )
    )
}

private func sizeRow(_ shape: SeriesShape) -> Comparison {
    limited(
        "series bytes per sample, \(shape.name)",
        .figure(.bytes),
        operations: 1,
        max: shape.bytesMax,
        roundsMax: 1,
        isWarmedUp: false,
        ours: Contender(
            "Vitrine PackedSeries",
            version: "this commit",
            settings: ["block": "120 samples"],
            figure: {
                let packed = shape.packed(SeriesShape.sampleCount)
                var times: [Int64] = []
                var values: [Double] = []
                try packed.unpack(into: &times, &values)
                guard times == shape.times, values == shape.values else { throw WrongResult("other samples came back") }
                return Double(packed.bytes.count) / Double(SeriesShape.sampleCount)
            }
        )
    )
}
