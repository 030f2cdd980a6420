internal import Glibc

/// A file's bytes in memory, for reading and writing, for as long as the object lives.
///
/// What is stored is with the operating system at once: it survives the end of the process, and the machine's after
/// `StorageFile.synchronize`. The owner preallocates the range, for a store that finds the disk full ends the process
/// (SIGBUS, mmap(2)), and must not cut the file below what is still read or written.
@safe package final class WritableMapping: @unchecked Sendable {
    /// Stands in for the copy: a simulated disk counts it, and can fail.
    package typealias Storing = @Sendable (_ bytes: UnsafeBufferPointer<UInt8>, _ offset: Int) throws(IOError) -> Void

    // Lives until deinit. Whoever stores keeps writers of one range apart and readers off it until the store returned.
    private let base: UnsafeMutablePointer<UInt8>
    private let storing: Storing?
    private let release: @Sendable (UnsafeMutablePointer<UInt8>) -> Void
    /// Bytes that are mapped.
    package let count: Int

    /// Takes over `count` bytes at `base`, which `release` gives back.
    package init(
        base: UnsafeMutablePointer<UInt8>,
        count: Int,
        storing: Storing?,
        release: @escaping @Sendable (UnsafeMutablePointer<UInt8>) -> Void
    ) {
        unsafe self.base = base
        self.count = count
        unsafe self.storing = unsafe storing
        unsafe self.release = unsafe release
    }

    deinit {
        unsafe release(base)
    }

    /// The mapped bytes.
    package var bytes: Span<UInt8> {
        @_lifetime(borrow self)
        get {
            // Valid until deinit, which the borrow of self holds off.
            let span = unsafe Span(_unsafeStart: UnsafePointer(base), count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }

    /// Copies `bytes` to `offset` of the file.
    ///
    /// - Throws: on a simulated disk only.
    package func store(_ bytes: Span<UInt8>, at offset: Int) throws(IOError) {
        precondition(offset >= 0 && offset <= count - bytes.count, "a store at \(offset) is outside of the mapping")
        try unsafe bytes.withUnsafeBufferPointer { bytes throws(IOError) in
            if let storing = unsafe storing { return try unsafe storing(bytes, offset) }
            guard let source = bytes.baseAddress else { return }
            unsafe (base + offset).update(from: source, count: bytes.count)
        }
    }

    /// Has the system make the pages of `range` ready for stores, so that these need not wait for it.
    ///
    /// Only ever saves time: where the system cannot, nothing happens.
    package func prefault(_ range: Range<Int>) {
        guard unsafe storing == nil, range.lowerBound >= 0, range.upperBound <= count, !range.isEmpty else { return }
        let populateWrite: Int32 = 23  // MADV_POPULATE_WRITE (Linux 5.14), which not every header names
        let start = range.lowerBound & ~4_095
        unsafe madvise(UnsafeMutableRawPointer(base + start), range.upperBound - start, populateWrite)
    }
}
