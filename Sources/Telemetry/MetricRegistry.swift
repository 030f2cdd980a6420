internal import Logging
internal import VitrineSync

/// Every metric of one telemetry system: made and found by name and labels, read all at once.
///
/// Keep the metric that a call returns where it is recorded into: looking it up takes a lock and hashes the labels,
/// recording does neither. Where the values of labels are known only at the moment, take a family with typed labels,
/// ``CounterFamily`` and the like, whose look-up takes no lock. A metric stays in the registry, and its series in every
/// snapshot, until it expires (``TelemetryConfiguration/idleLifetime``) or the registry goes.
public final class MetricRegistry: Sendable {
    private let state: Locked<RegistryState>
    private let stored = StoredTotals()

    /// A registry that holds nothing but its own counters.
    public convenience init(configuration: TelemetryConfiguration = TelemetryConfiguration()) {
        self.init(configuration: configuration, clocks: .system)
    }

    /// A registry whose time is told by `clocks`.
    package init(configuration: TelemetryConfiguration, clocks: MetricClocks) {
        state = Locked(RegistryState(configuration: configuration, clocks: clocks))
    }

    /// A registry both of whose clocks are `now`.
    package convenience init(configuration: TelemetryConfiguration, now: @escaping @Sendable () -> Duration) {
        self.init(configuration: configuration, clocks: MetricClocks(sinceEpoch: now, uptime: now))
    }

    /// The counter of this name and these labels, made if it is new.
    ///
    /// - Parameters:
    ///   - name: What is counted, with its unit: `http_requests_total`.
    ///   - help: One line for people; the first one given for a name is kept.
    ///   - labels: Names and values, in any order; a name may stand once. A label whose value is empty is as one that is
    ///     not there.
    /// - Throws: `TelemetryError`: `invalidName`, `typeConflict` or `tooManyFamilies`.
    public func counter(_ name: String, help: String = "", labels: [(String, String)] = []) throws -> Counter {
        let metric = try metric(name, kind: .counter, help: help, labels: labels)
        guard case .counter(let counter) = metric else { throw Self.conflict(name) }
        return counter
    }

    /// The counter of reals of this name and these labels, made if it is new.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `typeConflict` or `tooManyFamilies`.
    public func floatingPointCounter(
        _ name: String,
        help: String = "",
        labels: [(String, String)] = []
    ) throws -> FloatingPointCounter {
        let metric = try metric(name, kind: .floatingPointCounter, help: help, labels: labels)
        guard case .floatingPointCounter(let counter) = metric else { throw Self.conflict(name) }
        return counter
    }

    /// The gauge of this name and these labels, made if it is new.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `typeConflict` or `tooManyFamilies`.
    public func gauge(_ name: String, help: String = "", labels: [(String, String)] = []) throws -> Gauge {
        let metric = try metric(name, kind: .gauge, help: help, labels: labels)
        guard case .gauge(let gauge) = metric else { throw Self.conflict(name) }
        return gauge
    }

    /// The histogram of this name and these labels, made if it is new.
    ///
    /// - Throws: `TelemetryError`: `invalidName` (the label `le` is the exposition's own), `typeConflict` (also for
    ///   another unit) or `tooManyFamilies`.
    public func histogram(
        _ name: String,
        help: String = "",
        unit: HistogramUnit = .nanoseconds,
        labels: [(String, String)] = []
    ) throws -> Histogram {
        let metric = try metric(name, kind: .histogram(unit), help: help, labels: labels)
        guard case .histogram(let histogram) = metric else { throw Self.conflict(name) }
        return histogram
    }

    /// The histogram of reals of this name and these labels, made if it is new.
    ///
    /// - Throws: `TelemetryError`: `invalidName`, `typeConflict` or `tooManyFamilies`.
    public func floatingPointHistogram(
        _ name: String,
        help: String = "",
        labels: [(String, String)] = []
    ) throws -> FloatingPointHistogram {
        let metric = try metric(name, kind: .floatingPointHistogram, help: help, labels: labels)
        guard case .floatingPointHistogram(let histogram) = metric else { throw Self.conflict(name) }
        return histogram
    }

    /// All series as they are now, families by name and series by labels.
    ///
    /// A metric that is recorded into meanwhile is read before or after that, never in between.
    public func snapshot() -> RegistrySnapshot {
        // Values are read outside the registry's lock, so that a slow read holds up no registration.
        let families = state.withLock { $0.orderedFamilies() }
        return RegistrySnapshot(
            families: families.map { $0.snapshot() }.sorted { $0.name < $1.name },
            stored: stored
        )
    }

    /// Everything as it is now in one of the text formats.
    ///
    /// Names, help and labels are rendered once and copied after that; counters are read in one pass under one lock.
    func exposition(_ flavour: ExpositionFlavour) -> [UInt8] {
        // Counters are read under the lock: a slot is given back only under it, and is not yet another's.
        let (page, sums) = state.withLock { ($0.page(flavour), CounterSums()) }
        return page.bytes(sums: sums)
    }

