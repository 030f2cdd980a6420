internal import Glibc
internal import VitrineSync

/// The process's standard error, where servers log.
@usableFromInline
enum StandardError {
    private static let lock = Locked(())

    /// Writes the bytes, those of one call together; what cannot be written is lost, for there is nobody to tell.
    @usableFromInline
    static func write(_ bytes: [UInt8]) {
        lock.withLock { _ in
            // The pointer is used inside the call only.
            unsafe bytes.withUnsafeBytes { buffer in
                var rest = unsafe buffer[...]
                while unsafe !rest.isEmpty {
                    let count = unsafe Glibc.write(
                        STDERR_FILENO,
                        UnsafeRawBufferPointer(rebasing: rest).baseAddress,
                        rest.count
                    )
                    if count < 0 && errno == EINTR { continue }
                    if count <= 0 { return }
                    unsafe rest = rest.dropFirst(count)
                }
            }
        }
    }
}
