/// The readers' side of one partition's tree: a B+tree whose nodes are replaced, not changed.
///
/// Use only while pinned.
@safe struct PartitionTree {
    let memory: ArenaMemory
    /// What an inner node of a few children takes, as the roots of most trees are: to fetch more would hold up what is
    /// fetched next.
    static let rootFetchByteCount = 192

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
        let handle = rootHandle
        if handle == 0 { return nil }
        var node = Node(memory.block(handle))
        node.block.prefetch(PartitionTree.rootFetchByteCount)
        while node.level != 0 {
            let inner = InnerNode(node)
            node = Node(memory.block(inner.child(inner.childIndex(for: key, in: memory))))
            node.block.prefetch(Node.prefetchByteCount)
        }
        return LeafNode(node)
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
