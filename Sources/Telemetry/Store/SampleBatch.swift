internal import VitrineSync

/// Samples of one moment, of any number of series.
public struct SampleBatch: Sendable {
    /// When they were taken, in milliseconds since 1970.
    let time: Int64
    private(set) var numbers: [UInt32] = []
    private(set) var values: [Double] = []
    private(set) var increases: [Head.Increase] = []
    private var isAscending = true

    /// A batch of samples that were taken `time` after 1970-01-01 00:00 UTC; the store keeps whole milliseconds.
    public init(at time: Duration) {
        self.time = time.wholeMilliseconds
    }

    /// How many samples there are.
    public var count: Int { numbers.count + increases.count }

    /// Adds a sample; of several of one series the last counts.
    public mutating func add(_ value: Double, to series: SeriesID) {
        if let last = numbers.last, last >= series.number { isAscending = false }
        numbers.append(series.number)
        values.append(value)
    }

    /// Adds what was recorded into a histogram since the sample before; several of one series add up.
    public mutating func add(_ increase: SeriesHistogram, to series: SeriesID) {
        increases.append(Head.Increase(number: series.number, time: time, increase: increase))
    }

    mutating func reserve(_ count: Int) {
        numbers.reserveCapacity(count)
        values.reserveCapacity(count)
    }

    /// Puts the samples in order of their series.
    mutating func sort() {
        sumIncreases()
        if isAscending { return }
        var newest: [UInt32: Double] = [:]
        for (number, value) in zip(numbers, values) { newest[number] = value }
        numbers = newest.keys.sorted()
        values = numbers.map { newest[$0] ?? .absent }
        isAscending = true
    }

    private mutating func sumIncreases() {
        var places: [UInt32: Int] = [:]
        var summed: [Head.Increase] = []
        for increase in increases {
            if let place = places[increase.number] {
                let before = summed[place]
                var sum = before.increase
                sum.add(increase.increase)
                summed[place] = Head.Increase(number: before.number, time: before.time, increase: sum)
            } else {
                places[increase.number] = summed.count
                summed.append(increase)
            }
        }
        if summed.count < increases.count { increases = summed }
    }
}
