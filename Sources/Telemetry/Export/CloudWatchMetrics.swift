// CloudWatch's embedded metric format (Amazon CloudWatch User Guide, "Specification: Embedded metric format"): a JSON object
// on a line of its own,
//
//     {"_aws":{"Timestamp":milliseconds,"CloudWatchMetrics":[{"Namespace":text,"Dimensions":[[name,…]],
//      "Metrics":[{"Name":name,"Unit":unit,"StorageResolution":1|60},…]}]},name:value,…}
//
// with each dimension's and each metric's value as a member. At most 100 metrics to an object and 30 dimensions to a set;
// a dimension's value is 1 to 1,024 characters of ASCII. In place of a number a metric's value may be a distribution, as
// PutMetricData takes it and AWS's own exporter for OpenTelemetry writes it,
//
//     {"Values":[value,…],"Counts":[count,…],"Min":least,"Max":greatest,"Count":samples,"Sum":sum}
//
// of at most 100 values.

/// Writes what happened between snapshots in CloudWatch's embedded metric format, for a log that CloudWatch reads.
///
/// CloudWatch adds up what it is sent, so a counter leaves as what it grew by since the snapshot before; a gauge as it is.
/// A histogram leaves as the distribution of what was recorded since then: for each occupied bucket a value, within
/// ``HistogramSnapshot/relativeErrorMax`` of its samples, and how many there were, beside the exact sum. So CloudWatch
/// itself tells the percentiles, over any time and of several processes together; it tells none where a sample is
/// negative. One of more than 100 occupied buckets leaves in parts, each in an object of its own. Series that did not move
/// are left out, but for gauges. Series with the same labels share an object.
public struct CloudWatchMetrics: Sendable {
    private static let metricCountMax = 100
    private static let dimensionCountMax = 30
    private static let valueLengthMax = 1_024
    /// Values of one distribution.
    private static let distributionCountMax = 100
    /// Values of all distributions of an object, so that a line stays far below the 256 KiB that CloudWatch Logs takes.
    private static let objectValueCountMax = 2_000

    private let namespace: String
    private let dimensions: [(name: String, value: String)]
    private let isHighResolution: Bool
    /// Series that are not shown are remembered too, for those that come back go on counting; as many as this.
    private static let absentCountMax = 100_000

    /// What a series was when it was last shown.
    private struct Sent {
        let series: SeriesSnapshot
        let round: Int
    }

    private var previous: [SeriesPlace: Sent] = [:]
    private var round = 0

    /// A writer that has seen no snapshot yet: in the first, everything is new.
    ///
    /// - Parameters:
    ///   - namespace: Where CloudWatch keeps the metrics: `Shop/Storefront`.
    ///   - dimensions: Added to each series' labels, to tell processes apart; a label of the same name goes before.
    ///   - isHighResolution: Whether CloudWatch keeps a value for each second and not for each minute.
    public init(namespace: String, dimensions: [(String, String)] = [], isHighResolution: Bool = false) {
        self.namespace = namespace
        self.dimensions = dimensions
        self.isHighResolution = isHighResolution
    }

    /// One metric of an object.
    private struct Entry {
        var name: String
        let unit: String
        let value: Value

        enum Value {
            case number(Double)
            case distribution(Distribution)
        }

        init(name: String, unit: String, value: Double) { self.init(name: name, unit: unit, value: .number(value)) }

        init(name: String, unit: String, value: Value) {
            self.name = name
            self.unit = unit
            self.value = value
        }

        /// Values that it has as a distribution.
        var valueCount: Int { if case .distribution(let distribution) = value { distribution.values.count } else { 0 } }
    }

    /// Values and how often each was recorded.
    private struct Distribution {
        var values: [(value: Double, count: UInt64)]
        var least: Double
        var greatest: Double
        var sum: Double
    }

