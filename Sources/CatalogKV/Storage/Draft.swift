internal import VitrineIO

/// A batch record ready to be appended: only its header, which depends on its place, is not filled in.
struct Draft: Sendable {
    let operations: [Operation]
    let values: [ValuePlace]
    let bodyChecksum: UInt32
    /// Room for the header, then the body.
    let record: [UInt8]

    init(_ operations: [Operation]) {
        var record = [UInt8](repeating: 0, count: RecordHeader.byteCount)
        record.reserveCapacity(operations.reduce(64) { $0 + $1.key.bytes.count + $1.value.count + 24 })
        values = RecordBody.append(operations, to: &record)
        bodyChecksum = CRC32C.checksum(of: record.span.extracting(RecordHeader.byteCount..<record.count))
        self.operations = operations
        self.record = record
    }

    /// What the operations do to the index once they are safe.
    func changes(first: UInt64, segment: UInt32, offset: Int) -> [IndexChange] {
        zip(operations, values).enumerated().map { place, pair in
            let stored = StoredOperation(kind: pair.0.kind, key: pair.0.key, expiry: pair.0.expiry, value: pair.1)
            return stored.change(
                sequence: first + UInt64(place),
                segment: segment,
                bodyOffset: offset + RecordHeader.byteCount
            )
        }
    }
}
