internal import Glibc

/// A change to a file's bytes or size that no flush has made safe yet.
struct PendingChange: Sendable {
    enum Kind: Sendable {
        case write(offset: Int, bytes: [UInt8])
        case resize(to: Int)
    }

    /// Its place among all changes of the disk, names included.
    let sequence: Int
    let kind: Kind
}

/// One simulated file: what readers see, what a crash cannot take, and the changes between the two.
struct SimulatedContents: Sendable {
    /// What the disk has for certain.
    private(set) var durable: [UInt8] = []
    /// Changes since the last flush, oldest first.
    private(set) var pending: [PendingChange] = []
    /// The size that readers see.
    private(set) var size = 0
    /// The bytes that readers see; `nil` until they are asked for, and then the same as `durable`.
    private(set) var memory: SimulatedMemory?
    /// The bytes that readers saw when the file was frozen, where those are not `durable` with `pending`.
    private var frozenBytes: [UInt8]?
    /// Whether a name leads to it.
    var isLinked = true
    /// How many open files stand on it.
    var openCount = 0
    /// Whether a flush failed.
    private(set) var hasFailedFlush = false
    /// What a failed flush dropped and nobody has written again since: as long as there is any, a flush that succeeds
    /// tells a lie.
    private(set) var dropped: [Range<Int>] = []

    /// An empty file.
    init() {}

    /// A file that is on the disk with these bytes.
    init(durable: [UInt8]) {
        self.durable = durable
        size = durable.count
    }

    /// Makes `memory` stand for the bytes.
    mutating func materialize() throws(SimulatedErrno) -> SimulatedMemory {
        if let memory { return memory }
        guard let fresh = SimulatedMemory(durable) else { throw SimulatedErrno(ENOMEM, detail: "simulated file") }
        memory = fresh
        return fresh
    }

    /// The bytes that readers see.
    var bytes: [UInt8] {
        if let memory { return memory.bytes(size) }
        if let frozenBytes { return frozenBytes }
        var image = durable
        for change in pending { change.apply(to: &image) }
        return image
    }

    /// Notes a write of `bytes`, which the caller has checked against every limit.
    mutating func write(
        _ bytes: UnsafeBufferPointer<UInt8>,
        at offset: Int,
        sequence: Int
    ) throws(SimulatedErrno) {
        unsafe try materialize().store(bytes, at: offset)
        size = max(size, offset + bytes.count)
        noteRewritten(offset..<offset + bytes.count)
        let copy = unsafe [UInt8](bytes)
        pending.append(PendingChange(sequence: sequence, kind: .write(offset: offset, bytes: copy)))
    }

    /// Notes a new size.
    mutating func resize(to newSize: Int, sequence: Int) throws(SimulatedErrno) {
        let memory = try materialize()
        // Bytes past the end must read as zeros should the file grow again.
        if newSize < size {
            memory.clear(newSize..<size)
            noteRewritten(newSize..<size)
        }
        size = newSize
        pending.append(PendingChange(sequence: sequence, kind: .resize(to: newSize)))
    }

    /// Makes all changes safe; those that a failed flush dropped are not among them.
    mutating func commit() {
        for change in pending { change.apply(to: &durable) }
        pending = []
    }

    /// A flush failed: the system forgets what it could not write and counts the pages as clean.
    mutating func dropPending() {
        for case .write(let offset, let bytes) in pending.map(\.kind) { dropped.append(offset..<offset + bytes.count) }
        pending = []
        hasFailedFlush = true
    }

    /// These bytes will be written anew, or are gone.
    private mutating func noteRewritten(_ range: Range<Int>) {
        if dropped.isEmpty { return }
        dropped = dropped.flatMap { lost in
            [lost.clamped(to: 0..<max(0, range.lowerBound)), lost.clamped(to: range.upperBound..<Int.max)]
        }.filter { !$0.isEmpty }
    }

    /// Damages the medium under the file: one bit, on the disk and for readers.
    mutating func flip(bit: Int, at offset: Int) {
        memory?.flip(bit: bit, at: offset)
        if offset < durable.count { durable[offset] ^= 1 << UInt8(bit) }
    }

    /// Gives up the memory of a file that nobody can reach any more.
    mutating func forgetMemoryIfUnreachable() {
        if !isLinked, openCount == 0 { memory = nil }
    }

    /// The same file for the next process on a machine that went on running.
    func inherited() -> SimulatedContents {
        var copy = self
        copy.openCount = 0
        copy.hasFailedFlush = false
        copy.dropped = []
        copy.frozenBytes = nil
        let isChanged = memory != nil || frozenBytes != nil || !pending.isEmpty
        copy.memory = isLinked && isChanged ? SimulatedMemory(bytes) : nil
        return copy
    }

    /// Lets go of the memory, which its owner goes on writing to.
    mutating func freeze() {
        // What a failed flush dropped is in memory only.
        if hasFailedFlush { frozenBytes = bytes }
        memory = nil
    }

    /// The newest change, a write, gets as far as its first bytes, or as some of its 64-byte lines.
    mutating func interruptNewestWrite(using generator: inout SeededGenerator) {
        guard let change = pending.popLast() else { return }
        guard case .write(let offset, let bytes) = change.kind, bytes.count > 1 else {
            pending.append(change)
            return
        }
        memory = nil
        if Bool.random(using: &generator) {
            let part = Array(bytes.prefix(Int.random(in: 0..<bytes.count, using: &generator)))
            pending.append(PendingChange(sequence: change.sequence, kind: .write(offset: offset, bytes: part)))
        } else {
            for start in stride(from: 0, to: bytes.count, by: 64) where Bool.random(using: &generator) {
                let line = Array(bytes[start..<min(start + 64, bytes.count)])
                pending.append(
                    PendingChange(sequence: change.sequence, kind: .write(offset: offset + start, bytes: line))
                )
            }
        }
        var newSize = durable.count
        for change in pending { newSize = change.size(after: newSize) }
        size = newSize
    }
}

extension PendingChange {
    /// Carries the change out, whole.
    func apply(to image: inout [UInt8]) {
        switch kind {
        case .resize(let size):
            image.resize(to: size)
        case .write(let offset, let bytes):
            if image.count < offset + bytes.count { image.resize(to: offset + bytes.count) }
            image.overwrite(with: bytes[...], at: offset)
        }
    }

    /// The size that the file has afterwards, when it had `size` before.
    func size(after size: Int) -> Int {
        switch kind {
        case .resize(let newSize): newSize
        case .write(let offset, let bytes): max(size, offset + bytes.count)
        }
    }
}

extension [UInt8] {
    mutating func resize(to size: Int) {
        if size < count {
            removeLast(count - size)
        } else {
            append(contentsOf: [UInt8](repeating: 0, count: size - count))
        }
    }

    /// Copies `bytes` over those at `offset`, which are there.
    mutating func overwrite(with bytes: ArraySlice<UInt8>, at offset: Int) {
        precondition(offset >= 0 && offset + bytes.count <= count)
        unsafe withUnsafeMutableBufferPointer { target in
            unsafe bytes.withUnsafeBufferPointer { source in
                guard let to = target.baseAddress, let from = source.baseAddress else { return }
                unsafe (to + offset).update(from: from, count: source.count)
            }
        }
    }
}
