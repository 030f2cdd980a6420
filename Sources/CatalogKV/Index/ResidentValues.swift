/// How much memory values beside their keys may take, and which of them goes when there is none left.
///
/// Values that are written are taken while the budget lasts; others come in when they are read (`IndexWriter.admit`).
/// Then those go that were not read since the clock's hand passed them last (second chance; F. Corbató, "A Paging
/// Experiment with the Multics System", 1968).
struct ResidentValues {
    /// Larger values are read from the journal, where a wait for memory counts for less.
    static let valueByteCountMax = 1_024

    /// The most bytes of values.
    let byteCountMax: Int
    /// Bytes of values in entries that are not freed yet.
    private(set) var byteCount = 0
    /// What of the budget is taken.
    var takenByteCount: Int { byteCount + vacatedByteCount }
    /// Bytes of blocks that stand empty because a value came in by being read: its entry moved to a larger block.
    ///
    /// They serve new entries and those whose value goes again, and till then count against the budget.
    private(set) var vacatedByteCount = 0
    /// The tree that the clock's hand is in, and the key it has passed.
    var handTree = 0
    var handKey: [UInt8] = []

    init(byteCountMax: Int) {
        self.byteCountMax = byteCountMax
    }

    /// Whether there is room for a value.
    ///
    /// One that takes the place of another gets some beyond the budget, for the other has not gone yet.
    func admits(_ count: Int, replacing old: RawValue? = nil) -> Bool {
        guard count <= min(ResidentValues.valueByteCountMax, byteCountMax) else { return false }
        return takenByteCount + count <= byteCountMax + (old == nil ? 0 : byteCountMax / 8)
    }

    mutating func add(_ count: Int) { byteCount += count }
    mutating func remove(_ count: Int) { byteCount -= count }

    /// Counts the block that an entry left, or with a negative count the one that it went back to, of the `free` bytes
    /// that the arena has.
    mutating func noteVacated(_ count: Int, free: Int) {
        vacatedByteCount = max(0, min(vacatedByteCount + count, free))
    }
}

extension IndexWriter {
    /// A reader does this, and writers wait for it.
    private static let visitCountMax = 16
    private static let stepCount = 8

    /// Puts a value beside the key whose newest version has `sequence` and no value yet, if there is room or others can
    /// be let go of; returns whether it did.
    ///
    /// Versions that still have an older one behind them stay as they are until that has gone.
    mutating func admit(
        _ value: RawValue,
        _ key: RawKey,
        _ sequence: UInt64,
        in root: Block,
        trees: (count: Int, root: (Int) -> Block)
    ) -> Bool {
        // What the clock lets go of is written anew without its value.
        guard arena.makeRoom() else { return false }
        if !resident.admits(value.bytes.count) { turnClock(for: value.bytes.count, trees) }
        guard resident.admits(value.bytes.count) else { return false }
        guard let leaf = descend(to: key, from: root) else { return false }
        let found = leaf.search(key, in: memory)
        guard found.handle != 0 else { return false }
        let entry = memory.entry(found.handle)
        guard entry.sequence == sequence, entry.previous == 0, !entry.isDeleted, entry.value == nil else {
            return false
        }
        exchange(found, in: leaf, value)
        return true
    }

    /// Moves the hand on until there is room for `count` bytes, or has looked at as many entries as one call may.
    private mutating func turnClock(for count: Int, _ trees: (count: Int, root: (Int) -> Block)) {
        // Above every key: no table has this number.
        let end = [UInt8](repeating: 0xFF, count: 4)
        var visitCount = 0
        while visitCount < IndexWriter.visitCountMax, !resident.admits(count) {
            var seen: [UInt32] = []
            let root = trees.root(resident.handTree)
            withRawKey(resident.handKey.span) { lower in
                withRawKey(end.span) { upper in
                    let tree = PartitionTree(memory: memory, root: root)
                    var cursor = EntryCursor(tree, from: lower, to: upper, at: .max)
                    while seen.count < IndexWriter.stepCount, let entry = cursor.next() {
                        seen.append(memory.handle(of: entry.block))
                    }
                }
            }
            visitCount += 1 + seen.count
            if let last = seen.last, seen.count == IndexWriter.stepCount {
                resident.handKey = memory.entry(last).key.withSpan { $0.bytes } + [0]
            } else {
                resident.handKey = []
                resident.handTree = (resident.handTree + 1) & (trees.count - 1)
            }
            for handle in seen { pass(handle, in: root) }
        }
    }

    /// Lets the value of an entry go unless it was read or there are older versions behind it.
    private mutating func pass(_ handle: UInt32, in root: Block) {
        let entry = memory.entry(handle)
        guard entry.value != nil, !entry.takeRead(), entry.previous == 0 else { return }
        guard let leaf = descend(to: entry.key, from: root) else { return }
        let found = leaf.search(entry.key, in: memory)
        if found.handle == handle { exchange(found, in: leaf, nil) }
    }

    /// Puts the same version with another value, or without, in the place of an entry that has no older ones: nothing
    /// but the leaf knows such an entry.
    private mutating func exchange(_ found: SlotSearch, in leaf: LeafNode, _ value: RawValue?) {
        let old = memory.entry(found.handle)
        let handle = makeBlock(old.key, old.version, previous: 0, value)
        leaf.setHandle(found.index, handle)
        resident.remove(old.value?.bytes.count ?? 0)
        let bare = Entry.byteCount(keyByteCount: old.key.count, hasExpiry: old.hasExpiry, valueByteCount: nil)
        let vacated = Int(EntryArena.units(bare)) * EntryArena.unit
        resident.noteVacated(value == nil ? -vacated : vacated, free: arena.freeByteCount)
        queue.unlink(found.handle, EntryArena.units(old.byteCount))
    }
}
