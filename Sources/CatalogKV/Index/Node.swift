/// What leaves and inner nodes of a partition's tree have in common.
///
///     0  u8   level: 0 for a leaf
///     1  u8   count of children; of slots in a leaf
///     2  u16  bytes that all keys of the node (its separators, in an inner node) begin with
///     4  u32  not used
///     8       heads, then what they lead to (`LeafNode`, `InnerNode`)
///
/// A head is the four bytes of a key after the common ones, as an ordered number: nearly every search is decided among
/// the heads, without touching a key. The columns are padded to multiples of four with heads above all others.
///
/// Nodes do not change once published, except that a slot or a child is replaced by one store. Everything else makes a
/// new node that takes the old one's place (read-copy-update; McKenney and Slingwine, 1998), and so readers need no
/// locks, and nodes can be exactly as large as their contents.
@safe struct Node {
    static let headerByteCount = 8
    /// Covers the widest leaf.
    static let prefetchByteCount = 448
    /// How many keys behind equal heads are fetched before they are compared.
    static let tieFetchCount = 8

    let block: Block

    @inline(__always)
    init(_ block: Block) {
        self.block = block
    }

    @inline(__always) var level: Int { Int(block.plain(0, as: UInt8.self)) }
    @inline(__always) var count: Int { Int(block.plain(1, as: UInt8.self)) }
    @inline(__always) var prefixLength: Int { Int(block.plain(2, as: UInt16.self)) }

    @inline(__always)
    static func padded(_ count: Int) -> Int { (count + 3) & ~3 }

    @inline(__always)
    func head(_ index: Int) -> Int32 { block.plain(Node.headerByteCount + 4 * index, as: Int32.self) }

    func setHeader(level: Int, count: Int, prefixLength: Int) {
        block.setPlain(0, UInt8(level))
        block.setPlain(1, UInt8(count))
        block.setPlain(2, UInt16(prefixLength))
        block.setPlain(4, UInt32(0))
    }

    /// The header must be set.
    func setHeads(_ draft: NodeDraft, _ range: Range<Int>) {
        for index in 0..<Node.padded(count) {
            let head = index < range.count ? draft.head(range.lowerBound + index) : Int32.max
            block.setPlain(Node.headerByteCount + 4 * index, head)
        }
    }

    var byteCount: Int {
        level == 0
            ? LeafNode.byteCount(slotCount: count)
            : InnerNode.byteCount(childCount: count, prefixLength: prefixLength)
    }
}

/// Up to 48 keys in order: heads, then the handles of their newest entries.
@safe struct LeafNode {
    static let slotCountMax = 48

    let node: Node

    @inline(__always)
    init(_ node: Node) {
        self.node = node
    }

    @inline(__always) var count: Int { node.count }

    static func byteCount(slotCount: Int) -> Int { Node.headerByteCount + 8 * Node.padded(slotCount) }

    @inline(__always)
    private var handlesOffset: Int { Node.headerByteCount + 4 * Node.padded(count) }

    @inline(__always)
    func handle(_ index: Int) -> UInt32 { node.block.shared32(handlesOffset + 4 * index) }

    /// The entry must be complete: readers meet it from here on.
    func setHandle(_ index: Int, _ handle: UInt32) {
        node.block.setShared32(handlesOffset + 4 * index, handle)
    }

    /// Where a key with the leaf's common prefix would stand by its head alone, and how many slots share the head.
    @inline(__always)
    func candidates(for key: RawKey) -> Range<Int> {
        let count = count
        let head = key.head(at: node.prefixLength)
        // Padding can be equal to the highest head, never below one.
        let lower = node.block.countBelow(head, Node.headerByteCount, Node.padded(count))
        var upper = lower
        while upper < count, node.head(upper) == head { upper += 1 }
        return lower..<upper
    }

    /// The entry of `key`, 0 when there is none.
    ///
    /// Needs no look at the common prefix: a key without it equals no key here.
    @inline(__always)
    func find(_ key: RawKey, in memory: ArenaMemory) -> UInt32 {
        var range = candidates(for: key)
        if range.count > 1 { fetch(range, in: memory) }
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let handle = handle(middle)
            let entry = memory.entry(handle)
            entry.prefetchRest()
            let itsKey = entry.key
            let common = key.commonLength(with: itsKey)
            let order = key.order(itsKey, common: common)
            if order == 0 { return handle }
            range = order < 0 ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        return 0
    }

    /// Has the processor fetch entries that a binary search of `range` may touch first, all at once.
    @inline(__always)
    private func fetch(_ range: Range<Int>, in memory: ArenaMemory) {
        let step = max(1, range.count / Node.tieFetchCount)
        var index = range.lowerBound + range.count / 2 % step
        while index < range.upperBound {
            memory.block(handle(index)).prefetchLine(Entry.headerByteCount)
            index += step
        }
    }

