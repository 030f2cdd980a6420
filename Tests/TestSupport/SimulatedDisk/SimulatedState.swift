internal import Glibc
internal import VitrineIO

/// Everything that the simulated disk's lock protects.
struct SimulatedState: Sendable {
    var names = SimulatedNames()
    var files: [NodeID: SimulatedContents] = [:]
    var lockHolders: [NodeID: Int] = [:]
    var log: [SimulatedOperation] = []
    var misuses: [String] = []

    var crashPoint: CrashPoint?
    var hasCrashed = false
    var faults: [SimulatedFault] = []
    var capacity: Int64?
    var hasShortTransfers: Bool
    var observer: DiskObserver?

    private var generator: SeededGenerator
    private var nextNode = SimulatedNames.root + 1
    private var nextSequence = 0
    private var commitCount = 0

    init(seed: UInt64, capacity: Int64?, hasShortTransfers: Bool) {
        generator = SeededGenerator(seed: seed)
        self.capacity = capacity
        self.hasShortTransfers = hasShortTransfers
    }

    // MARK: Every operation

    /// Notes an operation, ends in its crash or failure, or runs `body`.
    mutating func perform<Result>(
        _ operation: SimulatedOperation,
        onFailure: (inout SimulatedState) -> Void,
        _ body: (inout SimulatedState) throws(SimulatedErrno) -> Result
    ) throws(SimulatedErrno) -> Result {
        if hasCrashed || crashPoint == .before(operation.index) {
            hasCrashed = true
            throw SimulatedErrno.crashed
        }
        log.append(operation)
        let changesBefore = nextSequence + commitCount
        defer { noteChange(by: operation, since: changesBefore) }
        do throws(SimulatedErrno) {
            if let number = takeFault(for: operation) {
                onFailure(&self)
                throw SimulatedErrno(number, detail: "fault at #\(operation.index)")
            }
            let result = try body(&self)
            if crashPoint == .after(operation.index) {
                hasCrashed = true
                throw SimulatedErrno.crashed
            }
            return result
        } catch {
            log[operation.index].errno = error.number
            throw error
        }
    }

    private mutating func noteChange(by operation: SimulatedOperation, since changesBefore: Int) {
        guard nextSequence + commitCount != changesBefore else { return }
        log[operation.index].changesDisk = true
        observer?(self, log[operation.index])
    }

    private mutating func takeFault(for operation: SimulatedOperation) -> Int32? {
        guard let index = faults.firstIndex(where: { $0.applies(operation) }) else { return nil }
        let number = faults[index].errno
        if faults[index].extent == .once { faults.remove(at: index) }
        return number
    }

    // MARK: Changes

    mutating func takeSequence() -> Int {
        defer { nextSequence += 1 }
        return nextSequence
    }

    private mutating func takeNode() -> NodeID {
        defer { nextNode += 1 }
        return nextNode
    }

    /// Makes an empty file or directory under a name that is free.
    mutating func create(_ place: SimulatedPlace, isDirectory: Bool) throws(SimulatedErrno) -> NodeID {
        guard let parent = place.parent else { throw SimulatedErrno(EEXIST) }
        let node = takeNode()
        if isDirectory { names.addDirectory(node) } else { files[node] = SimulatedContents() }
        let entry = PendingNames.Entry(directory: parent, name: place.name)
        names.assign([(entry, node)], owner: parent, sequence: takeSequence())
        return node
    }

    /// The file of that name, made if there is none.
    mutating func fileNode(at place: SimulatedPlace) throws(SimulatedErrno) -> NodeID {
        guard let node = place.node else { return try create(place, isDirectory: false) }
        if names.isDirectory(node) { throw SimulatedErrno(EISDIR) }
        return node
    }

    /// Takes a name away from what it stands for.
    mutating func unlink(_ place: SimulatedPlace) throws(SimulatedErrno) {
        guard let parent = place.parent, let node = place.node else { throw SimulatedErrno(ENOENT) }
        let entry = PendingNames.Entry(directory: parent, name: place.name)
        names.assign([(entry, nil)], owner: parent, sequence: takeSequence())
        noteUnlinked(node)
    }

