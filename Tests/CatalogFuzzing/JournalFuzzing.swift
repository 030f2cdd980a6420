import CatalogKV
import VitrineIO

extension CatalogFuzzing {
    /// Takes bytes as a frame, as a manifest, as a segment, and as records whose checksums are right but whose content is
    /// the fuzzer's: parsers must stay inside the bytes whatever these say.
    public static func journal(_ bytes: [UInt8]) {
        if let frame = OperationFrame(bytes.span) { read(frame, within: bytes.count) }
        let head = segmentHead()
        guard let header = try? SegmentHeader.read(head.span, storeID: 7, number: 3, path: "fuzz") else {
            hold(false, "the header is not one")
            return
        }
        scan(header, header.encoded() + bytes)
        scan(header, header.encoded() + checked(bytes, after: header))
        _ = try? SegmentHeader.read(bytes.span, storeID: 7, number: 3, path: "fuzz")
        manifest(bytes)
    }

    /// The header of segment 3 of store 7, whose first operation is number 1,000.
    private static func segmentHead() -> [UInt8] {
        var bytes = Array("VitrKVJ\n".utf8)
        bytes.appendLittleEndian(SegmentHeader.formatVersion)
        bytes.appendLittleEndian(UInt32(2))
        for field: UInt64 in [7, 3, 1_000] { bytes.appendLittleEndian(field) }
        bytes.appendLittleEndian(UInt32(4_096))
        bytes.appendLittleEndian(CRC32C.checksum(of: bytes.span))
        return bytes
    }

    private static func read(_ frame: borrowing OperationFrame, within count: Int) {
        hold(frame.byteCount <= count && frame.byteCount >= OperationFrame.fixedByteCount, "a frame beyond the bytes")
        hold(frame.frameBytes.count == frame.byteCount, "the frame's bytes are others")
        let parts = frame.key.count + frame.value.count + (frame.oldImage?.count ?? 0)
        hold(parts < frame.byteCount, "parts beyond the frame")
        hold(frame.key.count == 4 + frame.partition.count + frame.sort.count, "parts beyond the key")
        _ = (frame.isIntact(), frame.isDocument, frame.oldIsDocument, frame.table)
    }

    private static func scan(_ header: SegmentHeader, _ segment: [UInt8]) {
        var scan = SegmentScan(
            header,
            path: "fuzz",
            start: 0,
            from: SegmentHeader.byteCount,
            sequence: header.baseSequence
        )
        do {
            try scan.read(segment.span) { frame, location, _, _ in
                read(frame, within: segment.count)
                hold(Int(location.offset) + Int(location.byteCount) <= segment.count, "a place beyond the segment")
            }
        } catch {
            hold((error as? CatalogError)?.code == .isCorrupt, "another error: \(error)")
        }
    }

    /// Makes records of the bytes: headers of 28 bytes and as many as they say behind them, with every checksum put
    /// right, as no one who flips bits can.
    private static func checked(_ bytes: [UInt8], after header: SegmentHeader) -> [UInt8] {
        let seed = SegmentHeader.checksumSeed(storeID: header.storeID, number: header.number)
        var bytes = bytes
        var start = 0
        while start + RecordHeader.byteCount <= bytes.count {
            let body = Int(bytes[start]) | Int(bytes[start + 1]) << 8
            let end = min(start + RecordHeader.byteCount + body, bytes.count)
            var cursor = start + RecordHeader.byteCount
            while let byteCount = frameByteCount(bytes, cursor..<end) {
                let checksum = CRC32C.checksum(of: bytes.span.extracting(cursor + 4..<cursor + byteCount))
                bytes.replaceUInt32(at: cursor, with: checksum)
                cursor += byteCount
            }
            var head = Array(bytes[start..<start + RecordHeader.byteCount])
            let record = RecordHeader(
                bodyByteCount: body,
                relativeSequence: UInt32(head[4]),
                unsettledByteCount: Int(head[8]) << 8 | Int(head[9]),
                operationCount: Int(head[12]),
                kind: RecordHeader.Kind(rawValue: head[14]) ?? .batch,
                time: UInt64(head[16])
            )
            var span = head.mutableSpan
            record.write(over: &span, at: SegmentHeader.byteCount + start, seed: seed)
            bytes.replaceSubrange(start..<start + RecordHeader.byteCount, with: head)
            start = end
        }
        return bytes
    }

    static func frameByteCount(_ bytes: [UInt8], _ range: Range<Int>) -> Int? {
        OperationFrame(bytes.span.extracting(range))?.byteCount
    }

    private static func manifest(_ bytes: [UInt8]) {
        var checked = bytes
        if checked.count >= 4 {
            let end = checked.count - 4
            checked.replaceUInt32(at: end, with: CRC32C.checksum(of: checked.span.extracting(0..<end)))
        }
        guard let manifest = try? Manifest(checked.span, path: "fuzz") else { return }
        hold((try? Manifest(manifest.encoded().span, path: "fuzz")) == manifest, "a manifest does not come back")
    }
}
