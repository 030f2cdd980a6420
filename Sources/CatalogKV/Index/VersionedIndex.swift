internal import VitrineSync

/// Where every item's versions are: an ordered tree for each of a number of hash partitions, in memory.
///
/// Any number of threads read without locks while one writes. Each operation of the journal adds a version in front of
/// those that its key has; `publish` lets readers see up to a sequence; versions that no reader can ask for any more are
/// cut off and freed. The number of partitions is nowhere on disk.
package final class VersionedIndex: Sendable {
    /// How many trees the keys are spread over: a power of two.
    package let partitionCount: Int
    let memory: ArenaMemory
    let gate: EpochGate
    private let shared: SharedWords
    private let registry: SnapshotRegistry
    private let state: WriterState
    private let doorkeeper = Doorkeeper()
    let loading = Locked(())

    /// Makes an empty index that takes at most `byteCountMax` bytes, of which at most `residentByteCountMax` are small
    /// values beside their keys.
    package init(partitionCount: Int, byteCountMax: Int = .max, residentByteCountMax: Int = 0) {
        precondition(partitionCount > 0 && partitionCount & (partitionCount - 1) == 0, "no power of two")
        self.partitionCount = partitionCount
        gate = EpochGate()
        shared = SharedWords(partitionCount: partitionCount)
        registry = SnapshotRegistry(visible: shared.visible, floor: shared.floor)
        state = WriterState(
            IndexWriter(gate: gate, byteCountMax: byteCountMax, residentByteCountMax: residentByteCountMax)
        )
        memory = state.with { $0.memory }
    }

    deinit {
        state.destroy()
        registry.destroy()
        doorkeeper.destroy()
        shared.destroy()
        gate.destroy()
    }

    // MARK: Readers

    /// The highest sequence that readers see.
    package var visible: UInt64 { shared.visible.load() }

    /// The tree that holds `key`, by a hash of its table and partition.
    package func partition(of key: Span<UInt8>) -> Int {
        withRawKey(key) { partition(of: $0) }
    }

    /// Runs `body` with the version of `key` that is visible, or was at `sequence`, which a snapshot must hold; returns
    /// `nil` for a deleted or absent key.
    ///
    /// What the version's location names is not given back before `body` returns. Waits for nobody.
    @inline(__always)
    package func find<Result>(
        _ key: Span<UInt8>,
        at sequence: UInt64?,
        _ body: (ItemVersion) throws -> Result
    ) rethrows -> Result? {
        try findEntry(key, at: sequence) { entry in try body(entry.version) }
    }

    /// The same with all that the index has of the version.
    @inline(__always)
    func findEntry<Result>(
        _ key: Span<UInt8>,
        at sequence: UInt64?,
        _ body: (Entry) throws -> Result
    ) rethrows -> Result? {
        let pin = gate.pin()
        defer { gate.unpin(pin) }
        let handle = withRawKey(key) { key in locate(key, at: sequence) }
        guard handle != 0 else { return nil }
        let entry = memory.entry(handle)
        return entry.isDeleted ? nil : try body(entry)
    }

    /// Visits the keys of one partition from `lower` on and below `upper`, in order or reversed, while `body` returns
    /// true, as they were at `sequence`, which a snapshot must hold.
    ///
    /// The bytes are valid inside `body` only. Nothing is freed until it returns: visit a bounded number and carry on from
    /// the last key.
    package func scan(
        _ partition: Int,
        from lower: Span<UInt8>,
        to upper: Span<UInt8>,
        at sequence: UInt64,
        reversed: Bool,
        _ body: (Span<UInt8>, ItemVersion) throws -> Bool
    ) rethrows {
        func visit(_ entry: Entry) throws -> Bool { try entry.key.withSpan { try body($0, entry.version) } }
        try scanEntries(
            partition,
            from: lower,
            to: upper,
            at: sequence,
            reversed: reversed,
            ahead: { _ in },
            visit
        )
    }

    /// The same with all that the index has of each version.
    ///
    /// `ahead` is told of keys that follow, more or less, a few before they are visited, so that it can have fetched what
    /// the visit will need.
    @inline(__always)
    func scanEntries(
        _ partition: Int,
        from lower: Span<UInt8>,
        to upper: Span<UInt8>,
        at sequence: UInt64,
        reversed: Bool,
        ahead: (Entry) -> Void,
        _ body: (Entry) throws -> Bool
    ) rethrows {
        let pin = gate.pin()
        defer { gate.unpin(pin) }
        try withRawKey(lower) { lower in
            try withRawKey(upper) { upper in
                var cursor = EntryCursor(
                    tree(partition),
                    from: lower,
                    to: upper,
                    at: sequence,
                    isReversed: reversed
                )
                while let entry = cursor.next() {
                    if let upcoming = cursor.upcoming { ahead(upcoming) }
                    guard try body(entry) else { return }
                }
            }
        }
    }

    /// Runs `body` while nothing that it finds is given back: memory of the index, segments of the journal.
    @inline(__always)
    package func pinned<Result>(_ body: () throws -> Result) rethrows -> Result {
        let pin = gate.pin()
        defer { gate.unpin(pin) }
        return try body()
    }

    /// Has the root of the tree of `key` fetched, without waiting for it: a step before `fetchLeaf`, which waits for it.
    @inline(__always)
    package func fetchRoot(of key: Span<UInt8>) {
        withRawKey(key) { key in tree(partition(of: key)).fetchRoot() }
    }

    /// Has memory fetched that `find` or `apply` of `key` will need, without waiting for it: the first half of the way.
    ///
    /// Who has several keys at hand calls it for all of them, then `fetchEntry` for all, and then works on them: the
    /// waiting for memory, which is most of the work, is then done once and not key by key. The caller is `pinned`, or
    /// is the writer.
    @inline(__always)
    package func fetchLeaf(of key: Span<UInt8>) {
        withRawKey(key) { key in tree(partition(of: key)).fetchLeaf(of: key) }
    }

    /// The second half of the way.
    @inline(__always)
    package func fetchEntry(of key: Span<UInt8>) {
        withRawKey(key) { key in tree(partition(of: key)).fetchEntry(of: key) }
    }

    /// Whether the value of a version that was not beside its key should get there: it has been asked for before, and not
    /// long ago.
    func shouldAdmit(_ sequence: UInt64) -> Bool { doorkeeper.hasSeen(sequence) }

    /// Holds the newest visible state until it is released.
    ///
    /// Waits for nobody.
    package func snapshot() -> IndexSnapshot {
        IndexSnapshot(self, registry.register())
    }

    /// The same for who releases it by himself, exactly once, and keeps the index until then.
    func hold() -> SnapshotHold { registry.register() }

    /// The sequence of the oldest snapshot that is held, or `visible`; none is taken before it any more.
    ///
    /// For the writer.
    package func announceOldest() -> UInt64 { registry.announceFloor() }

    // MARK: The writer

    /// The newest version of `key` in the journal's order, visible or not, a delete or not.
    ///
    /// For the writer.
    package func newest(_ key: Span<UInt8>) -> ItemVersion? {
        newestEntry(key)?.version
    }

    /// The same with all that the index has of it.
    func newestEntry(_ key: Span<UInt8>) -> Entry? {
        withRawKey(key) { key in
            let handle = tree(partition(of: key)).find(key)
            return handle == 0 ? nil : memory.entry(handle)
        }
    }

    /// Adds a version, newer than all before, and returns the one it replaces.
    ///
    /// For the writer.
    @discardableResult
    package func apply(_ key: Span<UInt8>, _ version: ItemVersion) -> ItemVersion? {
        withRawKey(key) { key in
            let root = root(partition(of: key))
            return state.with { $0.apply(key, version, nil, in: root) }
        }
    }

    /// The same for a version whose value may stand beside the key.
    ///
    /// For the writer.
    package func apply(
        _ key: Span<UInt8>,
        _ version: ItemVersion,
        value: Span<UInt8>,
        isDocument: Bool
    ) -> ItemVersion? {
        withRawKey(key) { key in
            let root = root(partition(of: key))
            return withRawKey(value) { bytes in
                state.with { $0.apply(key, version, RawValue(bytes: bytes, isDocument: isDocument), in: root) }
            }
        }
    }

    /// Puts the value of a version beside the key, unless the newest version is no longer `sequence`; others that were
    /// not read for long may go for it.
    ///
    /// For the writer; a reader can be it for a moment, so little is given back here, and no file.
    package func admit(_ key: Span<UInt8>, sequence: UInt64, value: Span<UInt8>, isDocument: Bool) {
        withRawKey(key) { key in
            withRawKey(value) { bytes in
                let value = RawValue(bytes: bytes, isDocument: isDocument)
                state.with { writer in
                    let trees = (count: partitionCount, root: { self.root($0) })
                    _ = writer.admit(value, key, sequence, in: root(partition(of: key)), trees: trees)
                    writer.freeSome()
                }
            }
        }
    }

    /// Names another place for the newest version of `key`, unless that is no longer `sequence`.
    ///
    /// For the writer.
    package func relocate(_ key: Span<UInt8>, sequence: UInt64, to location: Location) -> Bool {
        withRawKey(key) { key in
            let handle = tree(partition(of: key)).find(key)
            guard handle != 0, memory.entry(handle).sequence == sequence else { return false }
            memory.entry(handle).move(to: location)
            return true
        }
    }

    /// Lets readers see everything up to `sequence`, and gives back a bounded amount of what nobody needs.
    ///
    /// For the writer.
    package func publish(_ sequence: UInt64) {
        shared.visible.store(sequence)
        if state.isDue { collect(limit: 128 + state.with { $0.queue.supersededCount } / 8) }
    }

    /// Gives back everything that no reader and no snapshot needs now.
    ///
    /// For the writer.
    package func reclaim() {
        collect(limit: .max)
        state.with { $0.free(isComplete: true) }
    }

    /// Runs `action`, on the writer's thread, in a later `publish` or `reclaim`, once every reader that is inside
    /// `find`, `scan` or `pinned` now has left.
    ///
    /// For the writer.
    package func retire(_ action: @escaping () -> Void) {
        state.with { $0.retire(action) }
    }

    /// Has memory ready for a transaction of any size and returns whether the system gave it.
    ///
    /// One that only deletes may use what is kept back from the others: it takes memory too before it gives some back.
    ///
    /// For the writer, before each transaction.
    package func makeRoom(onlyDeletes: Bool = true) -> Bool {
        state.with { $0.arena.makeRoom(onlyDeletes ? EntryArena.reserveUnitCount : 2 * EntryArena.reserveUnitCount) }
    }

    /// Has memory ready for `byteCount` bytes of entries and nodes and returns whether the system gave it.
    ///
    /// For loaders.
    func makeRoom(byteCount: Int) -> Bool {
        state.with { $0.arena.makeRoom(UInt32(clamping: byteCount / EntryArena.unit)) }
    }

    /// What the index takes.
    ///
    /// For the writer.
    package var usage: IndexUsage {
        state.with { writer in
            let used = writer.arena.usedUnitCount * EntryArena.unit
            let nodes = writer.nodeUnitCount * EntryArena.unit
            return IndexUsage(
                keyCount: writer.keyCount,
                entryByteCount: used - nodes,
                nodeByteCount: nodes + 4 * partitionCount,
                freeByteCount: writer.arena.freeByteCount,
                otherByteCount: writer.arena.stackByteCount + writer.queue.byteCount,
                residentByteCount: writer.resident.takenByteCount
            )
        }
    }

    // MARK: Inside

    func partition(of key: RawKey) -> Int {
        Int(truncatingIfNeeded: key.partitionHash) & (partitionCount - 1)
    }

    @inline(__always)
    func root(_ partition: Int) -> Block { shared.root(partition) }

    @inline(__always)
    func tree(_ partition: Int) -> PartitionTree { PartitionTree(memory: memory, root: root(partition)) }

    /// Empties the index again after a load that failed; what it had used stays unused.
    func abandonLoad() {
        for partition in 0..<partitionCount { root(partition).setShared32(0, 0) }
        state.with { $0.forgetLoaded() }
    }

    /// For loaders, who hold `loading`.
    func withWriter<Result>(_ body: (inout IndexWriter) -> Result) -> Result { state.with(body) }

    @inline(__always)
    private func locate(_ key: RawKey, at sequence: UInt64?) -> UInt32 {
        let seen = sequence ?? shared.visible.load()
        let tree = tree(partition(of: key))
        let newest = tree.find(key)
        guard newest != 0 else { return 0 }
        let handle = tree.entry(from: newest, at: seen)
        return handle != 0 || sequence != nil ? handle : locateAgain(newest, tree)
    }

    /// The versions that we could see were cut off while we looked: then a newer one has become visible.
    ///
    /// Or there never was one.
    private func locateAgain(_ newest: UInt32, _ tree: PartitionTree) -> UInt32 {
        var seen = shared.visible.load()
        while true {
            let handle = tree.entry(from: newest, at: seen)
            let now = shared.visible.load()
            if handle != 0 || now == seen { return handle }
            seen = now
        }
    }

    private func collect(limit: Int) {
        let floor = registry.announceFloor()
        state.with { writer in
            writer.cut(below: floor, limit: limit) { root(partition(of: $0)) }
            writer.free(isComplete: false)
        }
        state.wait()
    }
}

/// What the index takes, in bytes and keys.
package struct IndexUsage: Sendable {
    /// Keys whose newest version is no delete.
    package var keyCount: Int
    /// Entries, the bytes of the keys among them, also those that wait to be freed.
    package var entryByteCount: Int
    /// Nodes of the trees.
    package var nodeByteCount: Int
    /// Memory that was used and will be again.
    package var freeByteCount: Int
    /// Lists of free blocks and of what waits to be freed.
    package var otherByteCount: Int
    /// Values beside their keys, which are part of the entries, and the free blocks that these keys left for it.
    package var residentByteCount: Int

    /// All of it.
    package var byteCount: Int { entryByteCount + nodeByteCount + freeByteCount + otherByteCount }
}
