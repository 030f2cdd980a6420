/// The readers' side of one partition's tree: a B+tree whose nodes are replaced, not changed.
///
/// Use only while pinned.
@safe struct PartitionTree {
    let memory: ArenaMemory
    /// What an inner node of a few children takes, as the roots of most trees are.
    private static let rootFetchByteCount = 192

    /// The root's handle; 0 while the partition is empty.
    let root: Block

    /// Sequentially consistent where the processor tells the difference: a reader that pinned itself after the writer
    /// looked for readers must see what the writer had unlinked.
    @inline(__always) var rootHandle: UInt32 { root.shared32InOrder(0) }

    /// The newest entry of `key`, visible or not, a delete or not; 0 when there is none.
    @inline(__always)
    func find(_ key: RawKey) -> UInt32 {
        let leaf = leaf(for: key)
        guard let leaf else { return 0 }
        return leaf.find(key, in: memory)
    }

    @inline(__always)
    func leaf(for key: RawKey) -> LeafNode? {
        var handle = rootHandle
        if handle == 0 { return nil }
        while true {
            let node = Node(memory.block(handle))
            node.block.prefetch(Node.prefetchByteCount)
            if node.level == 0 { return LeafNode(node) }
            let inner = InnerNode(node)
            handle = inner.child(inner.childIndex(for: key, in: memory))
        }
    }

    /// Has the root fetched, and does not wait for it; looks at nothing, so that it needs no pin.
    @inline(__always)
    func fetchRoot() {
        memory.block(root.shared32(0)).prefetch(PartitionTree.rootFetchByteCount)
    }

    /// Has the leaf of `key` fetched, and does not wait for it.
    @inline(__always)
    func fetchLeaf(of key: RawKey) {
        var handle = rootHandle
        while handle != 0 {
            let node = Node(memory.block(handle))
            let level = node.level
            if level == 0 { return }
            let inner = InnerNode(node)
            handle = inner.child(inner.childIndex(for: key, in: memory))
            memory.block(handle).prefetch(Node.prefetchByteCount)
            // Below the last level of inner nodes there is, with rare exceptions, nothing but leaves.
            if level == 1 { return }
        }
    }

    /// Has the entry of `key`, or one beside its place, fetched, and does not wait for it.
    @inline(__always)
    func fetchEntry(of key: RawKey) {
        guard let leaf = leaf(for: key) else { return }
        let candidates = leaf.candidates(for: key)
        memory.block(leaf.handle(min(candidates.lowerBound, leaf.count - 1))).prefetch(128)
    }

    /// The entry that a reader at `sequence` sees: the newest not above it, even when it is a delete.
    ///
    /// 0 when there is none that is still held.
    @inline(__always)
    func entry(from newest: UInt32, at sequence: UInt64) -> UInt32 {
        var handle = newest
        while handle != 0 {
            let entry = memory.entry(handle)
            if entry.sequence <= sequence { return handle }
            handle = entry.previous
        }
        return 0
    }
}

/// A range of one partition's keys, walked in order at one sequence.
@safe struct PartitionScan {
    let tree: PartitionTree
    let sequence: UInt64
    /// How far ahead of the visit entries are fetched.
    private static let prefetchDistance = 8
    /// How far ahead `ahead` is told of entries, which have come by then.
    private static let aheadDistance = 4

    init(_ tree: PartitionTree, at sequence: UInt64) {
        self.tree = tree
        self.sequence = sequence
    }

    /// Visits keys from `lower` on and below `upper` while `body` returns true.
    func forwards(
        from lower: RawKey,
        to upper: RawKey,
        ahead: (Entry) -> Void,
        _ body: (Entry) throws -> Bool
    ) rethrows {
        let root = tree.rootHandle
        if root != 0 { _ = try forwards(root, from: lower, to: upper, ahead: ahead, body) }
    }

    /// Visits the same keys from the last to the first.
    func backwards(
        from lower: RawKey,
        to upper: RawKey,
        ahead: (Entry) -> Void,
        _ body: (Entry) throws -> Bool
    ) rethrows {
        let root = tree.rootHandle
        if root != 0 { _ = try backwards(root, from: lower, to: upper, ahead: ahead, body) }
    }

