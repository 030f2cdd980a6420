/// A file's bytes in memory, for reading only, for as long as the object lives.
///
/// The owner of the file must not cut it below `count` while a mapping is held: touching a page past the end of the
/// file ends the process (SIGBUS, mmap(2)).
@safe package final class FileMapping: @unchecked Sendable {
    // The memory is only ever read through here, and lives until deinit.
    private let base: UnsafePointer<UInt8>
    private let release: @Sendable (UnsafePointer<UInt8>) -> Void
    /// Bytes that are mapped.
    package let count: Int

    /// Takes over `count` bytes at `base`, which `release` gives back.
    package init(base: UnsafePointer<UInt8>, count: Int, release: @escaping @Sendable (UnsafePointer<UInt8>) -> Void) {
        unsafe self.base = unsafe base
        self.count = count
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
            let span = unsafe Span(_unsafeStart: base, count: count)
            return unsafe _overrideLifetime(span, borrowing: self)
        }
    }
}
