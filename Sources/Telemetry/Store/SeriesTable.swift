/// The name under which a store keeps one series; it stays the same for as long as the store has the series.
public struct SeriesID: Sendable, Hashable {
    let number: UInt32
}

/// What a stored series' values mean.
public enum SeriesKind: UInt8, Sendable {
    /// Goes up and down.
    case gauge = 0
    /// Only grows, and begins anew at zero after a restart.
    case counter = 1
    /// What was recorded into a histogram.
    case histogram = 2
}

/// The series of a store by number and by labels: a dozen bytes each beside their labels.
///
/// A series' labels are pairs of symbols, its name first and the others in ascending order of their names.
struct SeriesTable {
    /// The label that a metric's name is kept under, as Prometheus does.
    static let nameLabel = "__name__"
    /// Numbers there are: far more than there is memory for series, and few enough for a damaged file to ask for.
    static let numberMax: UInt32 = 1 << 26

    private(set) var symbols = SymbolTable()
    private var pairs: [UInt32] = []
    /// Where each series' pairs end, by number; equal to the one before for a number without a series.
    private var ends: [UInt32] = []
    private var kinds: [SeriesKind] = []
    private var places = [UInt32](repeating: 0, count: 64)
    private var numbersByName: [UInt32: [UInt32]] = [:]
    /// The numbers of all series, in ascending order: few of those there are where names were lost.
    private(set) var numbers: [UInt32] = []
    /// Series there are.
    var count: Int { numbers.count }

    /// The number after the greatest used.
    var numberEnd: UInt32 { UInt32(ends.count) }

    private func range(_ number: UInt32) -> Range<Int> {
        let start = number == 0 ? 0 : Int(ends[Int(number) - 1])
        return start..<Int(ends[Int(number)])
    }

    func contains(_ number: UInt32) -> Bool {
        Int(number) < ends.count && !range(number).isEmpty
    }

    func kind(_ number: UInt32) -> SeriesKind { kinds[Int(number)] }

    func name(_ number: UInt32) -> String { symbols[pairs[range(number).lowerBound + 1]] }

    /// The labels of a series, its name not among them, in ascending order.
    func labels(_ number: UInt32) -> [MetricLabel] {
        let range = range(number)
        return stride(from: range.lowerBound + 2, to: range.upperBound, by: 2).map {
            MetricLabel(name: symbols[pairs[$0]], value: symbols[pairs[$0 + 1]])
        }
    }

    /// The value's symbol of a label, or `nil` when the series does not have the label.
    func value(of label: UInt32, in number: UInt32) -> UInt32? {
        let range = range(number)
        for place in stride(from: range.lowerBound, to: range.upperBound, by: 2) where pairs[place] == label {
            return pairs[place + 1]
        }
        return nil
    }

    /// The numbers of all series of a name.
    func numbers(named name: String) -> [UInt32] {
        symbols.find(name).flatMap { numbersByName[$0] } ?? []
    }

    /// The names that there are, in ascending order.
    var names: [String] { numbersByName.keys.map { symbols[$0] }.sorted() }

    func find(_ name: String, _ labels: [MetricLabel]) -> UInt32? {
        var wanted: [UInt32] = []
        wanted.reserveCapacity(2 + 2 * labels.count)
        guard let nameLabel = symbols.find(Self.nameLabel), let nameSymbol = symbols.find(name) else { return nil }
        wanted += [nameLabel, nameSymbol]
        for label in labels {
            guard let name = symbols.find(label.name), let value = symbols.find(label.value) else { return nil }
            wanted += [name, value]
        }
        let place = place(of: wanted)
        return places[place] == 0 ? nil : places[place] - 1
    }

    /// Takes in a series, whose labels are sorted, under a number that is free.
    ///
    /// - Returns: whether there was room for it.
    mutating func insert(_ number: UInt32, _ name: String, _ labels: [MetricLabel], _ kind: SeriesKind) -> Bool {
        guard number < Self.numberMax, !contains(number), number >= numberEnd || range(number).isEmpty else {
            return false
        }
        var added: [UInt32] = []
        for label in [MetricLabel(name: Self.nameLabel, value: name)] + labels {
            guard let labelName = symbols.intern(label.name), let value = symbols.intern(label.value) else {
                return false
            }
            added += [labelName, value]
        }
        let place = place(of: added)
        // Numbers come in ascending order but for a file that was tampered with.
        guard places[place] == 0, number >= numberEnd, pairs.count + added.count <= Int(UInt32.max) else {
            return false
        }
        skip(to: number)
        pairs += added
        ends.append(UInt32(pairs.count))
        kinds.append(kind)
        places[place] = number + 1
        numbers.append(number)
        numbersByName[added[1], default: []].append(number)
        if 4 * count > 3 * places.count { grow() }
        return true
    }

    /// Leaves out the numbers below `end`: their series' names were lost, and nobody may take them for others.
    mutating func skip(to end: UInt32) {
        guard numberEnd < min(end, Self.numberMax) else { return }
        let count = Int(min(end, Self.numberMax) - numberEnd)
        ends.append(contentsOf: repeatElement(UInt32(pairs.count), count: count))
        kinds.append(contentsOf: repeatElement(SeriesKind.gauge, count: count))
    }

    private func place(of wanted: [UInt32]) -> Int {
        var place = Int(truncatingIfNeeded: Self.hash(wanted[...])) & (places.count - 1)
        while places[place] != 0 {
            if pairs[range(places[place] - 1)].elementsEqual(wanted) { break }
            place = (place + 1) & (places.count - 1)
        }
        return place
    }

    private mutating func grow() {
        places = [UInt32](repeating: 0, count: 2 * places.count)
        for number in numbers {
            var place = Int(truncatingIfNeeded: Self.hash(pairs[range(number)])) & (places.count - 1)
            while places[place] != 0 { place = (place + 1) & (places.count - 1) }
            places[place] = number + 1
        }
    }

    private static func hash(_ pairs: ArraySlice<UInt32>) -> UInt64 {
        var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
        for symbol in pairs {
            hash = (hash ^ UInt64(symbol)) &* 0xFF51_AFD7_ED55_8CCD
            hash ^= hash >> 32
        }
        return hash
    }
}