    /// Takes series out that were not recorded into for ``TelemetryConfiguration/idleLifetime``, and shows those again
    /// that were since.
    ///
    /// ``TelemetrySystem/run()`` does this by itself. Costs a look at each series.
    public func expireIdle() {
        _ = hideIdle()
    }

    /// Has the series of these families never expire.
    func keepForever(_ families: [String]) {
        state.withLock { state in for family in families { state.keepForever(family) } }
    }

    /// As `expireIdle`; returns the places of series that are hidden because somebody holds their metric.
    package func hideIdle() -> [SeriesPlace] {
        state.withLock { $0.expireIdle() }
    }

    /// Tries again to give hidden series back, now that fewer may hold them.
    package func retire(_ places: [SeriesPlace]) {
        state.withLock { $0.retireHidden(places) }
    }

    /// The table for typed label values.
    func table(_ name: String, kind: FamilyKind, help: String, names: [String]) throws -> LabelTable {
        try Self.check(names, of: name, kind: kind)
        return try state.withLock { try $0.table(name, kind: kind, help: help, names: names) }
    }

    /// Log messages by level and label: a family of the registry's own, before anybody else can take the name.
    func logMessages() -> CounterFamily<(Logger.Level, String)> {
        let name = "log_messages_total"
        let table = state.withLock {
            $0.ownTable(name, help: "Messages logged, by level and logger.", names: ["level", "logger"])
        }
        return CounterFamily(LabelledFamily(self, name, kind: .counter, table: table))
    }

    /// The metric under the values of a table, entered there for the next look-up unless it was folded.
    func metric(_ name: String, table: LabelTable, values: [String], under key: LabelValues) -> Metric {
        let labels = MetricLabel.present(zip(table.names, values))
        return state.withLock { state in
            let (metric, isFolded) = state.resolve(name, labels: labels)
            state.families[name]?.share(labels)
            if !isFolded { table.insert(metric, under: key) }
            return metric
        }
    }

    /// The series of a name and labels that need not follow the data model.
    ///
    /// The name is sanitised; where that makes it look like another metric's, it is given the kind's name, then a
    /// fingerprint of the original, until it is its own. Never fails: what has no room goes to an overflow series.
    func bridged(label: String, dimensions: [(String, String)], kind: FamilyKind) -> BridgedSeries {
        state.withLock { $0.bridged(label: label, dimensions: dimensions, kind: kind) }
    }

    /// Takes a series out of the registry, unless the registry handed it out itself: then its holder goes on counting.
    func remove(_ labels: [MetricLabel], of family: String) {
        state.withLock { $0.remove(labels, of: family) }
    }

    private func metric(_ name: String, kind: FamilyKind, help: String, labels: [(String, String)]) throws -> Metric {
        try Self.check(labels.map(\.0).sorted(), of: name, kind: kind)
        let present = MetricLabel.present(labels)
        return try state.withLock { try $0.metric(name, kind: kind, help: help, labels: present) }
    }

    private static func check(_ labels: [String], of name: String, kind: FamilyKind) throws {
        try MetricName.check(name)
        for (index, label) in labels.enumerated() {
            try MetricName.checkLabel(label, of: name, kind: kind)
            if labels[..<index].contains(label) {
                throw TelemetryError(.invalidName, "\(name) has the label \"\(label)\" twice; give it once")
            }
        }
    }

    private static func conflict(_ name: String) -> TelemetryError {
        TelemetryError(.typeConflict, "\(name) is a metric of another kind; choose another name")
    }
}

/// A label's name and value.
public struct MetricLabel: Sendable, Hashable, Comparable {
    /// The name, which follows the data model.
    public let name: String
    /// The value: any text.
    public let value: String

    /// Labels in ascending order, but for those of an empty value: to Prometheus a label that is empty and one that is
    /// not there are the same.
    static func present(_ labels: some Sequence<(String, String)>) -> [MetricLabel] {
        labels.filter { !$0.1.isEmpty }.map { MetricLabel(name: $0.0, value: $0.1) }.sorted()
    }

    /// Whether name and value are the same bytes of UTF-8.
    ///
    /// Two ways of writing a character are two labels, as for every reader of what leaves the process.
    public static func == (left: MetricLabel, right: MetricLabel) -> Bool {
        left.name == right.name && left.value == right.value && left.value.utf8.elementsEqual(right.value.utf8)
    }

    /// Hashes name and value.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(value)
    }

    /// Orders by name, then by value.
    public static func < (left: MetricLabel, right: MetricLabel) -> Bool {
        if left.name != right.name { return left.name < right.name }
        if left.value != right.value { return left.value < right.value }
        return left.value.utf8.lexicographicallyPrecedes(right.value.utf8)
    }
}
