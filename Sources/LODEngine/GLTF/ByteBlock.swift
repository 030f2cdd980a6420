internal import VitrineIO

/// Bytes in memory or in a mapped file, or a part of them; copies and slices share them.
struct ByteBlock: Sendable {
    private enum Storage {
        case memory([UInt8])
        case mapping(FileMapping)
    }

    private let storage: Storage
    private let range: Range<Int>

    /// All of `bytes`.
    init(_ bytes: [UInt8]) {
        storage = .memory(bytes)
        range = 0..<bytes.count
    }

    private init(_ storage: Storage, _ range: Range<Int>) {
        self.storage = storage
        self.range = range
    }

    /// Maps the file at `path`.
    ///
    /// - Throws: `LODError` with `ioFailed` or `limitExceeded`.
    static func load(_ path: String, of fileSystem: any FileSystem, bytesMax: Int) throws -> ByteBlock {
        do {
            let file = try fileSystem.open(path, .read)
            defer { try? file.close() }
            let size = try file.size()
            guard size <= Int64(bytesMax) else {
                throw LODError(.limitExceeded, "\(path): \(size) bytes, at most \(bytesMax) allowed", file: path)
            }
            guard size > 0 else { return ByteBlock([]) }
            return ByteBlock(.mapping(try file.map(count: Int(size))), 0..<Int(size))
        } catch let error as IOError {
            throw LODError(.ioFailed, "\(path): the file could not be read", cause: error, file: path)
        }
    }

    /// Bytes in it.
    var count: Int { range.count }

    /// The part of it at `part`, counted from its own start; `nil` where it does not reach so far.
    func slice(_ part: Range<Int>) -> ByteBlock? {
        guard part.lowerBound >= 0, part.upperBound <= count else { return nil }
        return ByteBlock(storage, range.lowerBound + part.lowerBound..<range.lowerBound + part.upperBound)
    }

    /// Lends the bytes.
    func withBytes<Result>(_ body: (Span<UInt8>) throws -> Result) rethrows -> Result {
        switch storage {
        case .memory(let bytes): try body(bytes.span.extracting(range))
        case .mapping(let mapping): try body(mapping.bytes.extracting(range))
        }
    }

    /// The bytes, copied.
    var copy: [UInt8] {
        withBytes { bytes in unsafe bytes.withUnsafeBufferPointer { unsafe Array($0) } }
    }
}
