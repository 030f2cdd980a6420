internal import VitrineIO

/// Turns an object's bytes, as they come, into the bytes of its file, and hashes them on the way.
///
/// It touches no disk: who feeds it takes `pending` out and writes it at `pendingOffset` when enough has gathered.
/// The header is known last, so `pending` begins with room for it, and `finish` says what belongs there.
struct ObjectEncoder {
    /// Bytes of the file that nobody has written yet.
    private(set) var pending: [UInt8]
    /// Where in the file `pending` belongs.
    private(set) var pendingOffset: Int64 = 0
    /// Bytes of the object so far.
    private(set) var size: Int64 = 0

    private var digester = Digester()
    private var table: [UInt8] = []
    private var frameChecksum = ObjectFormat.frameChecksum(startingFrame: 0)
    private var frameFill = 0

    /// Expects about `sizeHint` bytes before the next `takePending`.
    init(sizeHint: Int) {
        pending = []
        pending.reserveCapacity(ObjectFormat.headerBytes + sizeHint + 256)
        pending.append(contentsOf: repeatElement(0, count: ObjectFormat.headerBytes))
    }

    /// Takes in more of the object.
    mutating func append(_ bytes: Span<UInt8>) {
        digester.update(bytes)
        // The pointer is used within the call only.
        unsafe bytes.withUnsafeBufferPointer { unsafe pending.append(contentsOf: $0) }
        size += Int64(bytes.count)
        var taken = 0
        while taken < bytes.count {
            let count = min(ObjectFormat.frameBytes - frameFill, bytes.count - taken)
            frameChecksum.update(bytes.extracting(taken..<taken + count))
            frameFill += count
            taken += count
            if frameFill == ObjectFormat.frameBytes { endFrame() }
        }
    }

    /// Hands over what is pending, to be written at the offset that comes with it.
    mutating func takePending() -> (bytes: [UInt8], offset: Int64) {
        let taken = (pending, pendingOffset)
        pendingOffset += Int64(pending.count)
        let capacity = pending.count
        pending = []
        pending.reserveCapacity(capacity)
        return taken
    }

    /// Ends the object: completes `pending` and returns the header.
    ///
    /// If nothing was taken before, the header is in `pending` already; otherwise it is still to be written at 0.
    mutating func finish() -> ObjectHeader {
        if frameFill > 0 { endFrame() }
        let header = ObjectHeader(
            id: digester.finish(),
            layout: ObjectLayout(size: size, frameBytes: ObjectFormat.frameBytes)
        )
        let encoded = header.encoded()
        pending += table
        pending += ObjectFooter.encoded(tableChecksum: CRC32C.checksum(of: table.span), header: encoded)
        if pendingOffset == 0 { pending.replaceSubrange(0..<ObjectFormat.headerBytes, with: encoded) }
        return header
    }

    private mutating func endFrame() {
        table.appendLittleEndian(frameChecksum.value)
        frameFill = 0
        frameChecksum = ObjectFormat.frameChecksum(
            startingFrame: Int64(table.count / ObjectFormat.tableEntryBytes)
        )
    }
}
