internal import VitrineIO

/// One operation on its way into the journal.
struct Operation: Sendable {
    /// What the operation does; the raw value is its code in the journal.
    enum Kind: UInt8, Sendable {
        case put = 1
        case putExpiring = 2
        case delete = 3
        /// A delete because the item's time had come.
        case expire = 4
    }

    /// What must hold of the key's newest version in journal order, or the whole record is not written.
    enum Condition: Sendable {
        /// There is one, expired or not.
        case exists
        /// There is none that lives.
        case absent
        /// It is the one with this sequence number.
        case version(UInt64)
    }

    let kind: Kind
    let key: StoredKey
    let value: [UInt8]
    let expiry: Int64
    let condition: Condition?

    static func put(
        _ value: [UInt8],
        for key: StoredKey,
        expiry: Int64 = IndexEntry.never,
        if condition: Condition? = nil
    ) -> Operation {
        let kind: Kind = expiry == IndexEntry.never ? .put : .putExpiring
        return Operation(kind: kind, key: key, value: value, expiry: expiry, condition: condition)
    }

    static func delete(_ key: StoredKey, if condition: Condition? = nil) -> Operation {
        Operation(kind: .delete, key: key, value: [], expiry: IndexEntry.never, condition: condition)
    }

    static func expire(_ entry: IndexEntry) -> Operation {
        let condition = Condition.version(entry.sequence)
        return Operation(kind: .expire, key: entry.key, value: [], expiry: IndexEntry.never, condition: condition)
    }

    var isPut: Bool { kind == .put || kind == .putExpiring }
}

/// Where a put's value stands in its record's body, and its checksum.
struct ValuePlace: Sendable, Equatable {
    var offset: Int
    var byteCount: Int
    var checksum: UInt32
}

/// An operation as it was read back from the journal.
struct StoredOperation: Sendable {
    let kind: Operation.Kind
    let key: StoredKey
    let expiry: Int64
    let value: ValuePlace

    /// What the operation does to the index, given its number and where its record's body begins.
    func change(sequence: UInt64, segment: UInt32, bodyOffset: Int) -> IndexChange {
        switch kind {
        case .delete, .expire:
            .remove(key)
        case .put, .putExpiring:
            .put(
                IndexEntry(
                    key: key,
                    sequence: sequence,
                    expiry: expiry,
                    segment: segment,
                    offset: UInt32(bodyOffset + value.offset),
                    byteCount: UInt32(value.byteCount),
                    checksum: value.checksum
                )
            )
        }
    }
}

/// The body of a batch record: its operations one behind the other.
///
/// Numbers are varints (LEB128).
///
///     u8       code: 1 put, 2 put with an expiry, 3 delete, 4 delete of an expired item
///     varint   table number
///     varint   byte count of the partition key, 1 to 2,048; its bytes
///     varint   byte count of the sort key, 0 to 1,024; its bytes
///     varint   code 2 only: expiry in milliseconds since the Unix epoch
///     varint   codes 1 and 2: byte count of the value, at most 16 MiB; its bytes
enum RecordBody {
    /// Appends the operations to `record` and returns where each value stands in the body, which begins where
    /// `record` ended.
    static func append(_ operations: [Operation], to record: inout [UInt8]) -> [ValuePlace] {
        let start = record.count
        return operations.map { operation in
            record.append(operation.kind.rawValue)
            record.appendVarint(UInt64(operation.key.table.rawValue))
            record.appendVarint(UInt64(operation.key.partition.count))
            record.append(contentsOf: operation.key.partition)
            record.appendVarint(UInt64(operation.key.sort.count))
            record.append(contentsOf: operation.key.sort)
            guard operation.isPut else { return ValuePlace(offset: 0, byteCount: 0, checksum: 0) }
            if operation.kind == .putExpiring { record.appendVarint(UInt64(clamping: operation.expiry)) }
            record.appendVarint(UInt64(operation.value.count))
            let offset = record.count - start
            record.append(contentsOf: operation.value)
            let checksum = CRC32C.checksum(of: operation.value.span)
            return ValuePlace(offset: offset, byteCount: operation.value.count, checksum: checksum)
        }
    }

    /// Reads exactly `count` operations that fill `body`; `nil` when they do not, or one breaks a limit.
    static func decode(_ body: Span<UInt8>, count: Int) -> [StoredOperation]? {
        var reader = ByteReader(body)
        var operations: [StoredOperation] = []
        for _ in 0..<count {
            guard let operation = decodeOperation(body, &reader) else { return nil }
            operations.append(operation)
        }
        return reader.remaining == 0 ? operations : nil
    }

    private static func decodeOperation(_ body: Span<UInt8>, _ reader: inout ByteReader) -> StoredOperation? {
        guard let code = reader.readUInt8(), let kind = Operation.Kind(rawValue: code),
            let table = reader.readVarint().flatMap(UInt16.init(exactly:)),
            let partition = readBytes(&reader, 1...Key.partitionByteCountMax),
            let sort = readBytes(&reader, 0...Key.sortByteCountMax)
        else { return nil }
        let key = StoredKey(
            TableNumber(rawValue: table),
            partition: body.extracting(partition),
            sort: body.extracting(sort)
        )
        var expiry = IndexEntry.never
        if kind == .putExpiring {
            guard let stated = reader.readVarint().flatMap(Int64.init(exactly:)) else { return nil }
            expiry = stated
        }
        var place = ValuePlace(offset: 0, byteCount: 0, checksum: 0)
        if kind == .put || kind == .putExpiring {
            guard let value = readBytes(&reader, 0...Catalog.valueByteCountMax) else { return nil }
            let checksum = CRC32C.checksum(of: body.extracting(value))
            place = ValuePlace(offset: value.lowerBound, byteCount: value.count, checksum: checksum)
        }
        return StoredOperation(kind: kind, key: key, expiry: expiry, value: place)
    }

    private static func readBytes(_ reader: inout ByteReader, _ allowed: ClosedRange<Int>) -> Range<Int>? {
        guard let count = reader.readVarint().flatMap(Int.init(exactly:)), allowed.contains(count) else { return nil }
        return reader.skip(count)
    }
}
