internal import Glibc

/// A file or directory of the simulated disk, whatever it is called.
typealias NodeID = Int

/// Where a path leads.
struct SimulatedPlace {
    /// The directory that holds the name; `nil` for the root, which no directory holds.
    let parent: NodeID?
    /// The last part of the path.
    let name: String
    /// What the name stands for, `nil` when there is nothing.
    let node: NodeID?
}

/// A change to the names in one or two directories that no flush of theirs has made safe yet; it happens whole or
/// not at all.
struct PendingNames: Sendable {
    struct Entry: Hashable, Sendable {
        let directory: NodeID
        let name: String
    }

    /// Its place among all changes of the disk, file contents included.
    let sequence: Int
    /// The directory whose flush makes it safe: for a rename, the one that holds the new name.
    let owner: NodeID
    /// What each name stands for afterwards.
    let assignments: [(entry: Entry, node: NodeID?)]
}

/// The directories of the simulated disk: the names that callers see and those that a crash cannot take.
struct SimulatedNames: Sendable {
    static let root: NodeID = 0

    private(set) var seen: [NodeID: [String: NodeID]] = [root: [:]]
    private(set) var durable: [NodeID: [String: NodeID]] = [root: [:]]
    private(set) var pending: [PendingNames] = []
    // Splitting a path costs more than everything else that a short operation does.
    private var parts: [String: [String]] = [:]

    /// Only a root, with nothing in it.
    init() {}

    /// Directories that are on the disk as given.
    init(durable: [NodeID: [String: NodeID]]) {
        self.durable = durable
        seen = durable
    }

    func isDirectory(_ node: NodeID) -> Bool { seen[node] != nil }

    /// Follows `path` as path_resolution(7) does, without links; relative paths start at the root.
    mutating func resolve(_ path: String) throws(SimulatedErrno) -> SimulatedPlace {
        let place = try resolveParent(path)
        guard let parent = place.parent else { return place }
        return SimulatedPlace(parent: parent, name: place.name, node: try lookup(place.name, in: parent))
    }

    /// Follows `path` up to its last part, without looking that up.
    mutating func resolveParent(_ path: String) throws(SimulatedErrno) -> SimulatedPlace {
        let parts = try parts(of: path)
        guard let name = parts.last else { return SimulatedPlace(parent: nil, name: "", node: SimulatedNames.root) }
        var directory = SimulatedNames.root
        for part in parts.dropLast() {
            guard let next = try lookup(part, in: directory) else { throw SimulatedErrno(ENOENT) }
            guard isDirectory(next) else { throw SimulatedErrno(ENOTDIR) }
            directory = next
        }
        return SimulatedPlace(parent: directory, name: name, node: nil)
    }

    private func lookup(_ name: String, in directory: NodeID) throws(SimulatedErrno) -> NodeID? {
        if name.utf8.count > Int(NAME_MAX) { throw SimulatedErrno(ENAMETOOLONG) }
        return seen[directory]?[name]
    }

    private mutating func parts(of path: String) throws(SimulatedErrno) -> [String] {
        if let known = parts[path] { return known }
        if path.isEmpty { throw SimulatedErrno(ENOENT) }
        if path.utf8.contains(0) { throw SimulatedErrno(EINVAL) }
        if path.utf8.count >= Int(PATH_MAX) { throw SimulatedErrno(ENAMETOOLONG) }
        var result: [String] = []
        for part in path.split(separator: "/") where part != "." {
            if part == ".." {
                _ = result.popLast()
            } else {
                result.append(String(part))
            }
        }
        parts[path] = result
        return result
    }

    /// Gives names their new meaning for all who look, and notes what a crash may still undo.
    mutating func assign(_ assignments: [(PendingNames.Entry, NodeID?)], owner: NodeID, sequence: Int) {
        for (entry, node) in assignments { seen[entry.directory]?[entry.name] = node }
        pending.append(
            PendingNames(sequence: sequence, owner: owner, assignments: assignments.map { (entry: $0.0, node: $0.1) })
        )
    }

    /// Notes a directory that exists, without a name yet.
    mutating func addDirectory(_ node: NodeID) {
        seen[node] = [:]
        durable[node] = [:]
    }

    /// Makes the names in `directory` safe, and with them whatever happened to the same names before.
    ///
    /// Returns whether there was anything to do.
    mutating func commit(_ directory: NodeID) -> Bool {
        var chosen: [PendingNames] = []
        var left: [PendingNames] = []
        var entries: Set<PendingNames.Entry> = []
        for change in pending.reversed() {
            if change.owner == directory || change.assignments.contains(where: { entries.contains($0.entry) }) {
                entries.formUnion(change.assignments.map(\.entry))
                chosen.append(change)
            } else {
                left.append(change)
            }
        }
        pending = left.reversed()
        for change in chosen.reversed() { SimulatedNames.apply(change, to: &durable) }
        return !chosen.isEmpty
    }

    /// The flush of `directory` failed: what was to become safe never will.
    mutating func dropPending(of directory: NodeID) {
        pending.removeAll { $0.owner == directory }
    }

    /// The names that a crash leaves.
    func surviving(_ plan: CrashPlan, using generator: inout SeededGenerator) -> [NodeID: [String: NodeID]] {
        var names = durable
        var refused: Set<PendingNames.Entry> = []
        for change in pending {
            let survives =
                switch plan {
                case .lost: false
                case .cut(let cut): change.sequence < cut
                case .tornEach: true
                case .reordered:
                    !change.assignments.contains { refused.contains($0.entry) } && Bool.random(using: &generator)
                }
            if survives {
                SimulatedNames.apply(change, to: &names)
            } else {
                refused.formUnion(change.assignments.map(\.entry))
            }
        }
        return names
    }

    private static func apply(_ change: PendingNames, to names: inout [NodeID: [String: NodeID]]) {
        for (entry, node) in change.assignments { names[entry.directory, default: [:]][entry.name] = node }
    }
}
