/// All series of a registry at one moment, families by name and series by labels.
public struct RegistrySnapshot: Sendable, Equatable {
    /// The families, in ascending order of name.
    public let families: [FamilySnapshot]
    /// What stores have of this registry.
    let stored: StoredTotals

    /// Whether two snapshots show the same families, of whichever registries.
    public static func == (left: RegistrySnapshot, right: RegistrySnapshot) -> Bool {
        left.families == right.families
    }

    /// The value of one series, or `nil` if there is none.
    ///
    /// Costs a walk over families and the family's series.
    public func value(of name: String, labels: [(String, String)] = []) -> SeriesSnapshot.Value? {
        let wanted = MetricLabel.present(labels)
        return families.first { $0.name == name }?.series.first { $0.labels == wanted }?.value
    }
}

/// All series of one name.
public struct FamilySnapshot: Sendable, Equatable {
    /// What a family's values mean; more may come.
    @nonexhaustive
    public enum Kind: Sendable, Hashable {
        /// Only grows.
        case counter
        /// Goes up and down.
        case gauge
        /// A distribution.
        case histogram
    }

    /// The name, which follows the data model.
    public let name: String
    /// One line for people.
    public let help: String
    /// What the values mean.
    public let kind: Kind
    /// The series, in ascending order of labels; the overflow series, if there is one, comes last.
    public let series: [SeriesSnapshot]
}

/// One series: its labels and its value.
public struct SeriesSnapshot: Sendable, Equatable {
    /// A series' value; more kinds may come.
    @nonexhaustive
    public enum Value: Sendable, Equatable {
        /// A whole total.
        case counter(UInt64)
        /// A real total.
        case floatingPointCounter(Double)
        /// The value last set.
        case gauge(Double)
        /// A distribution.
        case histogram(HistogramSnapshot)
    }

    /// The labels, in ascending order of name.
    public let labels: [MetricLabel]
    /// The value.
    public let value: Value
    /// When the series began to count, since 1970-01-01 00:00 UTC: a counter that fell has a later one.
    public let created: Duration

    init(labels: [MetricLabel], value: Value, created: Duration = .zero) {
        self.labels = labels
        self.value = value
        self.created = created
    }
}
