extension RegistryState {
    /// The registry rendered but for its values; made anew only after a series came or went.
    mutating func page(_ flavour: ExpositionFlavour) -> ExpositionPage {
        if let page = pages[flavour] { return page }
        var page = ExpositionPage(flavour: flavour)
        var shared = ExpositionWriter(flavour: flavour)
        for name in families.keys.sorted() {
            guard let family = families[name] else { continue }
            if family.series.count <= ExpositionPage.sharedSeriesMax {
                write(family, to: &shared)
                continue
            }
            page.append(shared.chunk)
            shared = ExpositionWriter(flavour: flavour)
            page.append(chunk(of: family, flavour))
        }
        page.append(shared.chunk)
        keep(page)
        return page
    }

    private mutating func chunk(of family: FamilyState, _ flavour: ExpositionFlavour) -> ExpositionChunk {
        if let chunk = family.chunks[flavour] { return chunk }
        var writer = ExpositionWriter(flavour: flavour)
        write(family, to: &writer)
        keep(writer.chunk, of: family.name)
        return writer.chunk
    }

    private func write(_ family: FamilyState, to writer: inout ExpositionWriter) {
        let shown = family.shown
        guard !shown.isEmpty else { return }
        let unit: HistogramUnit? =
            switch family.kind {
            case .histogram(let unit): unit
            case .floatingPointHistogram: .real
            case .counter, .floatingPointCounter, .gauge: nil
            }
        writer.begin(
            family.name,
            help: family.help,
            kind: family.kind.exposed,
            unit: unit,
            isBaseFree: isFree(counterBase: String(family.name.dropLast("_total".count)))
        )
        for series in shown { writer.append(series.metric, name: family.name, labels: series.labels) }
    }
}
