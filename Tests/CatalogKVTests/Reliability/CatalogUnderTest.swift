import CatalogKV
import VitrineIO
import VitrineTestSupport

/// A catalog with the model's two tables, asked and read in the model's terms.
struct CatalogUnderTest: Sendable {
    let catalog: Catalog
    let bytes: Table<[UInt8]>
    let documents: Table<Document>

    /// Opens the catalog at `path` of `disk`, with segments so small that a few writes fill one.
    static func open(
        _ disk: any FileSystem,
        at path: String = "/store",
        clock: ManualClock = ManualClock(sinceEpoch: .milliseconds(CrashTrial.startTime)),
        keepsChanges: Bool = false,
        segmentByteCountMax: Int = 4_096,
        checkpointIntervalByteCount: Int = 1_000
    ) async throws -> CatalogUnderTest {
        var configuration = CatalogConfiguration(
            segmentByteCountMax: segmentByteCountMax,
            indexPartitionCount: 4,
            // Room for a few values only, so that some come and go.
            residentValueByteCountMax: 400,
            spaceAmplificationMax: 1.1,
            checkpointIntervalByteCount: checkpointIntervalByteCount,
            changeRetention: keepsChanges ? ChangeRetention() : .none
        )
        configuration.now = clock.now
        let catalog = try await Catalog.open(
            at: path,
            configuration: configuration,
            disk: disk,
            freshStoreID: 0x5EED_CA7A_106D
        )
        let options = TableOptions(changeImages: .newAndOld)
        return CatalogUnderTest(
            catalog: catalog,
            bytes: try await catalog.bytesTable("bytes", options: options),
            documents: try await catalog.table("documents", options: options)
        )
    }

    func close() async throws { try await catalog.close() }

    // MARK: Writing

    /// Does what the step says; a condition that did not hold is an answer, and no error.
    func perform(_ step: ModelStep) async throws -> ModelCatalog.Answer {
        do {
            try await carryOut(step)
            return .done
        } catch let error as CatalogError where error.code == .conditionFailed || error.code == .transactionCancelled {
            return .refused
        }
    }

    private func carryOut(_ step: ModelStep) async throws {
        switch step {
        case .write(let write, let durability): try await carryOut(write, durability)
        case .putIf(let name, let value, let exists, let durability):
            let condition: Condition = exists ? .exists : .notExists
            if name.table == 0 {
                try await bytes.put(value, for: name.key, if: condition, durability: durability)
            } else {
                try await documents.put(.of(value), for: name.key, if: condition, durability: durability)
            }
        case .append(let name, let value, let durability):
            try await documents.update(name.key, durability: durability) { attribute("v").append([value]) }
        case .transact(let writes, let checks, let token, let durability):
            let operations = try writes.map(operation) + checks.map(operation)
            _ = try await catalog.transact(operations, token: token, durability: durability)
        case .batch(let writes, let durability): try await carryOut(writes, durability)
        case .advance, .reopen: break
        case .sweep: try await catalog.sweepExpired()
        case .compact: try await catalog.compact()
        case .checkpoint: _ = try await catalog.checkpointIfDue()
        case .flush: try await catalog.flush()
        }
    }

    private func carryOut(_ write: ModelWrite, _ durability: Durability) async throws {
        switch write {
        case .put(let name, let value, let lifetime, _):
            let lifetime = lifetime.map { Duration.milliseconds($0) }
            if name.table == 0 {
                try await bytes.put(value, for: name.key, lifetime: lifetime, durability: durability)
            } else {
                try await documents.put(.of(value), for: name.key, lifetime: lifetime, durability: durability)
            }
        case .delete(let name):
            if name.table == 0 {
                try await bytes.delete(name.key, durability: durability)
            } else {
                try await documents.delete(name.key, durability: durability)
            }
        }
    }

    /// As a transaction: a batch has no lifetimes and one table.
    private func carryOut(_ writes: [ModelWrite], _ durability: Durability) async throws {
        _ = try await catalog.transact(writes.map(operation), durability: durability)
    }

    private func operation(_ write: ModelWrite) throws -> TransactionOperation {
        switch write {
        case .put(let name, let value, let lifetime, _):
            let lifetime = lifetime.map { Duration.milliseconds($0) }
            return name.table == 0
                ? bytes.putting(value, for: name.key, lifetime: lifetime)
                : try documents.putting(.of(value), for: name.key, lifetime: lifetime)
        case .delete(let name):
            return name.table == 0 ? bytes.deleting(name.key) : documents.deleting(name.key)
        }
    }

