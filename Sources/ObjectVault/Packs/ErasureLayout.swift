// An erasure-coded pack is cut into rows, and each row into k cells of data and m cells of parity, one for each shard.
// Cells are 65,536 bytes; those of the last row are as short as what is left allows, rounded up to 64 bytes, and end in
// zeros. In a shard's file each cell follows a CRC-32C (4 bytes) over the pack's number, the row and the shard as 8 bytes
// each and the cell, so that a cell in the wrong place is as wrong as one with wrong bytes.

internal import VitrineIO

/// Where the bytes of an erasure-coded pack are.
struct ErasureLayout: Sendable {
    static let cellBytes = 1 << 16

    let data: Int
    let parity: Int
    /// Bytes of the pack, without parity and zeros.
    let bytes: Int64

    private var rowBytes: Int64 { Int64(data * Self.cellBytes) }
    var shardCount: Int { data + parity }
    var rowCount: Int { Int((bytes + rowBytes - 1) / rowBytes) }

    /// Bytes in each cell of a row.
    func cellBytes(ofRow row: Int) -> Int {
        let rest = bytes - Int64(row) * rowBytes
        if rest >= rowBytes { return Self.cellBytes }
        let least = (Int(rest) + data - 1) / data
        return min(Self.cellBytes, (least + 63) / 64 * 64)
    }

    /// Where a row's cells stand in the shards' files, their checksums included.
    func place(ofRow row: Int) -> Range<Int64> {
        let start = Int64(ShardHeader.byteCount) + Int64(row) * Int64(Self.cellBytes + 4)
        return start..<start + Int64(cellBytes(ofRow: row) + 4)
    }

    /// The row that holds a byte of the pack, and where in the row's data it is.
    func row(of offset: Int64) -> (row: Int, offset: Int) {
        (Int(offset / rowBytes), Int(offset % rowBytes))
    }

    /// Bytes of a shard's file.
    var shardBytes: Int64 {
        rowCount == 0 ? Int64(ShardHeader.byteCount) : place(ofRow: rowCount - 1).upperBound
    }

    /// Rows that begin within the first so many bytes of a shard's file.
    func rowCount(withinShardBytes bytes: Int64) -> Int {
        let step = Int64(Self.cellBytes + 4)
        return min(rowCount, Int(max(0, bytes - Int64(ShardHeader.byteCount) + step - 1) / step))
    }

    /// The checksum of a cell.
    static func checksum(pack: Int64, row: Int, shard: Int, _ cell: Span<UInt8>) -> UInt32 {
        var place: [UInt8] = []
        place.appendLittleEndian(pack)
        place.appendLittleEndian(UInt64(row))
        place.appendLittleEndian(UInt64(shard))
        var crc = CRC32C()
        crc.update(place.span)
        crc.update(cell)
        return crc.value
    }
}
