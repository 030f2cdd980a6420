/// What changes the index: the arena, the trees and what waits to be freed.
///
/// One thread at a time.
struct IndexWriter: ~Copyable {
    let gate: EpochGate
    var arena: EntryArena
    var draft = NodeDraft()
    var queue = RetireQueue()
    var resident: ResidentValues
    /// The inner nodes from the root to the leaf of the last search, and the child taken in each.
    private var path = InlineArray<16, PathStep>(repeating: PathStep(handle: 0, index: 0))
    private var depth = 0

    /// Keys whose newest version is no delete.
    private(set) var keyCount = 0
    /// Units of leaves, inner nodes and separators among those that the arena has given out.
    private(set) var nodeUnitCount = 0

    private struct PathStep: BitwiseCopyable {
        var handle: UInt32
        var index: Int32
    }

    init(gate: EpochGate, byteCountMax: Int, residentByteCountMax: Int) {
        self.gate = gate
        resident = ResidentValues(byteCountMax: residentByteCountMax)
        arena = EntryArena(byteCountMax: byteCountMax)
    }

    mutating func destroy() {
        queue.destroy()
        draft.destroy()
        arena.destroy()
    }

    var memory: ArenaMemory { arena.memory }

    /// Puts a version before those that `key` has, and returns the newest of those.
    ///
    /// `value` stands beside the key from then on, if there is room.
    mutating func apply(_ key: RawKey, _ version: ItemVersion, _ value: RawValue?, in root: Block) -> ItemVersion? {
        precondition(version.sequence <= Entry.sequenceMax, "the sequence is not below 2^49")
        guard let leaf = descend(to: key, from: root) else {
            let entry = makeEntry(key, version, value)
            draft.clear(level: 0)
            draft.insert(entry, head: 0, at: 0)
            draft.makeHeads(0..<1, after: key.count, in: memory)
            setChild(publishLeaf(0..<1), in: root)
            return nil
        }
        let found = leaf.search(key, in: memory)
        guard found.handle != 0 else {
            insert(makeEntry(key, version, value), key, at: found, in: leaf, root)
            return nil
        }
        let older = memory.entry(found.handle)
        let replaced = older.version
        let olderValue = older.value
        let handle = makeBlock(
            key,
            version,
            previous: found.handle,
            value.flatMap { resident.admits($0.bytes.count, replacing: olderValue) ? $0 : nil }
        )
        if replaced.isDeleted { keyCount += 1 } else if version.isDeleted { keyCount -= 1 }
        queue.supersede(
            RetireQueue.Superseded(
                newerSequence: version.sequence,
                newer: handle,
                older: found.handle,
                olderUnits: EntryArena.units(older.byteCount),
                olderValueByteCount: UInt16(truncatingIfNeeded: olderValue?.bytes.count ?? 0),
                newerIsDelete: version.isDeleted
            )
        )
        leaf.setHandle(found.index, handle)
        return replaced
    }

    /// Cuts off at most `limit` versions that nobody asks for, who ask for `floor` or later, and removes deletes.
    mutating func cut(below floor: UInt64, limit: Int, root: (RawKey) -> Block) {
        var left = limit
        while left > 0, let item = queue.nextSuperseded(below: floor) {
            left -= 1
            let newer = memory.entry(item.newer)
            if item.older != 0 {
                newer.cut()
                resident.remove(Int(item.olderValueByteCount))
                queue.unlink(item.older, item.olderUnits)
            }
            if item.newerIsDelete { removeDelete(item.newer, newer, root(newer.key)) }
        }
    }

    /// Frees what no reader can hold any more: whole batches, or all.
    mutating func free(isComplete: Bool) {
        queue.free(&arena, gate, isComplete: isComplete)
    }

    /// Frees a few blocks that no reader can hold any more, if there are any.
    mutating func freeSome() {
        queue.freeSome(&arena, gate)
    }

    /// Runs `action` when every reader of now has left.
    mutating func retire(_ action: @escaping () -> Void) {
        queue.unlink(gate, action)
    }

    /// Counts what a loader has built.
    mutating func countLoaded(keys: Int, units: Int, nodeUnits: Int) {
        keyCount += keys
        nodeUnitCount += nodeUnits
        arena.countLoaded(units)
    }

