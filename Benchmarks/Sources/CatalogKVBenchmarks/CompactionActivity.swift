import CatalogKV
import Foundation
import Harness

/// Whether compaction worked while operations were timed, by what the catalog says between them.
///
/// It is at work while it goes through a file, counting every 256 KiB, and while what it moved is flushed so that the
/// file can go: the second has writers wait for the disk as much as the first for the processor.
struct CompactionActivity: Sendable {
    private static let idleShareMax = 0.1
    /// In each of so many parts of the time it must have gone through something.
    private static let partCount = 4

    private struct Sample {
        var time: Double
        var byteCount: Int
        var isAtWork: Bool
    }
    private var samples: [Sample] = []

    mutating func sample(_ catalog: Catalog) {
        let statistics = catalog.statistics
        samples.append(
            Sample(
                time: Timing.onTheWall(),
                byteCount: statistics.compactedByteCount,
                isAtWork: statistics.isCompacting
            )
        )
    }

    /// Throws unless compaction was at work nine tenths of the time and more, or not at all.
    func check(isBusy: Bool) throws {
        guard let first = samples.first, let last = samples.last, samples.count > Self.partCount else {
            throw WrongResult("nobody looked whether compaction was at work")
        }
        let grown = last.byteCount - first.byteCount
        guard isBusy else {
            if last.byteCount > 0 { throw WrongResult("compaction was at work in what is to be the idle half") }
            return
        }
        let whole = last.time - first.time
        var idle = 0.0
        for (sample, next) in zip(samples, samples.dropFirst()) where !next.isAtWork {
            if next.byteCount == sample.byteCount { idle += next.time - sample.time }
        }
        let line = String(
            format: "compaction went through %.0f MB/s for %.1f s, idle for %.1f %% of them\n",
            Double(grown) / whole * 1e3,
            whole / 1e9,
            idle / whole * 100
        )
        FileHandle.standardError.write(Data(line.utf8))
        let isEverywhere = (0..<Self.partCount).allSatisfy { part in
            let start = first.time + whole * Double(part) / Double(Self.partCount)
            let inside = samples.filter { start <= $0.time && $0.time <= start + whole / Double(Self.partCount) }
            return (inside.last?.byteCount ?? 0) > (inside.first?.byteCount ?? 0)
        }
        guard isEverywhere, idle / whole <= Self.idleShareMax else {
            throw WrongResult("compaction was not at work all the while: \(line)")
        }
    }
}
