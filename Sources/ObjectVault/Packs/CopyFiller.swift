internal import VitrineIO
internal import VitrineSync

/// Writes the same bytes into every copy of a pack, a megabyte at a time.
final class CopyFiller: PackFiller {
    private struct State {
        var pending: [UInt8] = []
        var written = Int64(ShardHeader.byteCount)
    }

    private static let pieceBytes = 1 << 20
    private let files: [any StorageFile]
    private let state = Locked(State())

    init(files: [any StorageFile]) {
        self.files = files
    }

    var end: Int64 { state.withLock { $0.written + Int64($0.pending.count) } }

    func append(_ record: [UInt8]) throws -> Int64 {
        let (offset, isFull) = state.withLock { state in
            let offset = state.written + Int64(state.pending.count)
            state.pending += record
            return (offset, state.pending.count >= Self.pieceBytes)
        }
        if isFull { try write() }
        return offset
    }

    func finish() throws {
        try write()
        for file in files { try file.synchronize() }
    }

    func close() {
        for file in files { try? file.close() }
    }

    private func write() throws {
        let (bytes, offset) = state.withLock { state in
            defer {
                state.written += Int64(state.pending.count)
                state.pending = []
            }
            return (state.pending, state.written)
        }
        for file in files { try file.writeAll(bytes.span, at: offset) }
    }
}
