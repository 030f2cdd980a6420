/// What a registry's lock guards: families, the names they take up, and the registry's own counters.
struct RegistryState: Sendable {
    var families: [String: FamilyState] = [:]
    let configuration: TelemetryConfiguration
    private let rejected = Counter()
    /// Which family takes up a name of the exposition.
    private var owners: [String: String] = [:]
    /// The registry's own families, which do not count against the bound and never expire.
    private(set) var ownFamilies: Set<String> = []
    /// Families whose series never expire: what a process always has, however seldom it moves.
    private(set) var lastingFamilies: Set<String> = []
    private(set) var pages: [ExpositionFlavour: ExpositionPage] = [:]
    private let clocks: MetricClocks

    private static let folded = "telemetry_series_folded_total"
    private static let expired = "telemetry_series_expired_total"
    private static let rejectedSamples = "telemetry_samples_rejected_total"

    init(configuration: TelemetryConfiguration, clocks: MetricClocks) {
        self.configuration = configuration
        self.clocks = clocks
        insertOwn(Self.folded, help: "Requests for a series beyond the bound of its family, by family.")
        insertOwn(Self.expired, help: "Series that were taken out after they had been idle, by family.")
        insertOwn(Self.rejectedSamples, help: "Samples left out because they were infinite or not a number.")
        families[Self.rejectedSamples]?.adopt(.counter(rejected), at: clocks.moment)
    }

    /// Now.
    var moment: Moment { clocks.moment }

    /// The metric of a name and labels that were checked.
    mutating func metric(_ name: String, kind: FamilyKind, help: String, labels: [MetricLabel]) throws -> Metric {
        try require(name, kind: kind, help: help)
        let metric = resolve(name, labels: labels).metric
        families[name]?.share(labels)
        return metric
    }

    /// The table for typed label values of a name and label names that were checked.
    mutating func table(_ name: String, kind: FamilyKind, help: String, names: [String]) throws -> LabelTable {
        try require(name, kind: kind, help: help)
        guard let table = families[name]?.table(for: names) else {
            throw TelemetryError(
                .typeConflict,
                "\(name) has typed labels of other names or in another order already; ask for it with the same ones"
            )
        }
        return table
    }

    /// The table of a family of the registry's own.
    mutating func ownTable(_ name: String, help: String, names: [String]) -> LabelTable {
        if families[name] == nil { insertOwn(name, help: help) }
        guard let table = families[name]?.table(for: names) else {
            preconditionFailure("\(name) is the registry's own")
        }
        return table
    }

    /// Makes the family unless it is there with the kind that is asked for.
    private mutating func require(_ name: String, kind: FamilyKind, help: String) throws {
        guard let family = families[name] else {
            return try insert(FamilyState(name: name, kind: kind, help: help, origin: name))
        }
        guard family.kind == kind else {
            throw TelemetryError(
                .typeConflict,
                "\(name) is a \(family.kind.word) already and cannot be a \(kind.word) of its own; choose another name"
            )
        }
    }

    /// The series of a swift-metrics label and dimensions, under names made to fit.
    mutating func bridged(label: String, dimensions: [(String, String)], kind: FamilyKind) -> BridgedSeries {
        let labels = Self.sanitized(dimensions, kind: kind)
        guard let name = family(for: label, kind: kind) else {
            let overflow = "telemetry_overflow_" + kind.word
            if families[overflow] == nil {
                insertOwn(overflow, help: "Metrics beyond the bound on families.", kind: kind)
            }
            let metric = resolve(overflow, labels: []).metric
            noteFold(into: overflow)
            return BridgedSeries(metric: metric, place: nil, isNew: false)
        }
        let isNew = families[name]?.series[labels] == nil
        let (metric, isFolded) = resolve(name, labels: labels)
        let place = isFolded ? nil : SeriesPlace(family: name, labels: labels)
        return BridgedSeries(metric: metric, place: place, isNew: isNew)
    }