    /// Forgets what loaders have built, or `apply` in place of one.
    mutating func forgetLoaded() {
        keyCount = 0
        arena.countLoaded(-arena.usedUnitCount)
        nodeUnitCount = 0
    }

    // MARK: Entries

    /// The first entry of a key.
    private mutating func makeEntry(_ key: RawKey, _ version: ItemVersion, _ value: RawValue?) -> UInt32 {
        let kept = value.flatMap { resident.admits($0.bytes.count) ? $0 : nil }
        let handle = makeBlock(key, version, previous: 0, kept)
        // A delete of a key that is not there still goes, in its turn.
        if version.isDeleted {
            queue.supersede(
                RetireQueue.Superseded(
                    newerSequence: version.sequence,
                    newer: handle,
                    older: 0,
                    olderUnits: 0,
                    olderValueByteCount: 0,
                    newerIsDelete: true
                )
            )
        } else {
            keyCount += 1
        }
        return handle
    }

    /// An entry that nobody knows yet.
    mutating func makeBlock(
        _ key: RawKey,
        _ version: ItemVersion,
        previous: UInt32,
        _ value: RawValue?
    ) -> UInt32 {
        let byteCount = Entry.byteCount(
            keyByteCount: key.count,
            hasExpiry: version.expiry != ItemVersion.never,
            valueByteCount: value?.bytes.count
        )
        if let value { resident.add(value.bytes.count) }
        let handle = arena.allocate(EntryArena.units(byteCount))
        memory.entry(handle).initialize(key, version, previous: previous, value: value)
        return handle
    }

    /// Removes the key of a delete that is still its newest version.
    private mutating func removeDelete(_ handle: UInt32, _ entry: Entry, _ root: Block) {
        let key = entry.key
        guard let leaf = descend(to: key, from: root) else { return }
        let found = leaf.search(key, in: memory)
        guard found.handle == handle else { return }
        remove(1 << UInt64(found.index), from: leaf, root)
        queue.unlink(handle, EntryArena.units(entry.byteCount))
    }

    /// Takes the newest versions in some slots of a leaf out of the tree, which have none behind them, and hands over each.
    mutating func withdraw(_ run: Withdrawal.Run, _ root: Block, _ body: (Entry) -> Void) {
        // Readable to the end, though it is retired on the way: nothing is freed meanwhile.
        let leaf = LeafNode(Node(memory.block(run.leaf)))
        let first = memory.entry(leaf.handle(run.slots.trailingZeroBitCount))
        let isWhole = descend(to: first.key, from: root) != nil && currentChild(root) == run.leaf
        if isWhole { remove(run.slots, from: leaf, root) }
        var slots = run.slots
        while slots != 0 {
            let handle = leaf.handle(slots.trailingZeroBitCount)
            slots &= slots &- 1
            let entry = memory.entry(handle)
            // A neighbour that was left small may have taken the leaf in.
            if !isWhole, let leaf = descend(to: entry.key, from: root) {
                let found = leaf.search(entry.key, in: memory)
                precondition(found.handle == handle, "a key has left the index before it was withdrawn")
                remove(1 << UInt64(found.index), from: leaf, root)
            }
            body(entry)
            keyCount -= 1
            resident.remove(entry.value?.bytes.count ?? 0)
            queue.unlink(handle, EntryArena.units(entry.byteCount))
        }
    }

    // MARK: Nodes

    /// The leaf that has or would have `key`, and the path to it.
    mutating func descend(to key: RawKey, from root: Block) -> LeafNode? {
        depth = 0
        var handle = root.shared32(0)
        if handle == 0 { return nil }
        while true {
            let node = Node(memory.block(handle))
            node.block.prefetch(Node.prefetchByteCount)
            if node.level == 0 { return LeafNode(node) }
            let inner = InnerNode(node)
            let index = inner.childIndex(for: key, in: memory)
            path[depth] = PathStep(handle: handle, index: Int32(index))
            depth += 1
            handle = inner.child(index)
        }
    }

