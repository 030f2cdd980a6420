extension RegistryState {
    /// Hides or gives back the series that have been idle for the configured time, and shows those that came back.
    ///
    /// - Returns: the places of those that are hidden because somebody holds their metric.
    mutating func expireIdle() -> [SeriesPlace] {
        guard let lifetime = configuration.idleLifetime?.wholeNanoseconds else { return [] }
        let moment = moment
        var idle: [SeriesPlace] = []
        var tables: [LabelTable] = []
        for name in Array(families.keys) where !ownFamilies.contains(name) && !lastingFamilies.contains(name) {
            if families[name]?.kind == .gauge && !configuration.gaugesExpire { continue }
            let labels = families[name]?.findIdle(at: moment, lifetime: lifetime) ?? []
            takeChange(of: name)
            if !labels.isEmpty, let table = families[name]?.table { tables.append(table) }
            idle += labels.map { SeriesPlace(family: name, labels: $0) }
        }
        if !tables.isEmpty { LabelTable.freeRemoved(tables) }
        return retire(idle)
    }

    /// Tries again to give back what is hidden.
    ///
    /// What was looked up since is hidden no more: a table leads to it again.
    mutating func retireHidden(_ places: [SeriesPlace]) {
        _ = retire(places.filter { families[$0.family]?.series[$0.labels]?.isHidden == true })
    }

    /// Hides or gives back series that are idle and that no table leads to any more.
    mutating func retire(_ idle: [SeriesPlace]) -> [SeriesPlace] {
        let moment = moment
        var hidden: [SeriesPlace] = []
        for place in idle {
            let wasShown = families[place.family]?.series[place.labels].map { !$0.isHidden } ?? false
            let isHidden = families[place.family]?.retire(place.labels, at: moment) ?? false
            takeChange(of: place.family)
            if isHidden { hidden.append(place) }
            let isGone = families[place.family]?.series[place.labels] == nil
            if wasShown && (isHidden || isGone) { noteExpiry(of: place.family) }
            if isGone { removeIfVacant(place.family) }
        }
        return hidden
    }
}
