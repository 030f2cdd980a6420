/// The writer's scratch for a node that is being changed: the columns of a leaf or of an inner node with room for one
/// node and a half.
///
/// In a leaf's draft there is a reference (an entry) per head; in an inner node's the references are the separators,
/// one fewer than the children.
@safe struct NodeDraft {
    private static let capacity = 200

    // Allocated by init, used by the one writer only, and freed by destroy.
    private let heads: UnsafeMutablePointer<Int32>
    private let references: UnsafeMutablePointer<UInt32>
    private let children: UnsafeMutablePointer<UInt32>
    /// Heads and references.
    private(set) var count = 0
    private(set) var childCount = 0
    private(set) var level = 0
    /// What the heads come after.
    private(set) var prefixLength = 0

    init() {
        unsafe heads = .allocate(capacity: NodeDraft.capacity)
        unsafe references = .allocate(capacity: NodeDraft.capacity)
        unsafe children = .allocate(capacity: NodeDraft.capacity)
    }

    func destroy() {
        unsafe heads.deallocate()
        unsafe references.deallocate()
        unsafe children.deallocate()
    }

    func head(_ index: Int) -> Int32 { unsafe heads[index] }
    func reference(_ index: Int) -> UInt32 { unsafe references[index] }
    func child(_ index: Int) -> UInt32 { unsafe children[index] }

    /// Starts an empty node.
    mutating func clear(level: Int) {
        self.level = level
        count = 0
        childCount = 0
        prefixLength = 0
    }

    mutating func load(_ leaf: LeafNode) {
        clear(level: 0)
        count = leaf.count
        prefixLength = leaf.node.prefixLength
        for index in 0..<count {
            unsafe heads[index] = leaf.node.head(index)
            unsafe references[index] = leaf.handle(index)
        }
    }

    /// The same without some of its slots, a bit each.
    mutating func load(_ leaf: LeafNode, without slots: UInt64) {
        clear(level: 0)
        prefixLength = leaf.node.prefixLength
        for index in 0..<leaf.count where slots >> UInt64(index) & 1 == 0 {
            unsafe heads[count] = leaf.node.head(index)
            unsafe references[count] = leaf.handle(index)
            count += 1
        }
    }

    mutating func load(_ inner: InnerNode) {
        clear(level: inner.node.level)
        childCount = inner.count
        count = childCount - 1
        prefixLength = inner.node.prefixLength
        for index in 0..<count {
            unsafe heads[index] = inner.node.head(index)
            unsafe references[index] = inner.separator(index)
        }
        for index in 0..<childCount { unsafe children[index] = inner.child(index) }
    }

    /// Adds the slots of the leaf to the right of those there are; the heads must be made anew after it.
    mutating func append(_ leaf: LeafNode) {
        for index in 0..<leaf.count { unsafe references[count + index] = leaf.handle(index) }
        count += leaf.count
    }

    /// The same to the left.
    mutating func prepend(_ leaf: LeafNode) {
        var index = count
        while index > 0 {
            index -= 1
            unsafe references[leaf.count + index] = references[index]
        }
        for index in 0..<leaf.count { unsafe references[index] = leaf.handle(index) }
        count += leaf.count
    }

    /// Fills a block with the slots in `range` as a leaf.
    func writeLeaf(_ range: Range<Int>, to block: Block) {
        let leaf = LeafNode(Node(block))
        leaf.node.setHeader(level: 0, count: range.count, prefixLength: prefixLength)
        leaf.node.setHeads(self, range)
        for index in 0..<range.count { unsafe leaf.setHandle(index, references[range.lowerBound + index]) }
    }

    /// Fills a block with the children in `range`, and the separators between them, as an inner node.
    func writeInner(_ range: Range<Int>, to block: Block, in memory: ArenaMemory) {
        let inner = InnerNode(Node(block))
        inner.node.setHeader(level: level, count: range.count, prefixLength: prefixLength)
        inner.node.setHeads(self, range.lowerBound..<range.upperBound - 1)
        inner.setColumns(self, range, prefix: key(range.lowerBound, in: memory).prefix(prefixLength))
    }

    mutating func insert(_ reference: UInt32, head: Int32, at index: Int) {
        var place = count
        while place > index {
            unsafe heads[place] = heads[place - 1]
            unsafe references[place] = references[place - 1]
            place -= 1
        }
        unsafe heads[index] = head
        unsafe references[index] = reference
        count += 1
    }

    mutating func remove(at index: Int) {
        count -= 1
        for place in index..<count {
            unsafe heads[place] = heads[place + 1]
            unsafe references[place] = references[place + 1]
        }
    }

    mutating func setChild(_ index: Int, _ child: UInt32) {
        unsafe children[index] = child
    }

    mutating func insertChild(_ child: UInt32, at index: Int) {
        var place = childCount
        while place > index {
            unsafe children[place] = children[place - 1]
            place -= 1
        }
        unsafe children[index] = child
        childCount += 1
    }

    mutating func removeChild(at index: Int) {
        childCount -= 1
        for place in index..<childCount { unsafe children[place] = children[place + 1] }
    }

    /// The key that the reference at `index` stands for.
    @inline(__always)
    func key(_ index: Int, in memory: ArenaMemory) -> RawKey {
        let reference = unsafe references[index]
        return level == 0 ? memory.entry(reference).key : Separator.key(memory.block(reference))
    }

    /// Makes the heads in `range` those after its keys' longest common prefix.
    mutating func settleHeads(_ range: Range<Int>, in memory: ArenaMemory) {
        guard let last = range.last else { return }
        let longest = key(range.lowerBound, in: memory).commonLength(with: key(last, in: memory))
        if longest != prefixLength { makeHeads(range, after: longest, in: memory) }
    }

    /// Makes the heads in `range` anew.
    mutating func makeHeads(_ range: Range<Int>, after length: Int, in memory: ArenaMemory) {
        prefixLength = length
        // All the misses at once rather than one after the other.
        for index in range { unsafe memory.block(references[index]).prefetch(64) }
        for index in range { unsafe heads[index] = key(index, in: memory).head(at: length) }
    }
}
