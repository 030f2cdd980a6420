#if Zstd
internal import VitrineCZstd
internal import VitrineSync

/// zstd's frames (RFC 8878), a buffer at a time.
enum Zstandard {
    /// A compressor's or decompressor's tables; whoever took it out of the pool is the only one to use it.
    @safe private final class Context: @unchecked Sendable {
        // Unchecked: the pool hands each out to one caller at a time.
        let compressor: OpaquePointer
        let decompressor: OpaquePointer

        init?() {
            guard let compressor = unsafe ZSTD_createCCtx() else { return nil }
            guard let decompressor = unsafe ZSTD_createDCtx() else {
                unsafe ZSTD_freeCCtx(compressor)
                return nil
            }
            unsafe self.compressor = compressor
            unsafe self.decompressor = decompressor
        }

        deinit {
            unsafe ZSTD_freeCCtx(compressor)
            unsafe ZSTD_freeDCtx(decompressor)
        }
    }

    /// Making tables costs more than a chunk does; more than so many are not kept.
    private static let keptMax = 16
    private static let pool: Locked<[Context]> = Locked([])

    /// `bytes` compressed, or `nil` when that takes more than `byteCountMax` bytes.
    static func compress(_ bytes: Span<UInt8>, level: Int, byteCountMax: Int) throws -> [UInt8]? {
        guard let context = take() else {
            throw VaultError(.ioFailed, "zstd has no memory for a compressor: leave more to the process")
        }
        defer { giveBack(context) }
        // The output lies within its buffer, whose size zstd is told; it fails where more would be needed.
        var isWhole = false
        let output = unsafe [UInt8](unsafeUninitializedCapacity: byteCountMax) { output, count in
            let written = unsafe bytes.withUnsafeBytes { input in
                unsafe ZSTD_compressCCtx(
                    context.compressor,
                    output.baseAddress,
                    output.count,
                    input.baseAddress,
                    input.count,
                    Int32(level)
                )
            }
            isWhole = ZSTD_isError(written) == 0
            count = isWhole ? written : 0
        }
        return isWhole ? output : nil
    }

    /// What `bytes` decompress to, if that is exactly `byteCount` bytes.
    static func decompress(_ bytes: Span<UInt8>, byteCount: Int) -> [UInt8]? {
        guard let context = take() else { return nil }
        defer { giveBack(context) }
        var isWhole = false
        let output = unsafe [UInt8](unsafeUninitializedCapacity: max(1, byteCount)) { output, count in
            // Bounded by the buffer, whatever the frame claims.
            let written = unsafe bytes.withUnsafeBytes { input in
                unsafe ZSTD_decompressDCtx(
                    context.decompressor,
                    output.baseAddress,
                    byteCount,
                    input.baseAddress,
                    input.count
                )
            }
            isWhole = ZSTD_isError(written) == 0 && written == byteCount
            count = isWhole ? written : 0
        }
        return isWhole ? output : nil
    }

    private static func take() -> Context? {
        pool.withLock { $0.popLast() } ?? Context()
    }

    private static func giveBack(_ context: Context) {
        // What is not kept is freed outside of the lock.
        let surplus = pool.withLock { pool -> Context? in
            if pool.count >= keptMax { return context }
            pool.append(context)
            return nil
        }
        _ = surplus
    }
}
#endif
