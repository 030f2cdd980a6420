import Harness
import Histogram
import Synchronization

/// The peer as its makers use it in one thread: a value that nothing else can reach.
private final class Box: @unchecked Sendable {
    // Only the one thread that is timed records, and only the check reads, after it.
    var histogram = Histogram<UInt64>(
        highestTrackableValue: 3_600_000_000_000,
        numberOfSignificantValueDigits: .two
    )
}

func hdrHistogram() -> Contender {
    @Sendable func record(_ operations: Int, into histogram: inout Histogram<UInt64>) {
        sampleNanoseconds.withUnsafeBufferPointer { samples in
            for index in 0..<operations { histogram.record(UInt64(samples[index & 1_023])) }
        }
    }
    let box = Box()
    let expected = Expected()
    return Contender(
        "hdrhistogram-swift, unlocked",
        version: "0.2.0",
        settings: ["digits": "2", "highest": "1 h"],
        check: { try expected.check(Double(box.histogram.totalCount)) },
        work: { operations, _ in
            record(operations, into: &box.histogram)
            expected.count.add(operations, ordering: .relaxed)
        }
    )
}
