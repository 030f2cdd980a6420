/// A range of one tree's keys, walked in order or reversed at one sequence, entry by entry.
///
/// Whoever walks pulls, in place of being called: what is done with an entry then stands in the loop itself, and an entry
/// costs no call.
///
/// Use only while pinned, and only while the bytes of the bound that it walks to stay where they are.
@safe struct EntryCursor {
    /// How far ahead of the walk entries are fetched.
    private static let prefetchDistance = 8
    /// How far ahead of the walk `upcoming` looks, at an entry that has come by then.
    private static let upcomingDistance = 3
    /// More levels than a tree of as many keys as there are handles can have.
    private static let levelCountMax = 32

    /// An inner node on the way from the root, and the child that the walk is in.
    private struct Step {
        var node: UInt32
        var child: UInt32
    }

    private let memory: ArenaMemory
    private let sequence: UInt64
    /// Forwards the first key behind the range, backwards the first key of it.
    private let bound: RawKey
    private let isReversed: Bool
    /// By the level of the node.
    private var path = InlineArray<32, Step>(repeating: Step(node: 0, child: 0))
    private var rootLevel = 0
    private var leaf: LeafNode
    private var count = 0
    /// Slots of the leaf that are done with, from the end where the walk began.
    private var position = 0
    /// Slots from there on that lie in the range for sure.
    private var sure = 0

    /// Stands before the first key of `lower..<upper`, or behind the last one.
    @inline(__always)
    init(
        _ tree: PartitionTree,
        from lower: RawKey,
        to upper: RawKey,
        at sequence: UInt64,
        isReversed: Bool = false
    ) {
        memory = tree.memory
        self.sequence = sequence
        self.isReversed = isReversed
        bound = isReversed ? lower : upper
        leaf = LeafNode(Node(tree.root))
        let root = tree.rootHandle
        if root != 0 { seek(isReversed ? upper : lower, from: root) }
    }

    /// The next visible entry that is no delete; `nil` at the end.
    @inline(__always)
    mutating func next() -> Entry? {
        repeat {
            while position < count {
                fetch(position + EntryCursor.prefetchDistance)
                let newest = handle(position)
                if position >= sure, !isInside(newest) {
                    end()
                    return nil
                }
                position += 1
                if let entry = visible(newest) { return entry }
            }
        } while enterNextLeaf()
        return nil
    }

    /// An entry that `next` will come to soon, unless it is at its end, or seen by no reader; its first bytes have come.
    @inline(__always)
    var upcoming: Entry? {
        let ahead = position + EntryCursor.upcomingDistance
        return ahead < count ? memory.entry(handle(ahead)) : nil
    }

    // MARK: Inside

    @inline(__always)
    private func handle(_ position: Int) -> UInt32 {
        leaf.handle(isReversed ? count - 1 - position : position)
    }

    @inline(__always)
    private func fetch(_ position: Int) {
        if position < count { memory.block(handle(position)).prefetch(Entry.fetchByteCount) }
    }

    @inline(__always)
    private func isInside(_ newest: UInt32) -> Bool {
        let order = memory.entry(newest).key.order(bound)
        return isReversed ? order >= 0 : order < 0
    }

    @inline(__always)
    private func visible(_ newest: UInt32) -> Entry? {
        var entry = memory.entry(newest)
        while entry.sequence > sequence {
            let previous = entry.previous
            if previous == 0 { return nil }
            entry = memory.entry(previous)
        }
        return entry.isDeleted ? nil : entry
    }

    private mutating func end() {
        (position, count, rootLevel) = (0, 0, 0)
    }

    /// Goes down to the leaf where the walk begins.
    private mutating func seek(_ key: RawKey, from root: UInt32) {
        var node = Node(memory.block(root))
        node.block.prefetch(PartitionTree.rootFetchByteCount)
        rootLevel = node.level
        precondition(rootLevel < EntryCursor.levelCountMax, "a tree has more levels than keys allow")
        while node.level != 0 {
            let inner = InnerNode(node)
            let child = inner.childIndex(for: key, in: memory)
            path[node.level] = Step(node: memory.handle(of: node.block), child: UInt32(truncatingIfNeeded: child))
            node = Node(memory.block(inner.child(child)))
            node.block.prefetch(Node.prefetchByteCount)
        }
        leaf = LeafNode(node)
        count = leaf.count
        let found = leaf.search(key, in: memory, fetching: isReversed ? 0 : EntryCursor.prefetchDistance).index
        position = isReversed ? count - found : found
        begin()
    }

    /// Goes to the leaf behind the present one, if there is one.
    private mutating func enterNextLeaf() -> Bool {
        var level = 1
        while level <= rootLevel {
            let inner = InnerNode(Node(memory.block(path[level].node)))
            let child = Int(path[level].child)
            if isReversed ? child > 0 : child + 1 < inner.count {
                path[level].child = UInt32(truncatingIfNeeded: isReversed ? child - 1 : child + 1)
                return descend(from: level)
            }
            level += 1
        }
        end()
        return false
    }

    /// Goes down along the edge where the walk begins, from the child that the path names at `level`.
    private mutating func descend(from level: Int) -> Bool {
        var level = level
        while true {
            let inner = InnerNode(Node(memory.block(path[level].node)))
            let node = Node(memory.block(inner.child(Int(path[level].child))))
            node.block.prefetch(Node.prefetchByteCount)
            // More than one level down where a node that had one child left gave its place to it. What the path says of
            // the levels between is of nodes that the walk has left, at their last child.
            level = node.level
            if level == 0 {
                leaf = LeafNode(node)
                count = leaf.count
                position = 0
                begin()
                return true
            }
            path[level] = Step(
                node: memory.handle(of: node.block),
                child: isReversed ? UInt32(truncatingIfNeeded: node.count - 1) : 0
            )
        }
    }

    /// The leaf that the walk comes to next is fetched while this one is walked, most often: one under another inner
    /// node is not.
    private func fetchNextLeaf() {
        guard rootLevel > 0 else { return }
        let inner = InnerNode(Node(memory.block(path[1].node)))
        let next = Int(path[1].child) + (isReversed ? -1 : 1)
        if next >= 0, next < inner.count { memory.block(inner.child(next)).prefetch(Node.prefetchByteCount) }
    }

    /// What a leaf needs before its first slot is walked.
    private mutating func begin() {
        for ahead in position..<max(position, min(count, position + EntryCursor.prefetchDistance)) { fetch(ahead) }
        fetchNextLeaf()
        let isKnown = !isReversed && position < count
        sure = isKnown ? leaf.countSurelyBelow(bound, known: position, in: memory) : 0
    }
}
