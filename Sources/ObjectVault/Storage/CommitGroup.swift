internal import VitrineIO

/// Which fan-out directories there are, and which of them hold only names that are safe from a crash.
struct NameTable: Sendable {
    let directory: VaultDirectory
    var present: Set<UInt8>
    var clean: Set<UInt8> = []

    init(directory: VaultDirectory, present: Set<UInt8>) {
        self.directory = directory
        self.present = present
    }
}

/// One group of changes, carried out together.
///
/// The order is what makes it safe: a file is flushed before it gets its name, so that no crash leaves a half object
/// under an id; and nobody is told before the directory is flushed, so that no crash takes a name back. A change that
/// fails on its own (no space, say) leaves the others alone; a flush that fails ends the whole group, and all
/// writing.
struct CommitGroup {
    private(set) var names: NameTable
    private let changes: [Change]
    private let health: VaultHealth
    private var results: [Result<Outcome, VaultError>?]
    /// Objects that got their names here and did not have them before.
    private var published: [ObjectID] = []
    /// Fan-out directories whose names have to be flushed.
    private var touched: Set<UInt8> = []
    /// Whether fan-out directories were made.
    private var hasNewFanOut = false

    private var directory: VaultDirectory { names.directory }
    private var disk: any FileSystem { names.directory.disk }

    init(changes: [Change], names: NameTable, health: VaultHealth) {
        self.changes = changes
        self.names = names
        self.health = health
        results = Array(repeating: nil, count: changes.count)
    }

    /// Carries the changes out and says of each what became of it.
    mutating func commit() -> [Result<Outcome, VaultError>] {
        do throws(VaultError) {
            try health.checkFlushes()
            try flush(writeFiles())
            for index in changes.indices where results[index] == nil { apply(index) }
            try flushNames()
        } catch {
            abandon(because: error)
        }
        return results.map { $0 ?? .success(.done) }
    }

    /// Writes the files of the `write` changes, without flushing.
    private mutating func writeFiles() -> [any StorageFile] {
        var files: [any StorageFile] = []
        for (index, change) in changes.enumerated() {
            guard case .write(let id, let bytes, let staged) = change else { continue }
            do throws(IOError) {
                let file = try disk.open(staged, .createNew)
                do throws(IOError) {
                    try file.writeAll(bytes.span, at: 0)
                } catch {
                    try? file.close()  // It is removed below: there is nothing to lose.
                    throw error
                }
                files.append(file)
            } catch {
                fail(index, error, "object \(id) cannot be written")
                discard(staged)
            }
        }
        return files
    }

    private func flush(_ files: [any StorageFile]) throws(VaultError) {
        defer {
            // A file that is flushed, or about to be removed, has nothing to lose by a failed close.
            for file in files { try? file.close() }
        }
        for file in files {
            do throws(IOError) {
                try file.synchronize()
            } catch {
                throw health.flushFailed(error)
            }
        }
    }

    /// Gives or takes a name.
    private mutating func apply(_ index: Int) {
        let change = changes[index]
        let id = change.id
        let path = directory.objectPath(id)
        do throws(IOError) {
            switch change {
            case .write(_, _, let staged), .publish(_, let staged):
                try makeFanOut(id.firstByte)
                let isNew = try disk.info(path) == nil
                try disk.rename(staged, to: path)
                if isNew { published.append(id) }
            case .confirm:
                if try disk.info(path) == nil { results[index] = .success(.isMissing) }
            case .remove:
                if try disk.info(path) == nil {
                    results[index] = .success(.isMissing)
                } else {
                    try disk.remove(path)
                }
            }
        } catch {
            fail(index, error, "object \(id) cannot be \(change.isRemoval ? "removed" : "given its name")")
            if let staged = change.staged { discard(staged) }
            return
        }
        switch change {
        case .write, .publish, .remove: names.clean.remove(id.firstByte)
        case .confirm: break
        }
        if names.present.contains(id.firstByte), !names.clean.contains(id.firstByte) { touched.insert(id.firstByte) }
    }

    /// Makes the fan-out directory if it is missing.
    private mutating func makeFanOut(_ firstByte: UInt8) throws(IOError) {
        if names.present.contains(firstByte) { return }
        try disk.createDirectory(directory.fanOutPath(firstByte))
        names.present.insert(firstByte)
        hasNewFanOut = true
    }

    private mutating func flushNames() throws(VaultError) {
        do throws(IOError) {
            for firstByte in touched.sorted() { try disk.synchronizeDirectory(directory.fanOutPath(firstByte)) }
            if hasNewFanOut { try disk.synchronizeDirectory(directory.objectsPath) }
        } catch {
            throw health.flushFailed(error)
        }
        names.clean.formUnion(touched)
    }

    private mutating func fail(_ index: Int, _ error: IOError, _ words: String) {
        results[index] = .failure(VaultError(error, words + " in the vault at \(directory.path)"))
    }

    /// Fails whatever has not failed by itself, and takes back the names that were given.
    private mutating func abandon(because error: VaultError) {
        for id in published { discard(directory.objectPath(id)) }
        for (index, change) in changes.enumerated() where !hasFailed(index) {
            if let staged = change.staged { discard(staged) }
            results[index] = .failure(error)
        }
    }

    private func hasFailed(_ index: Int) -> Bool {
        if case .failure = results[index] { true } else { false }
    }

    private func discard(_ path: String) {
        // What cannot be removed now is removed, or found whole, when the vault is opened next.
        try? disk.remove(path)
    }
}

extension Change {
    /// The file on its way, if the change has one.
    fileprivate var staged: String? {
        switch self {
        case .write(_, _, let staged), .publish(_, let staged): staged
        case .confirm, .remove: nil
        }
    }

    fileprivate var isRemoval: Bool {
        if case .remove = self { true } else { false }
    }
}