    /// Inserts a new key's entry into the leaf that the path leads to.
    private mutating func insert(_ entry: UInt32, _ key: RawKey, at place: SlotSearch, in leaf: LeafNode, _ root: Block)
    {
        draft.load(leaf)
        draft.insert(entry, head: key.head(at: draft.prefixLength), at: place.index)
        if place.common < draft.prefixLength { draft.makeHeads(0..<draft.count, after: place.common, in: memory) }
        let old = currentChild(root)
        if draft.count <= LeafNode.slotCountMax {
            setChild(publishLeaf(0..<draft.count), in: root)
        } else {
            split(at: splitIndex(place.index), root)
        }
        retireNode(old)
    }

    /// Rising keys fill their leaves; others leave room on both sides.
    private func splitIndex(_ inserted: Int) -> Int {
        guard inserted == draft.count - 1 else { return draft.count / 2 }
        for level in 0..<depth where Int(path[level].index) != inner(path[level].handle).count - 1 {
            return draft.count * 3 / 4
        }
        return draft.count - 1
    }

    private mutating func split(at index: Int, _ root: Block) {
        let count = draft.count
        let separator = makeSeparator(
            between: draft.key(index - 1, in: memory),
            and: draft.key(index, in: memory)
        )
        let oldPrefix = draft.prefixLength
        draft.settleHeads(0..<index, in: memory)
        let left = publishLeaf(0..<index)
        if draft.prefixLength != oldPrefix { draft.makeHeads(index..<count, after: oldPrefix, in: memory) }
        draft.settleHeads(index..<count, in: memory)
        let right = publishLeaf(index..<count)
        replaceChild(with: left, separator, right, root)
    }

    /// Puts two children with a separator in the place of the one that the path leads to.
    private mutating func replaceChild(with left: UInt32, _ separator: UInt32, _ right: UInt32, _ root: Block) {
        let head = Separator.key(memory.block(separator))
        guard depth > 0 else {
            let level = Node(memory.block(left)).level + 1
            draft.clear(level: level)
            draft.insert(separator, head: 0, at: 0)
            draft.insertChild(left, at: 0)
            draft.insertChild(right, at: 1)
            draft.makeHeads(0..<1, after: head.count, in: memory)
            setChild(publishInner(0..<2), in: root)
            return
        }
        let step = path[depth - 1]
        draft.load(inner(step.handle))
        draft.setChild(Int(step.index), left)
        draft.insertChild(right, at: Int(step.index) + 1)
        draft.insert(separator, head: head.head(at: draft.prefixLength), at: Int(step.index))
        let first = draft.key(0, in: memory)
        let longest = first.commonLength(with: draft.key(draft.count - 1, in: memory))
        if longest < draft.prefixLength { draft.makeHeads(0..<draft.count, after: longest, in: memory) }
        depth -= 1
        if draft.childCount <= InnerNode.childCountMax {
            setChild(publishInner(0..<draft.childCount), in: root)
        } else {
            splitInner(isLast: Int(step.index) == draft.childCount - 2, root)
        }
        retireNode(step.handle)
    }

    private mutating func splitInner(isLast: Bool, _ root: Block) {
        let count = draft.childCount
        let index = isLast ? count - 2 : count / 2
        let up = draft.reference(index - 1)
        let oldPrefix = draft.prefixLength
        draft.settleHeads(0..<index - 1, in: memory)
        let left = publishInner(0..<index)
        if draft.prefixLength != oldPrefix { draft.makeHeads(index..<count - 1, after: oldPrefix, in: memory) }
        draft.settleHeads(index..<count - 1, in: memory)
        let right = publishInner(index..<count)
        replaceChild(with: left, up, right, root)
    }

    /// Makes the leaf that the path leads to anew without some of its slots, a bit each.
    private mutating func remove(_ slots: UInt64, from leaf: LeafNode, _ root: Block) {
        let old = currentChild(root)
        draft.load(leaf, without: slots)
        if draft.count == 0 {
            removeChild(root)
        } else if draft.count >= LeafNode.slotCountMax / 4 || !mergeWithNeighbour(root) {
            setChild(publishLeaf(0..<draft.count), in: root)
        }
        retireNode(old)
    }

