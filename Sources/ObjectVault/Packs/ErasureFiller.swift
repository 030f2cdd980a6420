internal import VitrineIO
internal import VitrineReedSolomon
internal import VitrineSync

/// Writes a pack row by row onto k + m shards; keeps one row in memory.
final class ErasureFiller: PackFiller {
    private struct State {
        var pending: [UInt8] = []
        /// Bytes of the pack that are written.
        var written: Int64 = 0
        var rows = 0
    }

    private let pack: Int64
    private let code: ReedSolomon
    private let files: [any StorageFile]
    private let state = Locked(State())

    init(_ row: PackRow, files: [any StorageFile]) throws {
        pack = row.id
        code = try ReedSolomon(data: row.dataShards, parity: row.parityShards)
        self.files = files
    }

    var end: Int64 { state.withLock { $0.written + Int64($0.pending.count) } }

    func append(_ record: [UInt8]) throws -> Int64 {
        let offset = state.withLock { state in
            let offset = state.written + Int64(state.pending.count)
            state.pending += record
            return offset
        }
        let rowBytes = code.dataCount * ErasureLayout.cellBytes
        while state.withLock({ $0.pending.count }) >= rowBytes { try writeRow(rowBytes) }
        return offset
    }

    func finish() throws {
        let rest = state.withLock { $0.pending.count }
        if rest > 0 { try writeRow(rest) }
        for file in files { try file.synchronize() }
    }

    func close() {
        for file in files { try? file.close() }
    }

    /// Codes and writes the first `count` bytes that are pending.
    private func writeRow(_ count: Int) throws {
        let (bytes, index, end) = state.withLock { state in
            let bytes = Array(state.pending.prefix(count))
            state.pending.removeFirst(count)
            state.written += Int64(count)
            state.rows += 1
            return (bytes, state.rows - 1, state.written)
        }
        let layout = ErasureLayout(data: code.dataCount, parity: code.parityCount, bytes: end)
        let cellBytes = layout.cellBytes(ofRow: index)
        var data = bytes
        data += [UInt8](repeating: 0, count: cellBytes * code.dataCount - count)
        var parity = [UInt8](repeating: 0, count: cellBytes * code.parityCount)
        var span = parity.mutableSpan
        try code.encode(data.span, into: &span)
        for (shard, file) in files.enumerated() {
            let source = shard < code.dataCount ? data : parity
            let start = (shard < code.dataCount ? shard : shard - code.dataCount) * cellBytes
            try file.writeCell(
                source.span.extracting(start..<start + cellBytes),
                ErasureCellPlace(pack: pack, row: index, shard: shard),
                at: layout.place(ofRow: index).lowerBound
            )
        }
    }
}

/// Which cell it is.
struct ErasureCellPlace {
    var pack: Int64
    var row: Int
    var shard: Int
}

extension StorageFile {
    /// Writes a cell behind its checksum.
    func writeCell(_ cell: Span<UInt8>, _ place: ErasureCellPlace, at offset: Int64) throws(IOError) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(cell.count + 4)
        bytes.appendLittleEndian(
            ErasureLayout.checksum(pack: place.pack, row: place.row, shard: place.shard, cell)
        )
        unsafe cell.withUnsafeBufferPointer { unsafe bytes.append(contentsOf: $0) }
        try writeAll(bytes.span, at: offset)
    }
}