    /// Moves a name in one step; what had the new name loses it.
    mutating func rename(_ place: SimulatedPlace, to target: SimulatedPlace) throws(SimulatedErrno) {
        guard let parent = place.parent, let node = place.node, let newParent = target.parent else {
            throw SimulatedErrno(EBUSY)
        }
        if node == target.node { return }
        let old = PendingNames.Entry(directory: parent, name: place.name)
        let new = PendingNames.Entry(directory: newParent, name: target.name)
        names.assign([(old, nil), (new, node)], owner: newParent, sequence: takeSequence())
        if let replaced = target.node { noteUnlinked(replaced) }
    }

    private mutating func noteUnlinked(_ node: NodeID) {
        files[node]?.isLinked = false
        files[node]?.forgetMemoryIfUnreachable()
    }

    /// Makes the names in a directory safe.
    mutating func commitNames(of directory: NodeID) {
        if names.commit(directory) { commitCount += 1 }
    }

    /// Makes a file's bytes and size safe.
    mutating func commitContents(of node: NodeID) {
        guard let file = files[node] else { return }
        if !file.pending.isEmpty { commitCount += 1 }
        files[node]?.commit()
    }

    /// Bytes that files take up: those with a name, and those without that somebody has open.
    var usedByteCount: Int64 {
        files.values.reduce(0) { $0 + ($1.isLinked || $1.openCount > 0 ? Int64($1.size) : 0) }
    }

    /// How many of `count` bytes the disk takes or gives this time.
    mutating func transferCount(of count: Int) -> Int {
        guard hasShortTransfers, count > 1, UInt8.random(in: 0..<4, using: &generator) == 0 else { return count }
        return Int.random(in: 1..<count, using: &generator)
    }

    // MARK: Crashes

    /// What the next process finds.
    func restarted(after outcome: CrashOutcome, seed: UInt64) -> SimulatedState {
        var next = SimulatedState(seed: seed, capacity: capacity, hasShortTransfers: hasShortTransfers)
        next.nextNode = nextNode
        next.nextSequence = nextSequence
        if outcome == .kept || outcome == .interrupted {
            next.names = names
            next.files = files
            if outcome == .interrupted { next.interruptNewestWrite(seed: seed) }
            next.files = next.files.mapValues { $0.inherited() }
            return next
        }
        var generator = SeededGenerator(seed: seed)
        var sequences = names.pending.map(\.sequence)
        for file in files.values { sequences += file.pending.map(\.sequence) }
        let plan = CrashPlan(outcome, pendingSequences: sequences.sorted(), using: &generator)
        let survivors = names.surviving(plan, using: &generator)

        // Only what the root leads to is still there.
        var directories: [NodeID: [String: NodeID]] = [:]
        var unvisited = [SimulatedNames.root]
        while let directory = unvisited.popLast() {
            guard directories[directory] == nil else { continue }
            let entries = survivors[directory] ?? [:]
            directories[directory] = entries
            for node in entries.values {
                if let file = files[node] {
                    // A course of its own for each file: the order of a dictionary is no part of the seed.
                    var own = SeededGenerator(seed: seed ^ (UInt64(node) &* 0x9E37_79B9_7F4A_7C15))
                    _ = own.next()
                    next.files[node] = SimulatedContents(durable: file.image(after: plan, using: &own))
                } else {
                    unvisited.append(node)
                }
            }
        }
        next.names = SimulatedNames(durable: directories)
        return next
    }
}

extension SimulatedErrno {
    /// What every call answers once the machine is down.
    static var crashed: SimulatedErrno { SimulatedErrno(ESHUTDOWN, detail: "simulated crash") }
}

extension IOError {
    /// Whether the simulated disk answered so because it had crashed.
    package var isSimulatedCrash: Bool { errno == ESHUTDOWN && detail == SimulatedErrno.crashed.detail }
}