    private func operation(_ check: ModelCheck) -> TransactionOperation {
        let condition: Condition = check.exists ? .exists : .notExists
        return check.name.table == 0
            ? bytes.checking(check.name.key, condition) : documents.checking(check.name.key, condition)
    }

    // MARK: Reading

    /// Every item, each found by a query of its partition, by a scan and by its key, all alike.
    func items() async throws -> [ItemName: ModelItem] {
        var queried: [ItemName: ModelItem] = [:]
        for partition in [0, 1, 2, 9] {
            for try await entry in try bytes.query("p\(partition)") {
                queried[try .init(0, entry.key)] = ModelItem(entry)
            }
            for try await entry in try documents.query("p\(partition)") {
                queried[try .init(1, entry.key)] = try ModelItem(entry)
            }
        }
        var scanned: [ItemName: ModelItem] = [:]
        for segment in 0..<2 {
            for try await entry in try bytes.scan(segment: segment, of: 2) {
                scanned[try .init(0, entry.key)] = ModelItem(entry)
            }
            for try await entry in try documents.scan(segment: segment, of: 2) {
                scanned[try .init(1, entry.key)] = try ModelItem(entry)
            }
        }
        try hold(queried == scanned, "query and scan differ")
        for (name, item) in queried {
            try hold(try self.item(name) == item, "get of \(name) differs from query")
        }
        return queried
    }

    /// One item, found by its key.
    func item(_ name: ItemName) throws -> ModelItem? {
        if name.table == 0 { return try bytes.entry(name.key).map { ModelItem($0) } }
        return try documents.entry(name.key).map { try ModelItem($0) }
    }
}

extension CatalogUnderTest {
    /// Puts a value that no step puts, and returns its version.
    func putProbe() async throws -> UInt64 {
        try await bytes.put([42], for: ItemName.probe.key).version
    }

    /// The change stream from its beginning up to the change with number `last`, which must be in it.
    func changes(through last: UInt64) async throws -> [ModelChange] {
        var changes: [ModelChange] = []
        var newest: UInt64 = 0
        for try await set in try catalog.changes(after: 0) {
            try hold(set.sequences.lowerBound > newest, "set \(set.sequences) follows number \(newest)")
            newest = set.lastSequence
            for change in set.changes {
                try hold(set.sequences.contains(change.sequence), "change \(change.sequence) in \(set.sequences)")
                changes.append(try ModelChange(change))
            }
            if newest >= last { break }
        }
        try hold(newest == last, "the stream passes over number \(last)")
        return changes
    }
}

extension ModelChange {
    init(_ change: Change) throws {
        switch change.kind {
        case .put: kind = .put
        case .delete: kind = .delete
        case .expire: kind = .expire
        }
        name = try ItemName(change.table == "bytes" ? 0 : 1, change.key)
        old = try change.oldImage.map { try ModelItem($0) }
        new = try change.newImage.map { try ModelItem($0) }
    }
}

extension Document {
    /// A document of one value.
    static func of(_ value: [UInt8]) throws -> Document {
        try Document(["v": .list([.bytes(value)])])
    }
}

extension ItemName {
    /// An item that no step writes.
    static let probe = ItemName(table: 0, partition: 9, sort: 0)

    init(_ table: Int, _ key: Key) throws(SweepViolation) {
        let partition = Int(String(decoding: key.partition.dropFirst(), as: UTF8.self))
        guard let partition, let sort = Int(String(decoding: key.sort, as: UTF8.self)) else {
            throw SweepViolation("a key that nobody wrote: \(key)")
        }
        self.init(table: table, partition: partition, sort: sort)
    }
}

extension ModelItem {
    init(_ entry: ItemEntry<[UInt8]>) {
        self.init(value: entry.item, expiry: entry.expiry.map(wholeMilliseconds))
    }

    init(_ entry: ItemEntry<Document>) throws {
        self.init(value: try entry.item.joinedValue(), expiry: entry.expiry.map(wholeMilliseconds))
    }

    /// An image of a change, which has no expiry.
    init(_ image: ItemImage) throws {
        self.init(value: image.isDocument ? try Document(validating: image.bytes).joinedValue() : image.bytes)
    }
}

extension Document {
    /// The bytes that `of` and updates that append made it of.
    func joinedValue() throws -> [UInt8] {
        guard case .list(let parts) = self["v"] else { throw SweepViolation("a document without its list") }
        return try parts.flatMap { part in
            guard case .bytes(let bytes) = part else { throw SweepViolation("a part that is no bytes") }
            return bytes
        }
    }
}

private func wholeMilliseconds(_ duration: Duration) -> Int64 {
    let (seconds, attoseconds) = duration.components
    return seconds * 1_000 + attoseconds / 1_000_000_000_000_000
}
