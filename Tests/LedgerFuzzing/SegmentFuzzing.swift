import OrderLedger
import VitrineIO

extension LedgerFuzzing {
    /// Takes bytes as a segment as they are, as one whose checksums are right but whose content is the fuzzer's, as the
    /// payload of one, as a manifest, and as frames of a log: a decoder stays inside the bytes whatever these say, and
    /// ends with a result or a typed error.
    public static func segment(_ bytes: [UInt8]) {
        read(bytes)
        read(checked(bytes))
        read(enveloped(bytes))
        manifest(bytes)
        log(bytes)
    }

    private static func read(_ bytes: [UInt8]) {
        let segment: WALSegment
        do throws(LedgerError) {
            segment = try WALSegment(decoding: bytes, name: "fuzz")
        } catch {
            let isTyped = error.code == .segmentCorrupted || error.code == .newerSegment
            return hold(isTyped && error.message.contains("fuzz, offset "), "another error: \(error)")
        }
        hold(segment.encoded.count <= bytes.count, "a segment beyond the bytes")
        hold(
            segment.before.position.transaction < segment.after.position.transaction
                && segment.frameCount <= segment.databasePages,
            "impossible counts"
        )
        guard let pages = try? segment.differences() else { return }
        hold(pages.numbers.count == segment.frameCount, "another number of pages")
        hold(zip(pages.numbers, pages.numbers.dropFirst()).allSatisfy { $0 < $1 }, "pages out of order")
        hold(pages.numbers.allSatisfy { $0 >= 1 && $0 <= segment.databasePages }, "a page beyond the database")
        let zeros = WALPages(
            numbers: pages.numbers,
            pageSize: segment.pageSize,
            bytes: [UInt8](repeating: 0, count: pages.bytes.count)
        )
        // Whether it leads anywhere, its checksums say; a copy that it is not for is refused.
        do {
            let images = try segment.images { _ in zeros }
            hold(images.checksum == segment.checksumAfter, "pages that the checksum does not vouch for")
        } catch let error as LedgerError {
            hold(error.code == .diverged || error.code == .segmentCorrupted, "another error: \(error)")
        } catch {
            hold(false, "another error: \(error)")
        }
    }

    /// The same bytes with the lengths and checksums put right that a writer would have put there.
    private static func checked(_ bytes: [UInt8]) -> [UInt8] {
        guard bytes.count > 124 else { return bytes }
        var bytes = Array("VtOLseg\n".utf8) + bytes.dropFirst(8)
        bytes.replaceUInt32(at: 8, with: 1)
        bytes.replaceUInt32(at: 12, with: UInt32(bytes.count))
        seal(&bytes)
        return bytes
    }

    /// The bytes as the payload of a segment whose header is well formed: the first says how many pages of 512 bytes.
    private static func enveloped(_ bytes: [UInt8]) -> [UInt8] {
        var header = Array("VtOLseg\n".utf8)
        for number: UInt32 in [1, UInt32(124 + bytes.count)] { header.appendLittleEndian(number) }
        for number: UInt64 in [7, 1, 1, 1, 1, 1, 2, 0] { header.appendLittleEndian(number) }
        let count = UInt32(bytes.first ?? 1) % 8 + 1
        for number: UInt32 in [512, 100, count, UInt32(bytes.count) * 4, 0, 0, 0, 0, 0] {
            header.appendLittleEndian(number)
        }
        var segment = header + [0, 0, 0, 0] + bytes + [0, 0, 0, 0]
        seal(&segment)
        // The packed form by itself, which deflate hides from a fuzzer.
        if let pages = WALPages(unpacking: bytes, count: Int(count), pageSize: 512, pageMax: 100) {
            hold(
                WALPages(unpacking: pages.packed(), count: Int(count), pageSize: 512, pageMax: 100) == pages,
                "not the same"
            )
        }
        return segment
    }

    private static func seal(_ bytes: inout [UInt8]) {
        bytes.replaceUInt32(at: 116, with: CRC32C.checksum(of: bytes.span.extracting(0..<116)))
        let end = bytes.count - 4
        bytes.replaceUInt32(at: end, with: CRC32C.checksum(of: bytes.span.extracting(0..<end)))
    }

    private static func manifest(_ bytes: [UInt8]) {
        var sealed = bytes
        if sealed.count >= 4 {
            let end = sealed.count - 4
            sealed.replaceUInt32(at: end, with: CRC32C.checksum(of: sealed.span.extracting(0..<end)))
        }
        for bytes in [bytes, sealed] {
            do throws(LedgerError) {
                let manifest = try SnapshotManifest(decoding: bytes, name: "fuzz")
                hold(manifest.encoded() == bytes, "a manifest does not come back")
            } catch {
                hold(error.code == .snapshotCorrupted || error.code == .newerSegment, "another error: \(error)")
            }
        }
    }

    private static func log(_ bytes: [UInt8]) {
        guard let header = try? WALHeader(decoding: bytes.span) else { return }
        var cursor = WALCursor(header)
        _ = try? cursor.advance(over: bytes.span.extracting(min(walHeaderBytes, bytes.count)..<bytes.count))
    }
}
