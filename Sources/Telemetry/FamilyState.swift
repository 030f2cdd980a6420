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
        isChanged = true
    }

    mutating func keep(_ chunk: ExpositionChunk) {
        chunks[chunk.flavour] = chunk
    }

    /// The metric of these labels, and whether it is the overflow series because there was no room.
    mutating func metric(
        labels: [MetricLabel],
        limit: Int,
        time: Int64,
        make: () -> Metric
    ) -> (metric: Metric, isFolded: Bool) {
        if let known = series[labels] {
            if known.isHidden { forgetChunks() }
            series[labels]?.touch(at: time)
            return (known.metric, false)
        }
        if series.count >= limit, let overflow { return (overflow.metric, true) }
        let state = SeriesState(make(), at: time)
        forgetChunks()
        if series.count < limit {
            series[labels] = state
            return (state.metric, false)
        }
        overflow = state
        return (state.metric, true)
    }

    /// Takes in a metric without labels that was made elsewhere.
    mutating func adopt(_ metric: Metric, time: Int64) {
        series[[]] = SeriesState(metric, at: time)
        forgetChunks()
    }

    /// The table for label values under these names, made with the first call; `nil` when it has other names.
    mutating func table(for names: [String]) -> LabelTable? {
        if let table { return table.names == names ? table : nil }
        let made = LabelTable(names: names)
        table = made
        return made
    }

    mutating func remove(_ labels: [MetricLabel]) {
        if let table, table.remove(labels) { LabelTable.freeRemoved([table]) }
        series[labels] = nil
        forgetChunks()
    }

    /// Takes note of what moved, and shows what was hidden and came back.
    ///
    /// What has been idle for `lifetime` is made unreachable through the table, and its labels are returned.
    mutating func findIdle(at time: Int64, lifetime: Int64) -> [[MetricLabel]] {
        var idle: [[MetricLabel]] = []
        // By key, so that no second reference to a metric is held here.
        for labels in series.keys where !labels.isEmpty {
            if series[labels]?.moved(at: time) == true {
                if series[labels]?.isHidden == true { forgetChunks() }
                series[labels]?.isHidden = false
            } else if let age = series[labels]?.idleTime(at: time), age >= lifetime {
                if let table { _ = table.remove(labels) }
                idle.append(labels)
            }
        }
        if !idle.isEmpty { forgetChunks() }
        return idle
    }

    /// Lets the series go, or hides it where its metric is held; keeps it if it has moved at the last moment.
    ///
    /// - Returns: whether it is hidden.
    mutating func retire(_ labels: [MetricLabel], at time: Int64) -> Bool {
        guard let isHeld = series[labels]?.isHeldElsewhere() else { return false }
        // Whoever held it may have recorded before letting go: what nobody holds does not move any more, so look now.
        if series[labels]?.moved(at: time) == true {
            series[labels]?.isHidden = false
            forgetChunks()
            return false
        }
        forgetChunks()
        if isHeld { series[labels]?.isHidden = true } else { series[labels] = nil }
        return isHeld
    }

    /// The series that are shown, in ascending order of labels, the overflow series last.
    var shown: [(labels: [MetricLabel], state: SeriesState)] {
        var all = series.filter { !$0.value.isHidden }.map { (labels: $0.key, state: $0.value) }
        all.sort { $0.labels.lexicographicallyPrecedes($1.labels) }
        if let overflow { all.append(([Self.overflowLabel], overflow)) }
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
                    value: $0.state.metric.value,
                    created: .nanoseconds($0.state.created)
                )
            }
        )
    }
}