    /// `lower` is nil where the whole node lies above it.
    ///
    /// Returns whether to go on.
    private func forwards(
        _ handle: UInt32,
        from lower: RawKey?,
        to upper: RawKey,
        ahead: (Entry) -> Void,
        _ body: (Entry) throws -> Bool
    ) rethrows -> Bool {
        let node = Node(tree.memory.block(handle))
        node.block.prefetch(Node.prefetchByteCount)
        if node.level == 0 {
            let leaf = LeafNode(node)
            let start =
                lower.map { leaf.search($0, in: tree.memory, fetching: PartitionScan.prefetchDistance).index } ?? 0
            return try forwards(leaf, start, to: upper, ahead: ahead, body)
        }
        let inner = InnerNode(node)
        let start = lower.map { inner.childIndex(for: $0, in: tree.memory) } ?? 0
        for index in start..<inner.count {
            // The next one comes while this one is walked.
            if index + 1 < inner.count { tree.memory.block(inner.child(index + 1)).prefetch(Node.prefetchByteCount) }
            let bound = index == start ? lower : nil
            guard try forwards(inner.child(index), from: bound, to: upper, ahead: ahead, body) else { return false }
        }
        return true
    }

    private func forwards(
        _ leaf: LeafNode,
        _ start: Int,
        to upper: RawKey,
        ahead: (Entry) -> Void,
        _ body: (Entry) throws -> Bool
    ) rethrows -> Bool {
        let count = leaf.count
        for index in start..<min(count, start + PartitionScan.prefetchDistance) { fetch(leaf, index) }
        for index in start..<min(count, start + PartitionScan.aheadDistance) { ahead(entry(leaf, index)) }
        if start == count { return true }
        let sure = leaf.countSurelyBelow(upper, known: start, in: tree.memory)
        for index in start..<count {
            if index + PartitionScan.prefetchDistance < count { fetch(leaf, index + PartitionScan.prefetchDistance) }
            if index + PartitionScan.aheadDistance < count {
                ahead(entry(leaf, index + PartitionScan.aheadDistance))
            }
            let newest = leaf.handle(index)
            guard index < sure || tree.memory.entry(newest).key.order(upper) < 0 else { return false }
            if let entry = visible(newest), try !body(entry) { return false }
        }
        return true
    }

    /// `upper` is nil where the whole node lies below it.
    ///
    /// Returns whether to go on.
    private func backwards(
        _ handle: UInt32,
        from lower: RawKey,
        to upper: RawKey?,
        ahead: (Entry) -> Void,
        _ body: (Entry) throws -> Bool
    ) rethrows -> Bool {
        let node = Node(tree.memory.block(handle))
        node.block.prefetch(Node.prefetchByteCount)
        if node.level == 0 {
            let leaf = LeafNode(node)
            let end = upper.map { leaf.search($0, in: tree.memory).index } ?? leaf.count
            return try backwards(leaf, end, from: lower, ahead: ahead, body)
        }
        let inner = InnerNode(node)
        let last = upper.map { inner.childIndex(for: $0, in: tree.memory) } ?? inner.count - 1
        for index in (0...last).reversed() {
            let bound = index == last ? upper : nil
            guard try backwards(inner.child(index), from: lower, to: bound, ahead: ahead, body) else { return false }
        }
        return true
    }

    private func backwards(
        _ leaf: LeafNode,
        _ end: Int,
        from lower: RawKey,
        ahead: (Entry) -> Void,
        _ body: (Entry) throws -> Bool
    ) rethrows -> Bool {
        for index in max(0, end - PartitionScan.prefetchDistance)..<end { fetch(leaf, index) }
        for index in max(0, end - PartitionScan.aheadDistance)..<end { ahead(entry(leaf, index)) }
        for index in (0..<end).reversed() {
            if index >= PartitionScan.prefetchDistance { fetch(leaf, index - PartitionScan.prefetchDistance) }
            if index >= PartitionScan.aheadDistance { ahead(entry(leaf, index - PartitionScan.aheadDistance)) }
            let newest = leaf.handle(index)
            guard tree.memory.entry(newest).key.order(lower) >= 0 else { return false }
            if let entry = visible(newest), try !body(entry) { return false }
        }
        return true
    }

    @inline(__always)
    private func visible(_ newest: UInt32) -> Entry? {
        let handle = tree.entry(from: newest, at: sequence)
        if handle == 0 { return nil }
        let entry = tree.memory.entry(handle)
        return entry.isDeleted ? nil : entry
    }

    @inline(__always)
    private func entry(_ leaf: LeafNode, _ index: Int) -> Entry {
        tree.memory.entry(leaf.handle(index))
    }

    @inline(__always)
    private func fetch(_ leaf: LeafNode, _ index: Int) {
        tree.memory.block(leaf.handle(index)).prefetch(128)
    }
}
