internal import Crypto

/// What is kept of a transaction under its token, to answer the same request again: an item of table 3.
///
///     0  u8   version, 1
///     1       SHA-256 of the request
///    33  u8   operations
///    34       per operation u8 kind, u64 number: 0 the place in the record, of an operation that wrote; 1 the version
///             that one found which wrote nothing
///
/// The item is the last of the transaction's own record, so its version tells where that record begins.
package struct RememberedRequest: Sendable {
    package enum OperationResult: Sendable, Hashable {
        case ordinal(Int)
        case version(UInt64)
    }

    private static let version: UInt8 = 1
    private static let digestByteCount = 32

    let digest: [UInt8]
    var results: [OperationResult] = []
    /// The number of the first operation, where the request was carried out before.
    var first: UInt64 = 0
    var wasRepeated = false

    init(digest: [UInt8]) {
        self.digest = digest
    }

    /// - Throws: `CatalogError` with `unsupportedFormat`.
    package init(_ bytes: Span<UInt8>, version: UInt64) throws {
        let head = RememberedRequest.digestByteCount + 2
        guard bytes.count >= head, bytes[0] == RememberedRequest.version, bytes.count == head + 9 * Int(bytes[head - 1])
        else { throw RememberedRequest.unknownFormat }
        digest = bytes.extracting(1..<(head - 1)).bytes
        var written: UInt64 = 0
        for start in stride(from: head, to: bytes.count, by: 9) {
            var number: UInt64 = 0
            for index in (start + 1..<start + 9).reversed() { number = number << 8 | UInt64(bytes[index]) }
            switch bytes[start] {
            case 0:
                // One of the record's operations, of which there are no more than results.
                guard number < UInt64(bytes[head - 1]) else { throw RememberedRequest.unknownFormat }
                results.append(.ordinal(Int(clamping: number)))
                written += 1
            case 1: results.append(.version(number))
            default: throw RememberedRequest.unknownFormat
            }
        }
        first = version &- written
        wasRepeated = true
    }

    private static var unknownFormat: CatalogError {
        CatalogError(.unsupportedFormat, "a transaction's token is kept in a format not known here")
    }

    package func encoded() -> [UInt8] {
        var bytes = [RememberedRequest.version] + digest + [UInt8(truncatingIfNeeded: results.count)]
        for result in results {
            let number: UInt64
            switch result {
            case .ordinal(let ordinal):
                bytes.append(0)
                number = UInt64(ordinal)
            case .version(let version):
                bytes.append(1)
                number = version
            }
            for shift in 0..<8 { bytes.append(UInt8(truncatingIfNeeded: number >> (8 * UInt64(shift)))) }
        }
        return bytes
    }

    /// The version of each operation's item, for a record whose first operation has the number `first`.
    package func versions(first: UInt64) -> [UInt64] {
        results.map { result in
            switch result {
            // Of foreign bytes the sum may mean nothing; it must not trap.
            case .ordinal(let ordinal): first &+ UInt64(ordinal)
            case .version(let version): version
            }
        }
    }

    /// A token and the request that it stands for.
    struct Name: Sendable {
        let key: Key
        let digest: [UInt8]

        /// - Throws: `CatalogError` with `invalidArgument` when the token is empty or too long.
        init(_ token: String, _ writes: [ItemWrite]) throws {
            guard (1...Catalog.tokenByteCountMax).contains(token.utf8.count) else {
                throw CatalogError(
                    .invalidArgument,
                    "a token has 1 to \(Catalog.tokenByteCountMax) bytes; this one has \(token.utf8.count)"
                )
            }
            key = Key(partition: token)
            var request = CanonicalBytes()
            for write in writes { try request.append(write) }
            digest = Array(SHA256.hash(data: request.bytes))
        }

        /// What was done under the token before, if anything.
        ///
        /// - Throws: `CatalogError` with `tokenConflict` when that was another request.
        func find(_ newest: borrowing Newest) throws -> RememberedRequest? {
            let earlier = try newest.read(.transactionTokens, key) { item in
                try RememberedRequest(item.value, version: item.version)
            }
            guard let earlier, earlier.digest != digest else { return earlier }
            throw CatalogError(
                .tokenConflict,
                "the token \(key) was used for another transaction within the last ten minutes"
            )
        }
    }
}

extension CanonicalBytes {
    fileprivate mutating func append(_ write: ItemWrite) throws {
        append(UInt64(write.table.number.rawValue))
        append(write.key.partition)
        append(write.key.sort)
        append(write.lifetime)
        try append(write.condition)
        switch write.action {
        case .put(let bytes, let isDocument):
            append(tag: isDocument ? 1 : 2)
            append(bytes)
        case .update(let update):
            append(tag: 3)
            try append(update)
        case .delete: append(tag: 4)
        case .check: append(tag: 5)
        }
    }
}