    /// Where `key` is or would be.
    ///
    /// Has the first `fetchCount` entries from there on fetched while it waits for the one to compare with.
    func search(_ key: RawKey, in memory: ArenaMemory, fetching fetchCount: Int = 0) -> SlotSearch {
        var range = candidates(for: key)
        if range.count > 1 { fetch(range, in: memory) }
        for index in range.lowerBound..<min(count, range.lowerBound + fetchCount) {
            // The first is read at once, and whole; the others' turn comes.
            memory.block(handle(index)).prefetch(index == range.lowerBound ? Entry.fetchByteCount : 128)
        }
        var isBelow = false
        var common = 0
        if range.isEmpty {
            let neighbour = memory.entry(handle(min(range.lowerBound, count - 1))).key
            common = key.commonLength(with: neighbour)
            isBelow = key.order(neighbour, common: common) < 0
        }
        while !range.isEmpty {
            let middle = range.lowerBound + range.count / 2
            let handle = handle(middle)
            let itsKey = memory.entry(handle).key
            common = key.commonLength(with: itsKey)
            let order = key.order(itsKey, common: common)
            if order == 0 { return SlotSearch(index: middle, handle: handle, common: common) }
            isBelow = order < 0
            range = isBelow ? range.lowerBound..<middle : middle + 1..<range.upperBound
        }
        // Heads say nothing about a key that differs from all others before them.
        let index = common < node.prefixLength ? (isBelow ? 0 : count) : range.lowerBound
        return SlotSearch(index: index, handle: 0, common: common)
    }
}

extension LeafNode {
    /// How many slots from the first on hold keys below `bound` for sure, told without a look at them but one.
    ///
    /// `known` is a slot whose entry is at hand.
    @inline(__always)
    func countSurelyBelow(_ bound: RawKey, known: Int, in memory: ArenaMemory) -> Int {
        let key = memory.entry(handle(known)).key
        let prefixLength = node.prefixLength
        let common = bound.commonLength(with: key)
        if common < prefixLength { return bound.order(key, common: common) > 0 ? count : 0 }
        return node.block.countBelow(bound.head(at: prefixLength), Node.headerByteCount, Node.padded(count))
    }
}

/// Where a key is in a leaf, or would be.
struct SlotSearch {
    var index: Int
    /// Its entry; 0 when it is not there.
    var handle: UInt32
    /// Bytes that it has in common with a key of the leaf; when fewer than the leaf's prefix, with all of them.
    var common: Int
}

/// Up to 128 children: heads and handles of the separators between them, handles of the children, common prefix.
///
/// Child `n` holds the keys from separator `n - 1` on and below separator `n`.
@safe struct InnerNode {
    static let childCountMax = 128

    let node: Node

    @inline(__always)
    init(_ node: Node) {
        self.node = node
    }

    @inline(__always) var count: Int { node.count }

    static func byteCount(childCount: Int, prefixLength: Int) -> Int {
        Node.headerByteCount + 12 * Node.padded(childCount) + prefixLength
    }

    @inline(__always)
    func separator(_ index: Int) -> UInt32 {
        node.block.plain(Node.headerByteCount + 4 * Node.padded(count) + 4 * index, as: UInt32.self)
    }

    @inline(__always)
    private var childrenOffset: Int { Node.headerByteCount + 8 * Node.padded(count) }

    @inline(__always)
    func child(_ index: Int) -> UInt32 { node.block.shared32(childrenOffset + 4 * index) }

    /// The child must be complete: readers meet it from here on.
    func setChild(_ index: Int, _ handle: UInt32) {
        node.block.setShared32(childrenOffset + 4 * index, handle)
    }

    @inline(__always)
    private var prefix: RawKey {
        node.block.key(Node.headerByteCount + 12 * Node.padded(count), node.prefixLength)
    }

    /// Fills what is left of a new node whose heads are set.
    func setColumns(_ draft: NodeDraft, _ children: Range<Int>, prefix: RawKey) {
        let offset = Node.headerByteCount + 4 * Node.padded(count)
        for index in 0..<count - 1 {
            node.block.setPlain(offset + 4 * index, draft.reference(children.lowerBound + index))
        }
        for index in 0..<count { setChild(index, draft.child(children.lowerBound + index)) }
        node.block.setKey(Node.headerByteCount + 12 * Node.padded(count), prefix)
    }

    /// The child that holds `key` if any does.
    @inline(__always)
    func childIndex(for key: RawKey, in memory: ArenaMemory) -> Int {
        let prefix = prefix
        let common = key.commonLength(with: prefix)
        if common < prefix.count { return key.order(prefix, common: common) < 0 ? 0 : count - 1 }
        let separatorCount = count - 1
        let head = key.head(at: prefix.count)
        var lower = node.block.countBelow(head, Node.headerByteCount, Node.padded(count))
        var upper = lower
        while upper < separatorCount, node.head(upper) == head { upper += 1 }
        // Items of one partition key often share the head. What the search may touch is fetched at once.
        if upper - lower > 1 {
            for index in lower..<min(upper, lower + Node.tieFetchCount) {
                memory.block(separator(index)).prefetchLine(0)
            }
        }
        while lower < upper {
            let middle = lower + (upper - lower) / 2
            if key.order(Separator.key(memory.block(separator(middle)))) < 0 {
                upper = middle
            } else {
                lower = middle + 1
            }
        }
        return lower
    }
}

/// The shortest key between two neighbouring nodes: byte count (u16), bytes.
enum Separator {
    static func byteCount(_ key: RawKey) -> Int { 2 + key.count }

    @inline(__always)
    static func key(_ block: Block) -> RawKey { block.key(2, Int(block.plain(0, as: UInt16.self))) }

    static func initialize(_ block: Block, _ key: RawKey) {
        block.setPlain(0, UInt16(key.count))
        block.setKey(2, key)
    }
}
