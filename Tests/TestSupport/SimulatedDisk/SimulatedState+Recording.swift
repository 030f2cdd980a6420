internal import VitrineIO
internal import VitrineSync

/// Told of each operation that changed the disk, under its lock, before the caller hears of it.
typealias DiskObserver = @Sendable (borrowing SimulatedState, SimulatedOperation) -> Void

extension SimulatedFileSystem {
    /// Has `observer` told of every change from now on, or nobody.
    func observe(_ observer: DiskObserver?) {
        state.withLock { $0.observer = observer }
    }
}

extension SimulatedState {
    /// The disk as it is now, untouched by what happens next.
    func frozen() -> SimulatedState {
        var copy = self
        copy.log = []
        copy.observer = nil
        copy.lockHolders = [:]
        copy.files = files.mapValues { $0.frozen() }
        return copy
    }

    /// Whether a loss of power could take anything.
    var hasUnflushedChanges: Bool {
        !names.pending.isEmpty || files.values.contains { !$0.pending.isEmpty }
    }

    /// The newest write gets as far as a seeded part of its bytes.
    mutating func interruptNewestWrite(seed: UInt64) {
        var newest: (node: NodeID, sequence: Int)?
        for (node, file) in files {
            guard let sequence = file.pending.last?.sequence, sequence > newest?.sequence ?? -1 else { continue }
            newest = (node, sequence)
        }
        guard let newest else { return }
        var generator = SeededGenerator(seed: seed)
        files[newest.node]?.interruptNewestWrite(using: &generator)
    }

    /// A number that differs, as good as always, between disks that a process could tell apart.
    func fingerprint(_ outcome: CrashOutcome) -> UInt64 {
        var sum = CRC32C()
        var other: UInt64 = outcome == .kept || outcome == .interrupted ? 1 : 0
        for (directory, entries) in names.seen.sorted(by: { $0.key < $1.key }) {
            for (name, node) in entries.sorted(by: { $0.key < $1.key }) {
                sum.update("\(directory)/\(name)".utf8)
                guard let file = files[node] else { continue }
                let bytes = file.bytes
                sum.update(bytes.span)
                other = (other ^ UInt64(bytes.count)) &* 0x0000_0100_0000_01B3 ^ UInt64(sum.value)
                if !file.pending.isEmpty { sum.update(file.durable.span) }
            }
        }
        return other << 32 ^ UInt64(sum.value) ^ other >> 32
    }
}

extension SimulatedContents {
    /// The same bytes, in no memory that others go on writing to.
    func frozen() -> SimulatedContents {
        var copy = self
        copy.freeze()
        return copy
    }
}

extension CRC32C {
    fileprivate mutating func update(_ text: some Collection<UInt8>) {
        update(Array(text).span)
    }
}
