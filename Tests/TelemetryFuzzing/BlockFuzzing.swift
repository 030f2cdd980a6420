import Telemetry
import VitrineIO
import VitrineTestSupport

extension TelemetryFuzzing {
    /// Takes bytes as packed samples, and as a block file or as the times and the chunks of one whose checksums are right,
    /// as the first byte says: whatever is accepted has its times in order and is rolled up, and nothing is read beyond
    /// its end.
    public static func block(_ bytes: [UInt8]) {
        let rest = Array(bytes.dropFirst())
        unpack(rest)
        unpack(rest + checksum(rest))
        wait {
            guard let whole = await SmallStore.shared.value else { return hold(false, "the small store was not made") }
            let disk = whole.disk.restarted(after: .kept)
            let file = (bytes.first ?? 0) % 4 == 0 ? rest : blockFile(rest)
            // The name of a piece whose times end before the store's own begin.
            guard (try? disk.install(file, at: "/metrics/blocks/" + name)) != nil else {
                return hold(false, "the simulated disk took no file")
            }
            await SmallStore.examine(disk)
        }
    }

    private static func checksum(_ bytes: [UInt8]) -> [UInt8] {
        var checksum: [UInt8] = []
        checksum.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return checksum
    }

    private static func unpack(_ bytes: [UInt8]) {
        do {
            let packed = try PackedSeries(bytes: bytes)
            var times: [Int64] = []
            var values: [Double] = []
            try packed.unpack(into: &times, &values)
            hold(times.count == packed.count && values.count == packed.count, "another count")
            var copy: [Double] = []
            var copyTimes: [Int64] = []
            try PackedSeries(times: times, values: values).unpack(into: &copyTimes, &copy)
            hold(copyTimes == times && copy.map(\.bitPattern) == values.map(\.bitPattern), "samples do not come back")
        } catch {
            hold((error as? TelemetryError)?.code == .storeIsDamaged, "another error: \(error)")
        }
    }

    private static let start: Int64 = 1_779_998_400_000
    private static let end: Int64 = start + 90_000
    private static var name: String { "t0-\(start)-\(end)-1.flush" }

    /// A block of the finest tier: times and chunks are the pieces of `bytes`, the first the times.
    ///
    /// A piece stands for a chunk behind the offset of the times, which is not the fuzzer's: its first byte is the kind.
    private static func blockFile(_ bytes: [UInt8]) -> [UInt8] {
        var file = Array("VTRNBLK\n".utf8)
        for number: UInt32 in [1, 0] { file.appendLittleEndian(number) }
        file.appendLittleEndian(UInt64(1))
        for number in [start, end] { file.appendLittleEndian(number) }
        file += [UInt8](repeating: 0, count: 20)
        file.appendLittleEndian(CRC32C.checksum(of: file.span))
        let headerChecksum = Array(file.suffix(4))

        var pieces = pieces(bytes)[...]
        let times = pieces.popFirst() ?? []
        file += times
        file.appendLittleEndian(CRC32C.checksum(of: times.span))
        var index: [UInt8] = []
        var seriesCount: UInt32 = 0
        for piece in pieces.prefix(3) {
            let offset = file.count
            var chunk = Array(piece.prefix(2))
            chunk.appendVarint(64)
            chunk += piece.dropFirst(2)
            var checksum = CRC32C(CRC32C.checksum(of: chunk.span))
            var number: [UInt8] = []
            number.appendLittleEndian(seriesCount)
            checksum.update(number.span)
            chunk.appendLittleEndian(checksum.value)
            file += chunk
            index.appendLittleEndian(seriesCount)
            index.appendLittleEndian(UInt32(chunk.count))
            index.appendLittleEndian(UInt64(offset))
            seriesCount += 1
        }
        var footer: [UInt8] = []
        footer.appendLittleEndian(UInt64(file.count))
        footer.appendLittleEndian(seriesCount)
        footer.appendLittleEndian(CRC32C.checksum(of: index.span))
        footer.appendLittleEndian(UInt64(seriesCount))
        var checksum = CRC32C(CRC32C.checksum(of: footer.span))
        checksum.update(headerChecksum.span)
        footer.appendLittleEndian(checksum.value)
        footer += Array("VTRE".utf8)
        return file + index + footer
    }
}
