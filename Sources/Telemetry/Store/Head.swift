internal import Glibc

/// Numbers of series in ascending order, shared by the batches that have the same.
final class SeriesList: Sendable {
    let numbers: [UInt32]

    init(_ numbers: [UInt32]) { self.numbers = numbers }

    /// Whether the list is of these series, told by their bytes: every append asks.
    func isOf(_ others: [UInt32]) -> Bool {
        guard others.count == numbers.count else { return false }
        // Neither is kept beyond the call.
        return unsafe numbers.withUnsafeBytes { mine in
            unsafe others.withUnsafeBytes { theirs in
                guard let mine = mine.baseAddress, let their = theirs.baseAddress else { return true }
                return unsafe memcmp(mine, their, theirs.count) == 0
            }
        }
    }

    /// The place of a series, if it is in the list.
    func place(of number: UInt32) -> Int? {
        // Who samples everything has a dense list.
        let guess = Int(number) - Int(numbers.first ?? 0)
        if numbers.indices.contains(guess), numbers[guess] == number { return guess }
        var low = 0
        var high = numbers.count
        while low < high {
            let middle = (low + high) / 2
            if numbers[middle] < number { low = middle + 1 } else { high = middle }
        }
        return low < numbers.count && numbers[low] == number ? low : nil
    }
}

/// The samples that are in no block yet, as they came: four or eight bytes for each that came with many others.
struct Head {
    /// Samples of one time, of the series of a list.
    struct Batch {
        let time: Int64
        let list: SeriesList
        let values: BatchValues
    }

    /// A sample that came alone.
    struct Loose {
        let number: UInt32
        /// Batches that came before it, so that of two samples of one time the later is known.
        fileprivate(set) var batchesBefore: UInt32 = 0
        let time: Int64
        let value: Double

        init(number: UInt32, time: Int64, value: Double) {
            self.number = number
            self.time = time
            self.value = value
        }
    }

    /// What was recorded into a histogram up to a time.
    struct Increase {
        let number: UInt32
        let time: Int64
        let increase: SeriesHistogram
    }

    private static let looseSegmentSize = 512

    /// The log that has these samples.
    let logNumber: UInt64
    private(set) var batches: [Batch] = []
    /// In segments, so that an addition while a reader holds the rest copies one segment.
    private(set) var loose: [[Loose]] = []
    private(set) var increases: [[Increase]] = []
    private(set) var sampleCount = 0
    /// About the memory that the samples take.
    private(set) var byteCount = 0
    /// What they would take with eight bytes for each value: a block may need as much of a value that takes four here.
    private(set) var unpackedByteCount = 0
    private(set) var timeMin = Int64.max
    private(set) var timeMax = Int64.min

    init(logNumber: UInt64) { self.logNumber = logNumber }

    mutating func append(_ batch: Batch) {
        batches.append(batch)
        note(
            batch.time,
            count: batch.values.count,
            bytes: batch.values.byteCount + 64,
            unpacked: 8 * batch.values.count + 64
        )
    }

    mutating func append(_ sample: Loose) {
        if loose.last.map({ $0.count >= Self.looseSegmentSize }) ?? true {
            loose.append([])
            loose[loose.count - 1].reserveCapacity(Self.looseSegmentSize)
        }
        var sample = sample
        sample.batchesBefore = UInt32(clamping: batches.count)
        loose[loose.count - 1].append(sample)
        note(sample.time, count: 1, bytes: MemoryLayout<Loose>.stride)
    }

    mutating func append(_ increase: Increase) {
        if increases.last.map({ $0.count >= Self.looseSegmentSize }) ?? true { increases.append([]) }
        increases[increases.count - 1].append(increase)
        let buckets = increase.increase.positive.count + increase.increase.negative.count
        note(increase.time, count: 1, bytes: MemoryLayout<Increase>.stride + 16 * buckets + 64)
    }

    private mutating func note(_ time: Int64, count: Int, bytes: Int, unpacked: Int? = nil) {
        sampleCount += count
        byteCount += bytes
        unpackedByteCount += unpacked ?? bytes
        timeMin = min(timeMin, time)
        timeMax = max(timeMax, time)
    }

    /// Adds the samples of some series in `start ..< end` to what was read of them, in the order in which they came.
    ///
    /// `slots` gives the place of each wanted series in `points`. Costs a walk over the batches for few series, and over
    /// all samples for many.
    func read(
        _ wanted: [UInt32],
        _ slots: [UInt32: Int],
        from start: Int64,
        to end: Int64,
        into points: inout [RawPoints]
    ) {
        var alone = loose.joined().makeIterator()
        var next = alone.next()
        func takeAlone(before place: Int) {
            while let sample = next, sample.batchesBefore <= place {
                next = alone.next()
                guard sample.time >= start, sample.time < end, let slot = slots[sample.number] else { continue }
                points[slot].append(sample.time, sample.value)
            }
        }
        for (place, batch) in batches.enumerated() where batch.time >= start && batch.time < end {
            takeAlone(before: place)
            for (slot, number) in wanted.enumerated() {
                guard let place = batch.list.place(of: number) else { continue }
                points[slot].append(batch.time, batch.values[place])
            }
        }
        takeAlone(before: batches.count)
    }

    func read(_ slots: [UInt32: Int], from start: Int64, to end: Int64, into points: inout [HistogramPoints]) {
        for segment in increases {
            for sample in segment where sample.time >= start && sample.time < end {
                guard let slot = slots[sample.number] else { continue }
                points[slot].append(sample.time, sample.increase)
            }
        }
    }
}
