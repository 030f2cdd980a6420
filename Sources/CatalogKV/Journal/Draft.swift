package import VitrineIO

/// A record on its way into the journal: frames with their checksums, and room for the header, which depends on the
/// record's place and is filled in when it gets one.
///
/// Made outside of any lock; appending it is one copy.
package struct Draft: Sendable {
    /// Room for the header, then the frames.
    package private(set) var bytes: [UInt8]
    /// How many operations there are.
    package private(set) var count = 0

    /// Whether there is a put among them.
    package private(set) var hasPut = false

    /// An empty record.
    package init(byteCapacity: Int = 0) {
        bytes = []
        bytes.reserveCapacity(RecordHeader.byteCount + byteCapacity)
        bytes.append(addingCapacity: RecordHeader.byteCount) { header in
            header.append(repeating: 0, count: RecordHeader.byteCount)
        }
    }

    /// Bytes of the whole record.
    package var byteCount: Int { bytes.count }
    /// Whether there is no operation in it.
    package var isEmpty: Bool { count == 0 }

    /// Takes out every operation and keeps the memory.
    package mutating func removeAll() {
        bytes.removeLast(bytes.count - RecordHeader.byteCount)
        count = 0
        hasPut = false
    }

    /// Adds a put of the item that `key`, the bytes of a `StoredKey`, names.
    package mutating func put(
        _ key: Span<UInt8>,
        value: Span<UInt8>,
        isDocument: Bool,
        expiry: Int64 = ItemVersion.never,
        oldImage: Span<UInt8>? = nil,
        oldIsDocument: Bool = false
    ) {
        var head = FrameHead(.put, storedKey: key, isDocument: isDocument, expiry: expiry)
        head.noteOldImage(isThere: oldImage != nil, isDocument: oldIsDocument)
        append(head, key.extracting(4..<key.count), value, oldImage)
    }

    /// Adds a put of an item; the caller has checked the key against its limits.
    package mutating func put(
        _ table: TableNumber,
        _ key: Key,
        value: Span<UInt8>,
        isDocument: Bool,
        expiry: Int64 = ItemVersion.never,
        oldImage: Span<UInt8>? = nil,
        oldIsDocument: Bool = false
    ) {
        var head = FrameHead(.put, table, key, isDocument: isDocument, expiry: expiry)
        head.noteOldImage(isThere: oldImage != nil, isDocument: oldIsDocument)
        key.withBytes { append(head, $0, value, oldImage) }
    }

    /// Adds a delete of the item that `key`, the bytes of a `StoredKey`, names.
    package mutating func delete(
        _ key: Span<UInt8>,
        kind: OperationFrame.Kind = .delete,
        oldImage: Span<UInt8>? = nil,
        oldIsDocument: Bool = false
    ) {
        var head = FrameHead(kind, storedKey: key)
        head.noteOldImage(isThere: oldImage != nil, isDocument: oldIsDocument)
        append(head, key.extracting(4..<key.count), Span(), oldImage)
    }

    /// Adds a delete of an item; the caller has checked the key against its limits.
    package mutating func delete(
        _ table: TableNumber,
        _ key: Key,
        kind: OperationFrame.Kind = .delete,
        oldImage: Span<UInt8>? = nil,
        oldIsDocument: Bool = false
    ) {
        var head = FrameHead(kind, table, key)
        head.noteOldImage(isThere: oldImage != nil, isDocument: oldIsDocument)
        key.withBytes { append(head, $0, Span(), oldImage) }
    }

    /// Adds an operation of an older segment again, under its own number and without its old image, which the change
    /// stream reads where it first stood.
    package mutating func relocate(_ frame: borrowing OperationFrame, sequence: UInt64) {
        var head = FrameHead(frame.kind, storedKey: frame.key, isDocument: frame.isDocument, expiry: frame.expiry)
        head.sequence = sequence
        head.flags.insert(.sequence)
        append(head, frame.key.extracting(4..<frame.key.count), frame.value, nil)
    }

    /// Hands over each frame, with where in `bytes` it begins.
    package func forEachFrame<Failure: Error>(
        _ body: (borrowing OperationFrame, _ offset: Int) throws(Failure) -> Void
    ) throws(Failure) {
        let span = bytes.span
        var offset = RecordHeader.byteCount
        while offset < span.count, let frame = OperationFrame(span.extracting(offset..<span.count)) {
            try body(frame, offset)
            offset += frame.byteCount
        }
    }

    /// Fills in the header, for the place that the record gets.
    package mutating func write(_ header: RecordHeader, at offset: Int, seed: CRC32C) {
        var span = bytes.mutableSpan
        header.write(over: &span, at: offset, seed: seed)
    }

    private mutating func append(
        _ head: FrameHead,
        _ keys: Span<UInt8>,
        _ value: Span<UInt8>,
        _ oldImage: Span<UInt8>?
    ) {
        let keyEnd = head.byteCount + keys.count
        let oldCount = if let oldImage { oldImage.count } else { 0 }
        let frameCount = keyEnd + value.count + oldCount
        bytes.append(addingCapacity: frameCount) { output in
            // There is room for so many bytes, and all of them are written before they count.
            unsafe output.withUnsafeMutableBufferPointer { room, filledCount in
                let all = unsafe UnsafeMutableBufferPointer(rebasing: room[..<frameCount])
                var frame = unsafe MutableSpan(_unsafeElements: all)
                head.write(over: &frame, valueCount: value.count, oldCount: oldCount)
                frame.store(keys, at: head.byteCount)
                frame.store(value, at: keyEnd)
                if let oldImage { frame.store(oldImage, at: keyEnd + value.count) }
                frame.storeLittleEndian(CRC32C.checksum(of: frame.span.extracting(4..<frameCount)), at: 0)
                filledCount = frameCount
            }
        }
        count += 1
        if head.kind == .put { hasPut = true }
    }
}

