import Telemetry
import VitrineIO
import VitrineTestSupport

extension TelemetryFuzzing {
    /// Takes bytes as a log, as its records, or as the content of records whose checksums are right, as the first byte
    /// says: whatever is accepted is read, flushed to blocks, rolled up and read again.
    public static func wal(_ bytes: [UInt8]) {
        wait {
            guard let whole = await SmallStore.shared.value else { return hold(false, "the small store was not made") }
            var title = Array("VTRNLOG\n".utf8)
            title.appendLittleEndian(UInt32(1))
            title.appendLittleEndian(CRC32C.checksum(of: title.span))
            let rest = Array(bytes.dropFirst())
            let file =
                switch (bytes.first ?? 0) % 4 {
                case 0: rest
                case 1: title + rest
                default: title + pieces(rest).flatMap(record)
                }
            let disk = whole.disk.restarted(after: .kept)
            guard (try? disk.install(file, at: "/metrics/log/1000.log")) != nil else {
                return hold(false, "the simulated disk took no file")
            }
            await SmallStore.examine(disk)
        }
    }
}
