internal import Glibc
internal import VitrineIO
internal import VitrineReedSolomon

/// Reads an erasure-coded pack, and makes up for shards that are gone or damaged.
struct ErasurePack: Sendable {
    let row: PackRow
    let packs: PackSet
    let layout: ErasureLayout

    init(_ row: PackRow, packs: PackSet) {
        self.row = row
        self.packs = packs
        layout = ErasureLayout(data: row.dataShards, parity: row.parityShards, bytes: row.bytes)
    }

    /// Bytes of the pack, fewer only at its end.
    ///
    /// Of each row only the cells that hold the bytes are read, unless one of them is not to be had.
    func read(_ count: Int, at offset: Int64) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        var position = offset
        let end = min(offset + Int64(count), layout.bytes)
        while position < end {
            let (index, start) = layout.row(of: position)
            let cellBytes = layout.cellBytes(ofRow: index)
            let stop = min(cellBytes * layout.data, start + Int(end - position))
            // The last row's zeros are no bytes of the pack.
            guard stop > start else { break }
            bytes += try read(row: index, start..<stop, cellBytes)
            position += Int64(stop - start)
        }
        return bytes
    }

    private func read(row index: Int, _ range: Range<Int>, _ cellBytes: Int) throws -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(range.count)
        for shard in range.lowerBound / cellBytes...(range.upperBound - 1) / cellBytes {
            guard let cell = try? cell(index, shard) else {
                return Array(try mended(row: index).prefix(range.upperBound).dropFirst(range.lowerBound))
            }
            let start = shard * cellBytes
            let part = max(range.lowerBound, start) - start..<min(range.upperBound - start, cellBytes)
            bytes += cell[part]
        }
        return bytes
    }

    /// A cell that has its checksum.
    private func cell(_ index: Int, _ shard: Int) throws -> [UInt8] {
        let place = layout.place(ofRow: index)
        let file = try packs.file(row, shard: shard)
        let stored = try file.readBytes(Int(place.upperBound - place.lowerBound), at: place.lowerBound)
        let cell = Array(stored.dropFirst(4))
        var reader = ByteReader(stored.span)
        guard cell.count + 4 == Int(place.upperBound - place.lowerBound),
            reader.readUInt32() == ErasureLayout.checksum(pack: row.id, row: index, shard: shard, cell.span)
        else { throw ChunkFault.damaged(offset: 0, "a part of row \(index) in shard \(shard) is not what was written") }
        return cell
    }

    /// A row's cells one after the other, the lost ones made anew, and which those are.
    private func stripe(row index: Int) throws -> (bytes: [UInt8], lost: [Int]) {
        let cellBytes = layout.cellBytes(ofRow: index)
        var bytes = [UInt8](repeating: 0, count: cellBytes * layout.shardCount)
        var lost: [Int] = []
        var failure: (any Error)?
        for shard in 0..<layout.shardCount {
            do {
                bytes.replaceSubrange(shard * cellBytes..<(shard + 1) * cellBytes, with: try cell(index, shard))
            } catch {
                lost.append(shard)
                failure = failure ?? error
            }
        }
        if lost.isEmpty { return (bytes, []) }
        guard lost.count <= layout.parity else {
            throw ChunkFault.damaged(
                offset: 0,
                "\(lost.count) of \(layout.shardCount) shards of the pack \(row.id) are damaged or gone, and parity "
                    + "makes up for \(layout.parity) (shards \(lost); the first: \(failure.map { "\($0)" } ?? ""))"
            )
        }
        let code = try ReedSolomon(data: layout.data, parity: layout.parity)
        var span = bytes.mutableSpan
        try code.reconstruct(&span, lost: lost)
        return (bytes, lost)
    }

    private func mended(row index: Int) throws -> [UInt8] {
        Array(try stripe(row: index).bytes.prefix(layout.cellBytes(ofRow: index) * layout.data))
    }

    /// Rows of which any shard has a part; those beyond are lost.
    var rowCountOnDisk: Int {
        let longest = (0..<layout.shardCount).compactMap { try? packs.file(row, shard: $0).size() }.max() ?? 0
        return layout.rowCount(withinShardBytes: longest)
    }

    /// How a row was found.
    enum RowState: Sendable {
        case intact
        case mendable
        case mended
        case lost
    }

    /// Reads all cells of a row and, if asked, writes the lost ones anew.
    func check(row index: Int, mends: Bool) throws -> (state: RowState, bytesRead: Int64) {
        let cellBytes = layout.cellBytes(ofRow: index)
        let read = Int64(cellBytes * layout.shardCount)
        let found: (bytes: [UInt8], lost: [Int])
        do {
            found = try stripe(row: index)
        } catch {
            return (.lost, read)
        }
        if found.lost.isEmpty { return (.intact, read) }
        guard mends else { return (.mendable, read) }
        for shard in found.lost {
            let cell = Array(found.bytes[shard * cellBytes..<(shard + 1) * cellBytes])
            try rewrite(cell, row: index, shard: shard)
        }
        return (.mended, read)
    }

    private func rewrite(_ cell: [UInt8], row index: Int, shard: Int) throws {
        let places = packs.places
        let path = try places.path(row, shard: shard)
        try places.disk.createDirectories(path.parentDirectory)
        let file = try places.disk.open(path, .createIfMissing)
        defer { try? file.close() }  // What matters is flushed.
        let header = ShardHeader.encoded(row, shard: shard)
        if try file.size() < Int64(header.count) { try file.writeAll(header.span, at: 0) }
        try file.writeCell(
            cell.span,
            ErasureCellPlace(pack: row.id, row: index, shard: shard),
            at: layout.place(ofRow: index).lowerBound
        )
        try file.synchronize()
        try places.disk.synchronizeDirectory(path.parentDirectory)
        packs.forget(row.id)
    }
}