/// What stands before the keys of a frame.
private struct FrameHead {
    package let kind: OperationFrame.Kind
    package var flags: OperationFrame.Flags
    package let expiry: Int64
    package var sequence: UInt64 = 0
    /// Table number and byte count of the partition key, as a `StoredKey` begins.
    package let keyHead: UInt32
    package let sortCount: Int

    package init(
        _ kind: OperationFrame.Kind,
        storedKey key: Span<UInt8>,
        isDocument: Bool = false,
        expiry: Int64 = ItemVersion.never
    ) {
        let keyHead = UInt32(bigEndian: key.littleEndian(at: 0))
        self.init(
            kind,
            keyHead: keyHead,
            sortCount: key.count - 4 - Int(keyHead & 0xFFFF),
            isDocument: isDocument,
            expiry: expiry
        )
    }

    package init(
        _ kind: OperationFrame.Kind,
        _ table: TableNumber,
        _ key: Key,
        isDocument: Bool = false,
        expiry: Int64 = ItemVersion.never
    ) {
        let keyHead = UInt32(table.rawValue) << 16 | UInt32(key.partitionByteCount)
        self.init(
            kind,
            keyHead: keyHead,
            sortCount: key.byteCount - key.partitionByteCount,
            isDocument: isDocument,
            expiry: expiry
        )
    }

    private init(_ kind: OperationFrame.Kind, keyHead: UInt32, sortCount: Int, isDocument: Bool, expiry: Int64) {
        self.kind = kind
        self.keyHead = keyHead
        self.sortCount = sortCount
        self.expiry = expiry
        flags = isDocument ? .document : []
        if expiry != ItemVersion.never { flags.insert(.expiry) }
    }

    package mutating func noteOldImage(isThere: Bool, isDocument: Bool) {
        guard isThere else { return }
        flags.insert(isDocument ? [.oldImage, .oldDocument] : .oldImage)
    }

    package var byteCount: Int {
        OperationFrame.fixedByteCount + 4 + (flags.contains(.sequence) ? 8 : 0) + (flags.contains(.expiry) ? 8 : 0)
            + (flags.contains(.oldImage) ? 4 : 0)
    }

    package func write(over frame: inout MutableSpan<UInt8>, valueCount: Int, oldCount: Int) {
        frame.storeLittleEndian(UInt16(kind.rawValue) | UInt16(flags.rawValue) << 8, at: 4)
        frame.storeLittleEndian(UInt16(truncatingIfNeeded: sortCount), at: 6)
        frame.storeLittleEndian(UInt32(truncatingIfNeeded: valueCount), at: 8)
        var cursor = OperationFrame.fixedByteCount
        if flags.contains(.sequence) {
            frame.storeLittleEndian(sequence, at: cursor)
            cursor += 8
        }
        if flags.contains(.expiry) {
            frame.storeLittleEndian(expiry, at: cursor)
            cursor += 8
        }
        if flags.contains(.oldImage) {
            frame.storeLittleEndian(UInt32(truncatingIfNeeded: oldCount), at: cursor)
            cursor += 4
        }
        frame.storeLittleEndian(keyHead.byteSwapped, at: cursor)
    }
}