    /// What happened since the snapshot before, as lines that each end in a line feed.
    ///
    /// - Parameters:
    ///   - snapshot: The registry now.
    ///   - time: When it was taken, since 1970-01-01 00:00 UTC.
    public mutating func lines(of snapshot: RegistrySnapshot, at time: Duration) -> [UInt8] {
        var groups: [[MetricLabel]: [Entry]] = [:]
        var order: [[MetricLabel]] = []
        var count = 0
        round += 1
        for family in snapshot.families {
            for series in family.series {
                let place = SeriesPlace(family: family.name, labels: series.labels)
                let entries = Self.entries(of: series, name: family.name, since: previous[place]?.series)
                previous[place] = Sent(series: series, round: round)
                count += 1
                if entries.isEmpty { continue }
                if groups[series.labels] == nil { order.append(series.labels) }
                groups[series.labels, default: []] += entries
            }
        }
        if previous.count > count + Self.absentCountMax { previous = previous.filter { $0.value.round == round } }
        var bytes: [UInt8] = []
        for labels in order {
            for entries in Self.objects(of: groups[labels] ?? []) {
                bytes += object(labels, entries, at: time)
                bytes.append(UInt8(ascii: "\n"))
            }
        }
        return bytes
    }

    private static func entries(of series: SeriesSnapshot, name: String, since previous: SeriesSnapshot?) -> [Entry] {
        // A series with a later start is another one: all of it is new.
        let earlier = previous?.created == series.created ? previous?.value : nil
        switch series.value {
        case .counter(let total):
            var growth = total
            if case .counter(let before)? = earlier, before <= total { growth -= before }
            return growth == 0 ? [] : [Entry(name: name, unit: "Count", value: Double(growth))]
        case .floatingPointCounter(let total):
            var growth = total
            if case .floatingPointCounter(let before)? = earlier, before <= total { growth -= before }
            return growth != 0 && isAllowed(growth) ? [Entry(name: name, unit: "None", value: growth)] : []
        case .gauge(let value):
            return isAllowed(value) ? [Entry(name: name, unit: "None", value: value)] : []
        case .histogram(let snapshot):
            var interval = snapshot
            if case .histogram(let before)? = earlier { interval = snapshot.since(before) }
            return entries(of: interval, name: name)
        }
    }

    /// Whether CloudWatch takes the value (PutMetricData: from -2^360 to 2^360, no infinities and what is no number).
    private static func isAllowed(_ value: Double) -> Bool { value.magnitude <= magnitudeMax }

    private static let magnitudeMax = 0x1p360

    /// The nearest value that CloudWatch takes.
    private static func allowed(_ value: Double) -> Double { min(max(value, -magnitudeMax), magnitudeMax) }

    /// The entries as they share objects: no more than an object takes, and each name once.
    private static func objects(of entries: [Entry]) -> [ArraySlice<Entry>] {
        var objects: [ArraySlice<Entry>] = []
        var names: Set<String> = []
        var valueCount = 0
        for entry in entries {
            let isFull =
                objects.last.map {
                    $0.count == metricCountMax || valueCount + entry.valueCount > objectValueCountMax
                        || names.contains(entry.name)
                } ?? true
            if isFull {
                objects.append([])
                names = []
                valueCount = 0
            }
            objects[objects.count - 1].append(entry)
            names.insert(entry.name)
            valueCount += entry.valueCount
        }
        return objects
    }

    private static func entries(of histogram: HistogramSnapshot, name: String) -> [Entry] {
        guard histogram.count > 0, let least = histogram.min, let greatest = histogram.max else { return [] }
        let unit = histogram.unit == .nanoseconds ? "Seconds" : "None"
        var rest = histogram.representatives.map { (value: min(max($0.value, least), greatest), count: $0.count) }[...]
        // Reals may add up to more than there is; the values themselves are known well enough.
        let sum = histogram.sum.isFinite ? histogram.sum : rest.reduce(0) { $0 + allowed($1.value) * Double($1.count) }
        var entries: [Entry] = []
        while !rest.isEmpty {
            let values = Array(rest.prefix(distributionCountMax))
            rest = rest.dropFirst(distributionCountMax)
            // The ends of all samples are exact; where there are parts, each has the ends of its own values. The sum goes
            // with the first, for CloudWatch adds them up.
            let distribution = Distribution(
                values: values,
                least: entries.isEmpty ? least : values[0].value,
                greatest: rest.isEmpty ? greatest : values[values.count - 1].value,
                sum: entries.isEmpty ? sum : 0
            )
            entries.append(Entry(name: name, unit: unit, value: .distribution(distribution)))
        }
        return entries
    }

