/// All series of one name.
struct FamilyState: Sendable {
    /// The label of the series that takes in what is beyond the bound.
    static let overflowLabel = MetricLabel(name: "telemetry_overflow", value: "true")

    let name: String
    let kind: FamilyKind
    let help: String
    /// The name as it was given, before it was sanitised.
    let origin: String
    /// Where typed label values are looked up; `nil` where labels are given by name alone.
    private(set) var table: LabelTable?
    private(set) var series: [[MetricLabel]: SeriesState] = [:]
    /// Where series beyond the bound are folded; made with the first of them.
    private(set) var overflow: SeriesState?
    /// The rendered series, by format; empty since a series came or went.
    private(set) var chunks: [ExpositionFlavour: ExpositionChunk] = [:]
    /// The series in their order; empty since a series came or went.
    private var ordered: [ShownSeries]?
    /// Whether a series came or went since this was last asked.
    private var isChanged = false

    init(name: String, kind: FamilyKind, help: String, origin: String) {
        self.name = name
        self.kind = kind
        self.help = help
        self.origin = origin
    }

    /// Whether nothing is left that would have to be kept.
    var isVacant: Bool { series.isEmpty && overflow == nil && table == nil }

    /// Whether a series came or went since this was last asked.
    mutating func takeChange() -> Bool {
        defer { isChanged = false }
        return isChanged
    }

    /// Has the series rendered anew; chunks hold what they show.
    mutating func forgetChunks() {
        chunks = [:]
        ordered = nil
        isChanged = true
    }

    mutating func keep(_ chunk: ExpositionChunk) {
        chunks[chunk.flavour] = chunk
    }

    /// The metric of these labels, and whether it is the overflow series because there was no room.
    mutating func metric(
        labels: [MetricLabel],
        limit: Int,
        moment: Moment,
        make: () -> Metric
    ) -> (metric: Metric, isFolded: Bool) {
        if let known = series[labels] {
            if known.isHidden { forgetChunks() }
            series[labels]?.touch(at: moment)
            return (known.metric, false)
        }
        if series.count >= limit, let overflow { return (overflow.metric, true) }
        let state = SeriesState(make(), at: moment)
        forgetChunks()
        if series.count < limit {
            series[labels] = state
            return (state.metric, false)
        }
        overflow = state
        return (state.metric, true)
    }

    /// Takes in a metric without labels that was made elsewhere.
    mutating func adopt(_ metric: Metric, at moment: Moment) {
        series[[]] = SeriesState(metric, at: moment)
        forgetChunks()
    }

    /// The table for label values under these names, made with the first call; `nil` when it has other names.
    mutating func table(for names: [String]) -> LabelTable? {
        if let table { return table.names == names ? table : nil }
        let made = LabelTable(names: names)
        table = made
        return made
    }

    /// Takes note that the registry handed the series' metric out itself.
    mutating func share(_ labels: [MetricLabel]) {
        series[labels]?.isShared = true
    }

    mutating func remove(_ labels: [MetricLabel]) {
        if let table, table.remove(labels) { LabelTable.freeRemoved([table]) }
        series[labels] = nil
        forgetChunks()
    }

    /// Takes note of what moved, and shows what was hidden and came back.
    ///
    /// What has been idle for `lifetime` is made unreachable through the table, and its labels are returned.
    mutating func findIdle(at moment: Moment, lifetime: Int64) -> [[MetricLabel]] {
        var idle: [[MetricLabel]] = []
        // In place, so that neither the dictionary is copied nor a second reference to a metric held.
        var index = series.startIndex
        while index != series.endIndex {
            defer { series.formIndex(after: &index) }
            let labels = series.keys[index]
            if labels.isEmpty { continue }
            let wasHidden = series.values[index].isHidden
            if series.values[index].moved(at: moment) {
                if wasHidden { forgetChunks() }
                series.values[index].isHidden = false
            } else if series.values[index].idleTime(at: moment) >= lifetime {
                if !wasHidden { forgetChunks() }
                if let table { _ = table.remove(labels) }
                idle.append(labels)
            }
        }
        return idle
    }

    /// Lets the series go, or hides it where its metric is held; keeps it if it has moved at the last moment.
    ///
    /// - Returns: whether it is hidden.
    mutating func retire(_ labels: [MetricLabel], at moment: Moment) -> Bool {
        guard let wasHidden = series[labels]?.isHidden, let isHeld = series[labels]?.isHeldElsewhere() else {
            return false
        }
        // Whoever held it may have recorded before letting go: what nobody holds does not move any more, so look now.
        let isBack = series[labels]?.moved(at: moment) == true
        if isBack {
            series[labels]?.isHidden = false
        } else if isHeld {
            series[labels]?.isHidden = true
        } else {
            series[labels] = nil
        }
        // What was hidden and still is not shown changes nothing that is seen.
        if isBack || !wasHidden { forgetChunks() }
        return isHeld && !isBack
    }

    /// The series that are shown, in ascending order of labels, the overflow series last.
    var shown: [ShownSeries] { ordered ?? sorted() }

    /// Keeps the series in their order until one comes or goes, so that the next snapshot need not sort them.
    mutating func keepOrder() {
        if ordered == nil { ordered = sorted() }
    }

    private func sorted() -> [ShownSeries] {
        var all: [ShownSeries] = []
        for (labels, state) in series where !state.isHidden { all.append(ShownSeries(labels, state)) }
        all.sort { $0.labels.lexicographicallyPrecedes($1.labels) }
        if let overflow { all.append(ShownSeries([Self.overflowLabel], overflow)) }
        return all
    }

    func snapshot() -> FamilySnapshot {
        FamilySnapshot(
            name: name,
            help: help,
            kind: kind.exposed,
            series: shown.map {
                SeriesSnapshot(
                    labels: $0.labels,
                    value: $0.metric.value,
                    created: .nanoseconds($0.created)
                )
            }
        )
    }
}

/// A series as it is shown.
struct ShownSeries: Sendable {
    let labels: [MetricLabel]
    let metric: Metric
    /// When it began to count, in nanoseconds since the epoch.
    let created: Int64

    init(_ labels: [MetricLabel], _ state: SeriesState) {
        self.labels = labels
        metric = state.metric
        created = state.created
    }
}
