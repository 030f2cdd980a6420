internal import Glibc
package import VitrineIO
internal import VitrineSync

/// What a test does to the disk, beside what the code under test does with it. None of it counts as an operation.
extension SimulatedFileSystem {
    /// Every operation so far, in order.
    package var log: [SimulatedOperation] { state.withLock { $0.log } }

    /// How many operations there have been: the index of the next.
    package var operationCount: Int { state.withLock { $0.log.count } }

    /// Whether the machine has stopped.
    package var hasCrashed: Bool { state.withLock { $0.hasCrashed } }

    /// What the code under test did that a real disk would punish later: flushing again after a flush that failed,
    /// cutting a file that somebody has mapped.
    package var misuses: [String] { state.withLock { $0.misuses } }

    /// Files that are open now.
    package var openFileCount: Int { state.withLock { $0.files.values.reduce(0) { $0 + $1.openCount } } }

    /// Locks that are held now.
    package var heldLockCount: Int { state.withLock { $0.lockHolders.count } }

    /// Bytes that all files hold.
    package var usedByteCount: Int64 { state.withLock { $0.usedByteCount } }

    // MARK: Crashes

    /// Has the machine stop at `point`, which is still to come.
    package func crash(at point: CrashPoint) {
        state.withLock { $0.crashPoint = point }
    }

    /// Stops the machine now.
    package func crash() {
        state.withLock { $0.hasCrashed = true }
    }

    /// The disk that the next process finds after `outcome`: with nothing open, no lock held and no fault left.
    ///
    /// This disk stays as it is, so that one crash can be looked at under every outcome and seed. Costs a copy of the
    /// files that have unflushed changes.
    package func restarted(after outcome: CrashOutcome, seed: UInt64 = 1) -> SimulatedFileSystem {
        SimulatedFileSystem(state.withLock { $0.restarted(after: outcome, seed: seed) })
    }

    // MARK: Faults

    /// Has operation `index` fail with `errno`, or all operations from it on; it then has no effect.
    package func fail(at index: Int, errno: Int32, _ extent: FaultExtent = .once) {
        fail(errno: errno, extent) { extent == .once ? $0.index == index : $0.index >= index }
    }

    /// Has the next operation that `applies` picks fail with `errno`, or all of them.
    ///
    /// `applies` runs under the disk's lock and must not call the disk.
    package func fail(
        errno: Int32,
        _ extent: FaultExtent = .once,
        where applies: @escaping @Sendable (SimulatedOperation) -> Bool
    ) {
        state.withLock { $0.faults.append(SimulatedFault(errno: errno, extent: extent, applies: applies)) }
    }

    /// Mends what `fail` broke.
    package func clearFaults() {
        state.withLock { $0.faults = [] }
    }

    /// Changes the capacity; `nil` lifts it.
    package func setCapacity(_ capacity: Int64?) {
        state.withLock { $0.capacity = capacity }
    }

    // MARK: Contents

    /// The bytes of a file as readers see them now, `nil` when there is no such file.
    package func contents(ofFile path: String) -> [UInt8]? {
        state.withLock { state in
            guard let node = (try? state.names.resolve(path))?.node else { return nil }
            return state.files[node]?.bytes
        }
    }

    /// Puts a file in place that is safe at once, as a test's starting point or as a damaged version of another.
    ///
    /// - Throws: `IOError` with `ENOENT` when its directory is missing, `EISDIR` when it is a directory.
    package func install(_ bytes: [UInt8], at path: String) throws(IOError) {
        do throws(SimulatedErrno) {
            try state.withLock { state throws(SimulatedErrno) in
                let place = try state.names.resolve(path)
                let node = try state.fileNode(at: place)
                var contents = SimulatedContents(durable: bytes)
                contents.openCount = state.files[node]?.openCount ?? 0
                state.files[node] = contents
                if let parent = place.parent { state.commitNames(of: parent) }
            }
        } catch {
            throw IOError(.write, path: path, errno: error.number, detail: error.detail)
        }
    }

    /// Inverts one bit of a file on the medium; bit 0 is the lowest of its byte.
    package func flipBit(_ bit: Int, ofByte offset: Int, in path: String) {
        precondition(bit >= 0 && bit < 8, "a byte has bits 0 to 7")
        state.withLock { state in
            guard let node = (try? state.names.resolve(path))?.node, let size = state.files[node]?.size else { return }
            precondition(offset >= 0 && offset < size, "\(path) has \(size) bytes")
            state.files[node]?.flip(bit: bit, at: offset)
        }
    }

    /// Runs `body` on a copy of this disk for each bit of `range` in turn, with that bit flipped.
    package func withEachBitFlipped(
        of path: String,
        in range: Range<Int>? = nil,
        _ body: (_ disk: SimulatedFileSystem, _ offset: Int, _ bit: Int) async throws -> Void
    ) async rethrows {
        let range = range ?? 0..<(contents(ofFile: path)?.count ?? 0)
        for offset in range {
            for bit in 0..<8 {
                let disk = restarted(after: .kept)
                disk.flipBit(bit, ofByte: offset, in: path)
                try await body(disk, offset, bit)
            }
        }
    }

    /// Runs `body` on a copy of this disk for each length below the file's own, with the file cut to it.
    package func withEachTruncation(
        of path: String,
        _ body: (_ disk: SimulatedFileSystem, _ length: Int) async throws -> Void
    ) async throws {
        let bytes = contents(ofFile: path) ?? []
        for length in bytes.indices {
            let disk = restarted(after: .kept)
            try disk.install(Array(bytes[..<length]), at: path)
            try await body(disk, length)
        }
    }
}