    private func object(_ labels: [MetricLabel], _ entries: ArraySlice<Entry>, at time: Duration) -> [UInt8] {
        var taken: Set = ["_aws"]
        let entries = entries.map { entry in
            var entry = entry
            entry.name = Self.unique(entry.name, &taken)
            return entry
        }[...]
        let shown = shown(labels, &taken)
        var json = JSONBytes()
        json.object { json in
            json.key("_aws")
            json.object { json in
                json.key("Timestamp")
                json.number(max(0, time.wholeNanoseconds) / 1_000_000)
                json.key("CloudWatchMetrics")
                json.array { json in
                    json.object { json in directive(shown.map(\.0), entries, &json) }
                }
            }
            for (name, value) in shown {
                json.key(name)
                json.string(value)
            }
            for entry in entries {
                json.key(entry.name)
                switch entry.value {
                case .number(let value): json.number(value)
                case .distribution(let distribution): Self.write(distribution, &json)
                }
            }
        }
        return json.bytes
    }

    private static func write(_ distribution: Distribution, _ json: inout JSONBytes) {
        json.object { json in
            json.key("Values")
            json.array { json in for one in distribution.values { json.number(allowed(one.value)) } }
            json.key("Counts")
            json.array { json in for one in distribution.values { json.number(one.count) } }
            json.key("Min")
            json.number(allowed(distribution.least))
            json.key("Max")
            json.number(allowed(distribution.greatest))
            json.key("Count")
            json.number(distribution.values.reduce(0) { $0 &+ $1.count })
            json.key("Sum")
            json.number(allowed(distribution.sum))
        }
    }

    /// The name, with underscores behind it where another member of the object has it.
    private static func unique(_ name: String, _ taken: inout Set<String>) -> String {
        var name = name
        while !taken.insert(name).inserted { name += "_" }
        return name
    }

    /// The dimensions of an object; a label goes before what is added to all series.
    private func shown(_ labels: [MetricLabel], _ taken: inout Set<String>) -> ArraySlice<(String, String)> {
        var shown: [(String, String)] = []
        let names = Set(labels.map(\.name))
        let added = dimensions.filter { !names.contains($0.name) }
        for (name, value) in added + labels.map({ ($0.name, $0.value) }) {
            let value = Self.dimensionValue(value)
            if !value.isEmpty { shown.append((Self.unique(name, &taken), value)) }
        }
        return shown.prefix(Self.dimensionCountMax)
    }

    private func directive(_ names: [String], _ entries: ArraySlice<Entry>, _ json: inout JSONBytes) {
        json.key("Namespace")
        json.string(namespace)
        json.key("Dimensions")
        json.array { json in json.array { json in for name in names { json.string(name) } } }
        json.key("Metrics")
        json.array { json in
            for entry in entries {
                json.object { json in
                    json.key("Name")
                    json.string(entry.name)
                    json.key("Unit")
                    json.string(entry.unit)
                    json.key("StorageResolution")
                    json.number(isHighResolution ? 1 : 60)
                }
            }
        }
    }

    /// The value as CloudWatch takes it: no more than it allows, and a question mark for what is not printable ASCII.
    private static func dimensionValue(_ text: String) -> String {
        var value = ""
        for scalar in text.unicodeScalars.prefix(valueLengthMax) {
            value.unicodeScalars.append((0x20...0x7E).contains(scalar.value) ? scalar : "?")
        }
        return value.contains { $0 != " " } ? value : ""
    }
}
