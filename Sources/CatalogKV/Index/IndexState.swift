/// The index's own words, each in lines of its own, and the roots of the trees, side by side.
@safe struct SharedWords: @unchecked Sendable {
    private static let stride = 128

    // Atomics, alive until destroy.
    private let words: UnsafeMutableRawPointer

    init(partitionCount: Int) {
        let byteCount = 2 * SharedWords.stride + 4 * partitionCount
        unsafe words = UnsafeMutableRawPointer.allocate(byteCount: byteCount, alignment: SharedWords.stride)
        unsafe words.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount)
    }

    func destroy() {
        unsafe words.deallocate()
    }

    /// The highest sequence that readers see.
    @inline(__always) var visible: SharedWord { unsafe SharedWord(words) }
    /// What the writer has announced: see `SnapshotRegistry`.
    @inline(__always) var floor: SharedWord { unsafe SharedWord(words + SharedWords.stride) }

    @inline(__always)
    func root(_ partition: Int) -> Block { unsafe Block(words + 2 * SharedWords.stride + 4 * partition) }
}

/// The writer's state behind a pointer, which spares its fields the checks for exclusive access.
@safe struct WriterState: @unchecked Sendable {
    private struct State: ~Copyable {
        var writer: IndexWriter
        /// Superseded versions at which it is worth the while to look for the oldest snapshot again.
        var dueCount = WriterState.step
    }

    private static let step = 64

    // Used by the one writer only: whoever holds the engine's writer lock.
    private let pointer: UnsafeMutablePointer<State>

    init(_ writer: consuming IndexWriter) {
        unsafe pointer = .allocate(capacity: 1)
        unsafe pointer.initialize(to: State(writer: writer))
    }

    func destroy() {
        with { $0.destroy() }
        unsafe pointer.deinitialize(count: 1)
        unsafe pointer.deallocate()
    }

    /// Runs `body` with the writer, which must not be used otherwise meanwhile.
    @inline(__always)
    func with<Result>(_ body: (inout IndexWriter) -> Result) -> Result {
        unsafe body(&pointer.pointee.writer)
    }

    /// Whether there is enough to give back to look for it.
    @inline(__always) var isDue: Bool {
        unsafe pointer.pointee.writer.queue.hasFullBatch
            || pointer.pointee.writer.queue.supersededCount >= pointer.pointee.dueCount
    }

    /// Looks again after some more versions, however many a snapshot holds up.
    func wait() {
        unsafe pointer.pointee.dueCount = pointer.pointee.writer.queue.supersededCount + WriterState.step
    }
}
