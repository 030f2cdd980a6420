internal import VitrineSync

/// Builds whole trees from keys in order, for opening a store: several loaders may work at once, each on partitions of
/// its own, before there are readers.
package struct BulkLoader: ~Copyable {
    private static let runUnitCount: UInt32 = 1 << 15
    /// Leaves are not quite filled, so that the first inserts after opening do not split each of them.
    private static let slotCount = 44
    private static let childCount = 120

    private let index: VersionedIndex
    private var partition = 0
    private var draft = NodeDraft()
    /// The nodes of one level, and the separators between them.
    private var nodes: [UInt32] = []
    private var separators: [UInt32] = []
    private var lastEntry: UInt32 = 0
    private var run: Range<UInt32> = 0..<0
    private var keyCount = 0
    private var unitCount = 0
    private var nodeUnitCount = 0

    /// A loader for an index that nobody reads or writes yet.
    package init(_ index: VersionedIndex) {
        self.index = index
    }

    deinit {
        draft.destroy()
    }

    /// Begins a partition that is empty.
    package mutating func begin(_ partition: Int) {
        self.partition = partition
        lastEntry = 0
        nodes.removeAll(keepingCapacity: true)
        separators.removeAll(keepingCapacity: true)
        draft.clear(level: 0)
    }

    /// Adds a version of the next key.
    ///
    /// Returns false, and adds nothing, for a key that is not above the last one or not of this partition.
    package mutating func append(_ key: Span<UInt8>, _ version: ItemVersion) -> Bool {
        withRawKey(key) { key in append(key, version) }
    }

    /// The same for bytes that are at hand.
    mutating func append(_ key: RawKey, _ version: ItemVersion) -> Bool {
        guard index.partition(of: key) == partition else { return false }
        if lastEntry != 0, index.memory.entry(lastEntry).key.order(key) >= 0 { return false }
        let byteCount = Entry.byteCount(
            keyByteCount: key.count,
            hasExpiry: version.expiry != ItemVersion.never,
            valueByteCount: nil
        )
        let handle = allocate(byteCount, isNode: false)
        index.memory.entry(handle).initialize(key, version, previous: 0, value: nil)
        if draft.count == BulkLoader.slotCount {
            finishLeaf()
            let last = index.memory.entry(lastEntry).key
            separators.append(makeSeparator(key.prefix(last.commonLength(with: key) + 1)))
        }
        draft.insert(handle, head: 0, at: draft.count)
        lastEntry = handle
        keyCount += 1
        return true
    }

    /// Ends the partition: its tree is there.
    package mutating func end() {
        if draft.count > 0 { finishLeaf() }
        var level = 0
        while nodes.count > 1 {
            level += 1
            finishLevel(level)
        }
        if let root = nodes.first { index.root(partition).setShared32(0, root) }
    }

    /// Counts what was loaded, after the last partition.
    package mutating func finish() {
        index.loading.withLock { _ in
            index.withWriter { $0.countLoaded(keys: keyCount, units: unitCount, nodeUnits: nodeUnitCount) }
        }
        keyCount = 0
        unitCount = 0
        nodeUnitCount = 0
    }

    private mutating func finishLeaf() {
        let memory = index.memory
        let first = draft.key(0, in: memory)
        let longest = first.commonLength(with: draft.key(draft.count - 1, in: memory))
        draft.makeHeads(0..<draft.count, after: longest, in: memory)
        let handle = allocate(LeafNode.byteCount(slotCount: draft.count), isNode: true)
        draft.writeLeaf(0..<draft.count, to: memory.block(handle))
        nodes.append(handle)
        draft.clear(level: 0)
    }

    /// Makes parents for the nodes of the last level; every `childCount`-th separator goes up.
    private mutating func finishLevel(_ level: Int) {
        let memory = index.memory
        var parents: [UInt32] = []
        var risen: [UInt32] = []
        var start = 0
        while start < nodes.count {
            // No parent is left with a single child.
            let rest = nodes.count - start
            let count = rest == BulkLoader.childCount + 1 ? BulkLoader.childCount - 1 : min(rest, BulkLoader.childCount)
            draft.clear(level: level)
            for child in start..<start + count { draft.insertChild(nodes[child], at: child - start) }
            for place in start..<start + count - 1 { draft.insert(separators[place], head: 0, at: place - start) }
            let longest = draft.key(0, in: memory).commonLength(with: draft.key(draft.count - 1, in: memory))
            draft.makeHeads(0..<draft.count, after: longest, in: memory)
            let handle = allocate(InnerNode.byteCount(childCount: count, prefixLength: longest), isNode: true)
            draft.writeInner(0..<count, to: memory.block(handle), in: memory)
            parents.append(handle)
            if start + count < nodes.count { risen.append(separators[start + count - 1]) }
            start += count
        }
        nodes = parents
        separators = risen
        draft.clear(level: 0)
    }

    private mutating func makeSeparator(_ key: RawKey) -> UInt32 {
        let handle = allocate(Separator.byteCount(key), isNode: true)
        Separator.initialize(index.memory.block(handle), key)
        return handle
    }

    private mutating func allocate(_ byteCount: Int, isNode: Bool) -> UInt32 {
        let units = EntryArena.units(byteCount)
        if run.count < Int(units) {
            // What is left of the old run stays unused: less than the largest block per run.
            let start = index.loading.withLock { _ in
                index.withWriter { $0.arena.takeRun(BulkLoader.runUnitCount) }
            }
            run = start..<start + BulkLoader.runUnitCount
        }
        let handle = run.lowerBound
        run = handle + units..<run.upperBound
        unitCount += Int(units)
        if isNode { nodeUnitCount += Int(units) }
        return handle
    }
}
