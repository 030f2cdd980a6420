import Telemetry
import VitrineIO
import VitrineTestSupport

extension TelemetryFuzzing {
    /// Takes bytes as changes to the files of a small store, whose checksums are put right or not: opening, reading,
    /// writing and upkeep end, with a result or with a typed error.
    ///
    /// The first byte says whether checksums are put right; then each five are one change: the file, the offset and the
    /// byte's new value, or with an odd fifth byte the length that the file is cut to.
    public static func series(_ bytes: [UInt8]) {
        wait {
            guard let whole = await SmallStore.shared.value else { return hold(false, "the small store was not made") }
            let disk = whole.disk.restarted(after: .kept)
            guard let first = bytes.first, let paths = try? paths(of: disk) else { return }
            var changes = bytes.dropFirst()
            while changes.count >= 5 {
                let change = Array(changes.prefix(5))
                changes = changes.dropFirst(5)
                let path = paths[Int(change[0]) % paths.count]
                guard var contents = disk.contents(ofFile: path), !contents.isEmpty else { continue }
                let offset = (Int(change[1]) << 8 | Int(change[2])) % contents.count
                if change[4] & 1 == 1 {
                    contents.removeLast(contents.count - offset)
                } else {
                    contents[offset] = change[3]
                }
                if first & 1 == 1 { putRight(&contents, path) }
                guard (try? disk.install(contents, at: path)) != nil else {
                    return hold(false, "the simulated disk took no file")
                }
            }
            await SmallStore.examine(disk)
        }
    }

    private static func paths(of disk: SimulatedFileSystem) throws -> [String] {
        var paths = ["/metrics/format", "/metrics/series"]
        for folder in ["/metrics/blocks", "/metrics/log"] {
            paths += try disk.list(folder).sorted().map { folder + "/" + $0 }
        }
        return paths
    }

    /// Puts the checksums of a file right, as far as its lengths lead to them.
    private static func putRight(_ bytes: inout [UInt8], _ path: String) {
        if path.hasSuffix("format") {
            guard bytes.count > 4 else { return }
            seal(&bytes, 0..<bytes.count - 4, at: bytes.count - 4)
        } else if path.hasSuffix("series") || path.hasSuffix(".log") {
            guard bytes.count >= 16 else { return }
            seal(&bytes, 0..<12, at: 12)
            var start = 16
            while start + 12 <= bytes.count {
                let length = number(bytes, start + 4)
                guard length <= bytes.count - start - 12 else { return }
                var checksum = CRC32C(CRC32C.checksum(of: bytes.span.extracting(start + 4..<start + 8)))
                checksum.update(bytes.span.extracting(start + 12..<start + 12 + length))
                bytes.replaceUInt32(at: start + 8, with: checksum.value)
                start += 12 + length
            }
        } else {
            putBlockRight(&bytes)
        }
    }

    private static func putBlockRight(_ bytes: inout [UInt8]) {
        guard bytes.count >= 96 else { return }
        seal(&bytes, 0..<60, at: 60)
        let footer = bytes.count - 32
        let index = number(bytes, footer)
        if index >= 64, index <= footer {
            for entry in stride(from: index, to: footer - 15, by: 16) {
                let length = number(bytes, entry + 4)
                let offset = number(bytes, entry + 8)
                guard length > 4, offset >= 64, length <= index, offset <= index - length else { continue }
                var checksum = CRC32C(CRC32C.checksum(of: bytes.span.extracting(offset..<offset + length - 4)))
                checksum.update(bytes.span.extracting(entry..<entry + 4))
                bytes.replaceUInt32(at: offset + length - 4, with: checksum.value)
            }
            seal(&bytes, index..<footer, at: footer + 12)
        }
        var checksum = CRC32C(CRC32C.checksum(of: bytes.span.extracting(footer..<footer + 24)))
        checksum.update(bytes.span.extracting(60..<64))
        bytes.replaceUInt32(at: footer + 24, with: checksum.value)
    }

    private static func seal(_ bytes: inout [UInt8], _ range: Range<Int>, at place: Int) {
        let checksum = CRC32C.checksum(of: bytes.span.extracting(range))
        bytes.replaceUInt32(at: place, with: checksum)
    }

    private static func number(_ bytes: [UInt8], _ place: Int) -> Int {
        (0..<4).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
    }
}