    /// Joins the draft with a neighbour when both fit well into one leaf.
    private mutating func mergeWithNeighbour(_ root: Block) -> Bool {
        guard depth > 0 else { return false }
        let step = path[depth - 1]
        let parent = inner(step.handle)
        let index = Int(step.index)
        let isLeft = index + 1 < parent.count
        let neighbour = parent.child(isLeft ? index + 1 : index - 1)
        let other = LeafNode(Node(memory.block(neighbour)))
        // Beside a leaf that took the place of its parent stand inner nodes.
        guard other.node.level == 0 else { return false }
        guard draft.count + other.count <= LeafNode.slotCountMax * 5 / 8 else { return false }
        if isLeft { draft.append(other) } else { draft.prepend(other) }
        let count = draft.count
        let longest = draft.key(0, in: memory).commonLength(with: draft.key(count - 1, in: memory))
        draft.makeHeads(0..<count, after: longest, in: memory)
        let merged = publishLeaf(0..<count)
        let kept = isLeft ? index : index - 1
        dropChild(kept + 1, separator: kept, keeping: (kept, merged), root)
        retireNode(neighbour)
        return true
    }

    /// Takes the child that the path leads to out of the tree.
    private mutating func removeChild(_ root: Block) {
        guard depth > 0 else {
            root.setShared32(0, 0)
            return
        }
        let index = Int(path[depth - 1].index)
        dropChild(index, separator: max(0, index - 1), keeping: nil, root)
    }

    /// Makes the last node of the path anew without a child and a separator, and with another child replaced.
    private mutating func dropChild(
        _ index: Int,
        separator: Int,
        keeping replacement: (index: Int, handle: UInt32)?,
        _ root: Block
    ) {
        let step = path[depth - 1]
        draft.load(inner(step.handle))
        if let replacement { draft.setChild(replacement.index, replacement.handle) }
        let gone = draft.reference(separator)
        draft.remove(at: separator)
        draft.removeChild(at: index)
        depth -= 1
        // A node with one child gives its place to the child.
        setChild(draft.childCount == 1 ? draft.child(0) : publishInner(0..<draft.childCount), in: root)
        let block = memory.block(gone)
        retire(gone, EntryArena.units(Separator.byteCount(Separator.key(block))))
        retireNode(step.handle)
    }

    // MARK: Blocks of nodes

    private func inner(_ handle: UInt32) -> InnerNode { InnerNode(Node(memory.block(handle))) }

    private func currentChild(_ root: Block) -> UInt32 {
        depth == 0 ? root.shared32(0) : inner(path[depth - 1].handle).child(Int(path[depth - 1].index))
    }

    /// Shows readers a new node in the place that the path leads to.
    private func setChild(_ handle: UInt32, in root: Block) {
        if depth == 0 {
            root.setShared32(0, handle)
        } else {
            inner(path[depth - 1].handle).setChild(Int(path[depth - 1].index), handle)
        }
    }

    private mutating func publishLeaf(_ range: Range<Int>) -> UInt32 {
        let handle = allocateNode(LeafNode.byteCount(slotCount: range.count))
        draft.writeLeaf(range, to: memory.block(handle))
        return handle
    }

    private mutating func publishInner(_ children: Range<Int>) -> UInt32 {
        let byteCount = InnerNode.byteCount(childCount: children.count, prefixLength: draft.prefixLength)
        let handle = allocateNode(byteCount)
        draft.writeInner(children, to: memory.block(handle), in: memory)
        return handle
    }

    private mutating func makeSeparator(between left: RawKey, and right: RawKey) -> UInt32 {
        let key = right.prefix(left.commonLength(with: right) + 1)
        let handle = allocateNode(Separator.byteCount(key))
        Separator.initialize(memory.block(handle), key)
        return handle
    }

    private mutating func allocateNode(_ byteCount: Int) -> UInt32 {
        let units = EntryArena.units(byteCount)
        nodeUnitCount += Int(units)
        return arena.allocate(units)
    }

    private mutating func retireNode(_ handle: UInt32) {
        retire(handle, EntryArena.units(Node(memory.block(handle)).byteCount))
    }

    private mutating func retire(_ handle: UInt32, _ units: UInt32) {
        nodeUnitCount -= Int(units)
        queue.unlink(handle, units)
    }
}
