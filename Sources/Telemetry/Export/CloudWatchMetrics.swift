// CloudWatch's embedded metric format (Amazon CloudWatch User Guide, "Specification: Embedded metric format"): a JSON object
// on a line of its own,
//
//     {"_aws":{"Timestamp":milliseconds,"CloudWatchMetrics":[{"Namespace":text,"Dimensions":[[name,…]],
//      "Metrics":[{"Name":name,"Unit":unit,"StorageResolution":1|60},…]}]},name:value,…}
//
// with each dimension's and each metric's value as a member. At most 100 metrics to an object and 30 dimensions to a set;
// a dimension's value is 1 to 1,024 characters of ASCII.

/// Writes what happened between snapshots in CloudWatch's embedded metric format, for a log that CloudWatch reads.
///
/// CloudWatch adds up what it is sent, so a counter leaves as what it grew by since the snapshot before; a gauge as it is.
/// A histogram leaves as several metrics of what was recorded since then: `name_count`, `name_sum`, `name_min`,
/// `name_max`, and the quantiles as `name_p50`, `name_p90`, `name_p99`. (The format has no member for a distribution with
/// counts.) Series that did not move are left out, but for gauges. Series with the same labels share an object.
public struct CloudWatchMetrics: Sendable {
    private static let metricCountMax = 100
    private static let dimensionCountMax = 30
    private static let valueLengthMax = 1_024
    private static let quantiles = [("_p50", 0.5), ("_p90", 0.9), ("_p99", 0.99)]

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
        let value: Double
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
            var rest = (groups[labels] ?? [])[...]
            while !rest.isEmpty {
                bytes += object(labels, rest.prefix(Self.metricCountMax), at: time)
                bytes.append(UInt8(ascii: "\n"))
                rest = rest.dropFirst(Self.metricCountMax)
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
            return growth == 0 ? [] : [Entry(name: name, unit: "None", value: growth)]
        case .gauge(let value):
            return value.isFinite ? [Entry(name: name, unit: "None", value: value)] : []
        case .histogram(let snapshot):
            var interval = snapshot
            if case .histogram(let before)? = earlier { interval = snapshot.since(before) }
            return entries(of: interval, name: name)
        }
    }

    private static func entries(of histogram: HistogramSnapshot, name: String) -> [Entry] {
        guard histogram.count > 0, let least = histogram.min, let greatest = histogram.max else { return [] }
        let unit = histogram.unit == .nanoseconds ? "Seconds" : "None"
        var entries = [
            Entry(name: name + "_count", unit: "Count", value: Double(histogram.count)),
            Entry(name: name + "_sum", unit: unit, value: histogram.sum),
            Entry(name: name + "_min", unit: unit, value: least),
            Entry(name: name + "_max", unit: unit, value: greatest),
        ]
        for (suffix, q) in quantiles {
            if let value = histogram.quantile(q) {
                entries.append(Entry(name: name + suffix, unit: unit, value: value))
            }
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
                json.number(entry.value)
            }
        }
        return json.bytes
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
