/// A whole registry rendered but for its values, as chunks in the order of the families.
struct ExpositionPage: Sendable {
    private(set) var chunks: [ExpositionChunk] = []
    let flavour: ExpositionFlavour

    init(flavour: ExpositionFlavour) {
        self.flavour = flavour
    }

    /// Families with more series than this have a chunk that is kept while theirs stay the same; smaller ones share.
    static let sharedSeriesMax = 64

    /// Adds a chunk of a family's own.
    mutating func append(_ chunk: ExpositionChunk) {
        chunks.append(chunk)
    }

    /// The page with the values of now.
    func bytes(sums: CounterSums) -> [UInt8] {
        let end = flavour == .openMetrics ? "# EOF\n" : ""
        let countMax = chunks.reduce(end.utf8.count) { $0 + $1.byteCountMax }
        return ByteSink.bytes(atMost: countMax) { sink in
            for chunk in chunks { chunk.write(to: &sink, sums: sums) }
            sink.append(end)
        }
    }

    /// A snapshot in a text format: the same snapshot gives the same bytes.
    static func bytes(of snapshot: RegistrySnapshot, flavour: ExpositionFlavour) -> [UInt8] {
        let taken = Set(snapshot.families.flatMap(\.exposedNames))
        var writer = ExpositionWriter(flavour: flavour)
        var (integers, reals): ([UInt64], [Double]) = ([], [])
        for family in snapshot.families where !family.series.isEmpty {
            writer.begin(
                family.name,
                help: family.help,
                kind: family.kind,
                unit: family.unit,
                isBaseFree: ["", "_created"].allSatisfy {
                    !taken.contains(String(family.name.dropLast("_total".count)) + $0)
                }
            )
            for series in family.series {
                writer.append(series, name: family.name, integers: &integers, reals: &reals)
            }
        }
        var page = ExpositionPage(flavour: flavour)
        page.append(writer.chunk)
        return page.bytes(sums: CounterSums(integers: integers, reals: reals))
    }
}

extension FamilySnapshot {
    /// The names that nobody else may have.
    fileprivate var exposedNames: [String] {
        (unit.map { FamilyKind.histogram($0) } ?? .gauge).exposedNames(of: name)
    }

    /// What a histogram's samples count; `nil` for other kinds.
    var unit: HistogramUnit? {
        if case .histogram(let snapshot)? = series.first?.value { snapshot.unit } else { nil }
    }
}
