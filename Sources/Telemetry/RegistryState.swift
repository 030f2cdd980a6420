/// What a registry's lock guards: families, the names they take up, and the registry's own counters.
struct RegistryState: Sendable {
    private(set) var families: [String: FamilyState] = [:]
    private let configuration: TelemetryConfiguration
    private let rejected = Counter()
    /// Which family takes up a name of the exposition.
    private var owners: [String: String] = [:]
    private var ownFamilyCount = 0

    private static let folded = "telemetry_series_folded_total"
    private static let rejectedSamples = "telemetry_samples_rejected_total"

    init(configuration: TelemetryConfiguration) {
        self.configuration = configuration
        insertOwn(Self.folded, help: "Requests for a series beyond the bound of its family, by family.")
        insertOwn(Self.rejectedSamples, help: "Samples left out because they were infinite or not a number.")
        families[Self.rejectedSamples]?.adopt(.counter(rejected))
    }

    /// The metric of a name and labels that were checked.
    mutating func metric(_ name: String, kind: FamilyKind, help: String, labels: [MetricLabel]) throws -> Metric {
        if let family = families[name] {
            guard family.kind == kind else {
                throw TelemetryError(
                    .typeConflict,
                    "\(name) is a \(family.kind.word) already and cannot be a \(kind.word) of its own; choose another name"
                )
            }
        } else {
            try insert(name, FamilyState(kind: kind, help: help, origin: name))
        }
        return resolve(name, labels: labels).metric
    }

    /// The series of a swift-metrics label and dimensions, under names made to fit.
    mutating func bridged(label: String, dimensions: [(String, String)], kind: FamilyKind) -> BridgedSeries {
        let labels = Self.sanitized(dimensions, kind: kind)
        guard let name = family(for: label, kind: kind) else {
            let overflow = "telemetry_overflow_" + kind.word
            if families[overflow] == nil {
                insertOwn(overflow, help: "Metrics beyond the bound on families.", kind: kind)
            }
            let metric = families[overflow]?.metric(labels: [], limit: 1, rejected: rejected).metric
            noteFold(into: overflow)
            return BridgedSeries(metric: metric ?? kind.makeMetric(rejected: rejected), place: nil, isNew: false)
        }
        let isNew = families[name]?.series[labels] == nil
        let (metric, isFolded) = resolve(name, labels: labels)
        let place = isFolded ? nil : SeriesPlace(family: name, labels: labels)
        return BridgedSeries(metric: metric, place: place, isNew: isNew)
    }

    /// Takes a series out, and its family when it was the last.
    mutating func remove(_ labels: [MetricLabel], of name: String) {
        guard var family = families[name] else { return }
        family.remove(labels)
        guard family.series.isEmpty && family.overflow == nil else {
            families[name] = family
            return
        }
        families[name] = nil
        for exposed in family.kind.exposedNames(of: name) { owners[exposed] = nil }
    }

    private mutating func resolve(_ name: String, labels: [MetricLabel]) -> (metric: Metric, isFolded: Bool) {
        guard
            let found = families[name]?.metric(
                labels: labels,
                limit: name == Self.folded ? .max : configuration.seriesPerFamilyMax,
                rejected: rejected
            )
        else { preconditionFailure("the family \(name) was made before its series") }
        if found.isFolded { noteFold(into: name) }
        return found
    }

    /// Bounded by the families, each of which counts here once.
    private mutating func noteFold(into name: String) {
        let labels = [MetricLabel(name: "family", value: name)]
        if case .counter(let counter)? = families[Self.folded]?.metric(labels: labels, limit: .max, rejected: rejected)
            .metric
        {
            counter.increment()
        }
    }

    /// The first name derived from `label` that is free or already stands for it; `nil` when families are full.
    private mutating func family(for label: String, kind: FamilyKind) -> String? {
        let plain = MetricName.sanitized(label)
        let fingerprint = MetricName.fingerprint(label)
        let candidates = [
            plain, "\(plain)_\(kind.word)", "\(plain)_\(fingerprint)", "\(plain)_\(kind.word)_\(fingerprint)",
        ]
        for name in candidates {
            if let family = families[name] {
                if family.kind == kind && family.origin == label { return name }
            } else if kind.exposedNames(of: name).allSatisfy({ owners[$0] == nil }) {
                return insertBridged(name, label: label, kind: kind) ? name : nil
            }
        }
        return nil
    }

    private mutating func insertBridged(_ name: String, label: String, kind: FamilyKind) -> Bool {
        let help =
            switch kind {
            case .histogram: "Timer \(label), in seconds."
            case .floatingPointHistogram: "Recorder \(label)."
            case .counter, .floatingPointCounter: "Counter \(label)."
            case .gauge: "Gauge \(label)."
            }
        return (try? insert(name, FamilyState(kind: kind, help: help, origin: label))) != nil
    }

    private mutating func insert(_ name: String, _ family: FamilyState) throws {
        guard families.count - ownFamilyCount < configuration.familiesMax else {
            throw TelemetryError(
                .tooManyFamilies,
                "there is no room for \(name): the registry has \(configuration.familiesMax) families; use labels, or raise familiesMax"
            )
        }
        let exposedNames = family.kind.exposedNames(of: name)
        for exposed in exposedNames {
            if let owner = owners[exposed] {
                throw TelemetryError(
                    .typeConflict,
                    "\(name) would be exposed as \(exposed), which \(owner) takes up already; choose another name"
                )
            }
        }
        for exposed in exposedNames { owners[exposed] = name }
        families[name] = family
    }

    private mutating func insertOwn(_ name: String, help: String, kind: FamilyKind = .counter) {
        families[name] = FamilyState(kind: kind, help: help, origin: name)
        for exposed in kind.exposedNames(of: name) { owners[exposed] = name }
        ownFamilyCount += 1
    }

    /// Dimensions as labels: names sanitised, made distinct by a fingerprint; of a name given twice the last counts.
    private static func sanitized(_ dimensions: [(String, String)], kind: FamilyKind) -> [MetricLabel] {
        var origins: [String: String] = [:]
        var values: [String: String] = [:]
        for (key, value) in dimensions {
            var name = MetricName.sanitizedLabel(key, kind: kind)
            if let origin = origins[name], origin != key { name += "_" + MetricName.fingerprint(key) }
            origins[name] = key
            values[name] = value
        }
        return values.map { MetricLabel(name: $0, value: $1) }.sorted()
    }
}

/// A swift-metrics series: its metric, and where it stands in the registry.
struct BridgedSeries: Sendable {
    let metric: Metric
    /// `nil` for an overflow series, which belongs to nobody alone.
    let place: SeriesPlace?
    /// Whether it was made by this call.
    let isNew: Bool
}

/// Where a series stands in a registry.
struct SeriesPlace: Sendable, Hashable {
    let family: String
    let labels: [MetricLabel]
}