    /// Takes a series out, and its family when it was the last; one that the registry handed out itself stays.
    mutating func remove(_ labels: [MetricLabel], of name: String) {
        if families[name]?.series[labels]?.isShared == true { return }
        families[name]?.remove(labels)
        takeChange(of: name)
        removeIfVacant(name)
    }

    mutating func removeIfVacant(_ name: String) {
        guard let family = families[name], family.isVacant else { return }
        families[name] = nil
        for exposed in family.kind.exposedNames(of: name) { owners[exposed] = nil }
        forgetChunks(ofCountersOver: family)
    }

    mutating func resolve(_ name: String, labels: [MetricLabel]) -> (metric: Metric, isFolded: Bool) {
        let (rejected, clocks) = (rejected, clocks)
        let isOwnIndex = name == Self.folded || name == Self.expired
        let limit = isOwnIndex ? .max : configuration.seriesPerFamilyMax
        guard let kind = families[name]?.kind,
            let found = families[name]?.metric(
                labels: labels,
                limit: limit,
                moment: clocks.moment,
                make: { kind.makeMetric(rejected: rejected, clocks: clocks) }
            )
        else { preconditionFailure("the family \(name) was made before its series") }
        takeChange(of: name)
        if found.isFolded { noteFold(into: name) }
        return found
    }

    /// Bounded by the families, each of which counts here once.
    private mutating func noteFold(into name: String) {
        let labels = [MetricLabel(name: "family", value: name)]
        if case .counter(let counter) = resolve(Self.folded, labels: labels).metric { counter.increment() }
    }

    /// Counts that a series of the family was hidden or given back.
    mutating func noteExpiry(of name: String) {
        let labels = [MetricLabel(name: "family", value: name)]
        if case .counter(let counter) = resolve(Self.expired, labels: labels).metric { counter.increment() }
    }

    /// Has the series of a family never expire.
    mutating func keepForever(_ family: String) { lastingFamilies.insert(family) }

    /// The families, each with its series in their order.
    mutating func orderedFamilies() -> [FamilyState] {
        for name in Array(families.keys) { families[name]?.keepOrder() }
        return Array(families.values)
    }

    /// Has pages rendered anew if a series of the family came or went; pages hold what they show.
    mutating func takeChange(of name: String) {
        if families[name]?.takeChange() == true { pages = [:] }
    }

    mutating func keep(_ page: ExpositionPage) {
        pages[page.flavour] = page
    }

    mutating func keep(_ chunk: ExpositionChunk, of family: String) {
        families[family]?.keep(chunk)
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
        return (try? insert(FamilyState(name: name, kind: kind, help: help, origin: label))) != nil
    }

    private mutating func insert(_ family: FamilyState) throws {
        let name = family.name
        guard families.count - ownFamilies.count < configuration.familiesMax else {
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
        forgetChunks(ofCountersOver: family)
    }

    /// Whether a counter `name_total` can be named `name`, as in OpenMetrics, without clashing with another family: that
    /// name and `name_created` must be nobody else's.
    func isFree(counterBase name: String) -> Bool { owners[name] == nil && families[name + "_created"] == nil }

    /// Has those counters rendered anew whose name depends on whether this family is there.
    private mutating func forgetChunks(ofCountersOver family: FamilyState) {
        for exposed in family.kind.exposedNames(of: family.name) { families[exposed + "_total"]?.forgetChunks() }
        if family.name.hasSuffix("_created") {
            families[String(family.name.dropLast("_created".count)) + "_total"]?.forgetChunks()
        }
        pages = [:]
    }

    private mutating func insertOwn(_ name: String, help: String, kind: FamilyKind = .counter) {
        families[name] = FamilyState(name: name, kind: kind, help: help, origin: name)
        for exposed in kind.exposedNames(of: name) { owners[exposed] = name }
        ownFamilies.insert(name)
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
        return MetricLabel.present(values.map { ($0, $1) })
    }
}
