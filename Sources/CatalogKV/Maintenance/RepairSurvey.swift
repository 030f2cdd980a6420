internal import VitrineIO

/// What a first reading of a damaged store finds: which version of each item is newest, which tables there are, and what
/// was lost.
struct RepairSurvey {
    /// The newest version of an item that could be read.
    private struct Version {
        let sequence: UInt64
        let location: Location
        let isPut: Bool
    }

    private var newest: [[UInt8]: Version] = [:]
    private(set) var report = VerificationReport()
    private(set) var sequenceEnd: UInt64 = 1
    var tables = TableSurvey()

    /// Reads everything; blocks.
    init(
        _ source: StoreReader,
        _ files: StoreFiles,
        _ work: BlockingWork,
        progress: (MaintenanceProgress) -> Void
    ) throws {
        var walk = StoreWalk(source, files)
        try walk.run(work, progress: progress) { frame, location, sequence, _ in
            let key: [UInt8] = frame.key.bytes
            // The same version stands in two places while compaction moves it.
            if let known = newest[key], known.sequence > sequence { return }
            newest[key] = Version(sequence: sequence, location: location, isPut: frame.kind == .put)
            tables.note(frame)
        }
        report = walk.report
        sequenceEnd = walk.sequenceEnd
        if !report.isIntact { addLosses(source, files) }
    }

    /// How many items are kept.
    var itemCount: Int { newest.values.count { $0.isPut } }

    /// Whether what stands at a place is what is kept of an item.
    func isNewest(_ key: Span<UInt8>, _ location: Location) -> Bool {
        let key: [UInt8] = key.bytes
        return newest[key]?.location == location
    }

    /// Names the items that the checkpoint knows to have stood where nothing can be read.
    private mutating func addLosses(_ source: StoreReader, _ files: StoreFiles) {
        guard let mark = files.checkpoint else { return }
        var named: Set<[UInt8]> = []
        for finding in report.findings {
            guard let key = finding.key, let table = finding.tableNumber else { continue }
            named.insert(StoredKey(TableNumber(rawValue: table), key).bytes)
        }
        let loader = CheckpointLoader(disk: source.disk, directory: source.directory)
        do {
            try loader.visit(mark.number, storeID: files.storeID) { key, version in
                let bytes: [UInt8] = key.bytes
                let known = newest[bytes]
                if let known, known.sequence >= version.sequence { return }
                if named.contains(bytes) { return }
                var finding = StoreFinding(
                    source.path(ofSegment: version.location.segment),
                    at: Int(version.location.offset),
                    byteCount: Int(version.location.byteCount),
                    "the item stood here when the checkpoint was written, and is lost"
                        + (known?.isPut == true ? "; an older version is kept" : "")
                )
                let stored = StoredKey(bound: bytes)
                finding.key = stored.key
                finding.tableNumber = stored.table.rawValue
                report.findings.append(finding)
            }
        } catch {
            report.findings.append(StoreFinding(error.path, at: Int(error.offset), error.message))
        }
    }
}

/// What a damaged store still says of its tables.
///
/// A table is defined by two items, one under its name and one under its number. Either is made of the other, and where
/// both are lost the items of the table still name its number.
struct TableSurvey {
    /// By name; `nil` for one that was dropped.
    private var definitions: [String: TableDefinition?] = [:]
    /// By number, for those whose number stands there.
    private var names: [UInt16: String] = [:]
    private var copies: [UInt16: TableDefinition] = [:]
    /// Numbers of tables that have, or had, items.
    private var numbers: Set<UInt16> = []

    /// Notes what the newest version so far of an item says.
    mutating func note(_ frame: borrowing OperationFrame) {
        guard frame.table == .definitions else {
            if frame.table.rawValue >= TableNumber.firstUser, frame.kind == .put {
                numbers.insert(frame.table.rawValue)
            }
            return
        }
        let sort: [UInt8] = frame.sort.bytes
        if frame.partition.isEqual(to: Array(TableDefinition.partition.utf8).span) {
            let name = String(decoding: sort, as: UTF8.self)
            let isPut = frame.kind == .put
            let definition = isPut ? try? TableDefinition(name: name, DocumentView(trusted: frame.value)) : nil
            definitions.updateValue(definition, forKey: name)
        } else if sort.count == 2, frame.kind == .put {
            let number = UInt16(sort[0]) << 8 | UInt16(sort[1])
            names[number] = TableDefinition.name(frame.value, isDocument: frame.isDocument)
            copies[number] = TableDefinition.numbered(frame.value, isDocument: frame.isDocument)
        }
    }

    /// Adds what is missing of the tables' definitions and returns the tables that lost theirs.
    func recover(into draft: inout Draft) throws -> [TableDescription] {
        let whole = definitions.values.compactMap { $0 }
        var taken = Set(whole.map(\.name))
        var recovered: [TableDescription] = []
        let defined = Set(whole.map(\.number.rawValue))
        // A table without items may have lost its definition too.
        let known = Set(copies.filter { isLost($0.value) }.keys)
        for number in numbers.union(known).subtracting(defined).sorted() {
            var definition = definition(of: number, without: taken)
            while taken.contains(definition.name) { definition = definition.named(definition.name + "-") }
            taken.insert(definition.name)
            try draft.put(definition)
            recovered.append(definition.description)
        }
        // A number that does not stand there would be given to another table.
        for definition in whole.sorted(by: { $0.number.rawValue < $1.number.rawValue })
        where names[definition.number.rawValue] == nil {
            try draft.put(definition)
        }
        return recovered
    }

    /// Whether nothing is known of the table under its name, which a table that was dropped has the delete of.
    private func isLost(_ copy: TableDefinition) -> Bool { !copy.isDropping && definitions[copy.name] == nil }

    private func definition(of number: UInt16, without taken: Set<String>) -> TableDefinition {
        if let copy = copies[number], isLost(copy) { return copy }
        let rawNumber = TableNumber(rawValue: number)
        if let name = names[number], !taken.contains(name), definitions[name] == nil, copies[number] == nil {
            return TableDefinition(name: name, number: rawNumber, options: TableOptions())
        }
        return TableDefinition(name: "recovered-\(number)", number: rawNumber, options: TableOptions())
    }
}

extension TableDefinition {
    fileprivate func named(_ name: String) -> TableDefinition {
        TableDefinition(name: name, number: number, options: options)
    }
}
