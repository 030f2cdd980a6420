/// Keys that are to leave the index at once, with no delete in their place, by the leaves that they stand in.
///
/// For newest versions that nobody may be shown any more, such as those of expired items, and that have no older ones
/// behind them which a snapshot could ask for.
struct Withdrawal {
    /// Slots of one leaf.
    struct Run {
        let tree: Int
        let leaf: UInt32
        var slots: UInt64
    }

    private(set) var runs: [Run] = []
    private(set) var count = 0

    /// Adds a key's slot, unless it is there already, and says whether it did.
    ///
    /// Keys of one tree have to be added one after the other.
    mutating func add(_ slot: LeafSlot) -> Bool {
        let bit: UInt64 = 1 << UInt64(slot.index)
        var place = runs.count
        while place > 0, runs[place - 1].tree == slot.tree {
            place -= 1
            guard runs[place].leaf == slot.leaf else { continue }
            if runs[place].slots & bit != 0 { return false }
            runs[place].slots |= bit
            count += 1
            return true
        }
        runs.append(Run(tree: slot.tree, leaf: slot.leaf, slots: bit))
        count += 1
        return true
    }
}

/// Where the newest version of a key hangs, until the writer changes the tree.
struct LeafSlot: Equatable {
    let tree: Int
    let leaf: UInt32
    let index: Int
}

extension VersionedIndex {
    /// Has the root of a tree fetched, all of it, for it may well be the only leaf; does not wait for it.
    @inline(__always)
    func fetchRoot(ofTree number: Int) {
        memory.block(root(number).shared32(0)).prefetch(Node.prefetchByteCount)
    }

    /// As `fetchLeaf(of:)` for a key of the tree with this number.
    @inline(__always)
    func fetchLeaf(of key: Span<UInt8>, inTree number: Int) {
        withRawKey(key) { tree(number).fetchLeaf(of: $0) }
    }

    /// As `fetchEntry(of:)`, with all entries that a search for the key may look at, for their turn may come too.
    @inline(__always)
    func fetchEntries(around key: Span<UInt8>, inTree number: Int) {
        withRawKey(key) { key in
            guard let leaf = tree(number).leaf(for: key) else { return }
            let candidates = leaf.candidates(for: key)
            var index = min(candidates.lowerBound, leaf.count - 1)
            repeat {
                memory.block(leaf.handle(index)).prefetch(128)
                index += 1
            } while index < candidates.upperBound
        }
    }

    /// The newest version of `key`, which belongs to the tree with this number, and where it hangs.
    ///
    /// For the writer.
    func newestPlace(of key: Span<UInt8>, inTree number: Int) -> (entry: Entry, slot: LeafSlot)? {
        withRawKey(key) { key in
            guard let leaf = tree(number).leaf(for: key) else { return nil }
            let found = leaf.search(key, in: memory)
            guard found.handle != 0 else { return nil }
            let slot = LeafSlot(tree: number, leaf: memory.handle(of: leaf.node.block), index: found.index)
            return (memory.entry(found.handle), slot)
        }
    }

    /// Takes keys out whose newest versions have no older ones behind them, and hands over what each was.
    ///
    /// No key may have come or gone since the places were looked up.
    ///
    /// For the writer.
    func withdraw(_ withdrawal: Withdrawal, _ body: (Entry) -> Void) {
        for run in withdrawal.runs {
            withWriter { $0.withdraw(run, root(run.tree), body) }
        }
    }
}
