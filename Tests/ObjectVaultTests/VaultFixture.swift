import ObjectVault
import Testing
import VitrineIO
import VitrineTestSupport

/// Bytes as a stream of pieces whose sizes repeat `sizes`.
struct PieceSource: AsyncSequence, Sendable {
    typealias Element = ArraySlice<UInt8>

    let bytes: [UInt8]
    let sizes: [Int]

    func makeAsyncIterator() -> Iterator { Iterator(source: self) }

    struct Iterator: AsyncIteratorProtocol {
        let source: PieceSource
        var position = 0
        var turn = 0

        mutating func next() async -> ArraySlice<UInt8>? {
            guard position < source.bytes.count else { return nil }
            let end = Swift.min(position + source.sizes[turn % source.sizes.count], source.bytes.count)
            defer {
                position = end
                turn += 1
            }
            return source.bytes[position..<end]
        }
    }
}

/// A vault's limits with the smallest chunks, so that small objects are cut as large ones are.
var smallPieces: VaultConfiguration {
    var configuration = VaultConfiguration()
    configuration.chunkThreshold = 65_536
    configuration.chunkSizes = ChunkSizes(average: 16_384)
    configuration.packBytesMax = 1 << 20
    configuration.threadCount = 2
    return configuration
}

/// The code of the `VaultError` that `body` throws; `nil` when it throws none.
func code(_ body: () async throws -> some Any) async throws -> VaultError.Code? {
    do {
        _ = try await body()
        return nil
    } catch let error as VaultError {
        #expect(error.message.count > 20, "a message says what failed and what to do: \(error)")
        return error.code
    }
}

extension ObjectStream {
    /// All pieces, one after the other.
    func collected() async throws -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        for try await piece in self { pieces.append(piece) }
        return pieces
    }
}

extension FileSystem {
    /// Bytes of all packs' files in the vault at `path`.
    func packBytes(in path: String) throws -> Int64 {
        var total: Int64 = 0
        for name in try list(path) {
            let directory = path + "/" + name
            guard try info(directory)?.isDirectory == true else { continue }
            for file in try list(directory) where file.hasSuffix(".pack") {
                total += try info(directory + "/" + file)?.size ?? 0
            }
        }
        return total
    }
}
