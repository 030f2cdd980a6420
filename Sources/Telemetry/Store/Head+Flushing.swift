internal import VitrineIO

extension Head {
    /// Writes the samples in `start ..< end` to a block, series by series.
    ///
    /// Those of series whose name was lost are among them. Costs a sort of the series that have any.
    func write(to writer: inout BlockWriter) throws(IOError) {
        let start = writer.header.start
        let end = writer.header.end
        let places = batches.indices.filter { batches[$0].time >= start && batches[$0].time < end }
        let chosen = places.map { batches[$0] }
        let alone = loose.joined().filter { $0.time >= start && $0.time < end }
        let recorded = increases.joined().filter { $0.time >= start && $0.time < end }
        let looseByNumber = Dictionary(grouping: alone, by: \.number)
        let increasesByNumber = Dictionary(grouping: recorded, by: \.number)
        // Most samplings have the list of the one before, and then a series has the same place in each.
        var cursors = [Int](repeating: 0, count: chosen.count)
        var isRegular = looseByNumber.isEmpty
        for (before, after) in zip(chosen, chosen.dropFirst())
        where before.list !== after.list || before.time >= after.time { isRegular = false }
        if isRegular, let list = chosen.first?.list {
            try writeRegular(chosen, list, to: &writer)
            guard !increasesByNumber.isEmpty else { return }
        }
        var numbers = Set(increasesByNumber.keys)
        if !isRegular {
            numbers.formUnion(looseByNumber.keys)
            var last: SeriesList?
            for batch in chosen where batch.list !== last {
                numbers.formUnion(batch.list.numbers)
                last = batch.list
            }
        }
        for number in numbers.sorted() {
            if let samples = increasesByNumber[number] {
                var points = HistogramPoints()
                for sample in samples { points.append(sample.time, sample.increase) }
                points.sort()
                try writer.append(points, id: number)
                continue
            }
            if isRegular { continue }
            var points = RawPoints()
            var samples = looseByNumber[number, default: []][...]
            for (index, batch) in chosen.enumerated() {
                while let sample = samples.first, sample.batchesBefore <= places[index] {
                    points.append(sample.time, sample.value)
                    samples.removeFirst()
                }
                let numbers = batch.list.numbers
                while cursors[index] < numbers.count, numbers[cursors[index]] < number { cursors[index] += 1 }
                if cursors[index] < numbers.count, numbers[cursors[index]] == number {
                    points.append(batch.time, batch.values[cursors[index]])
                }
            }
            for sample in samples { points.append(sample.time, sample.value) }
            points.sort()
            try writer.append(points, id: number)
        }
    }

    private func writeRegular(
        _ chosen: [Batch],
        _ list: SeriesList,
        to writer: inout BlockWriter
    ) throws(IOError) {
        let times = chosen.map(\.time)
        var points = RawPoints(times: times, values: [Double](repeating: 0, count: times.count))
        for (place, number) in list.numbers.enumerated() {
            for (row, batch) in chosen.enumerated() { points.values[row] = batch.values[place] }
            try writer.append(points, id: number)
        }
    }
}
