extension Catalog {
    /// The most operations that a transaction may have.
    public static let transactionOperationCountMax = 100
    /// The most bytes that a transaction may write, keys and frames included.
    public static let transactionByteCountMax = 64 << 20
    /// The most bytes that a token may have in UTF-8.
    public static let tokenByteCountMax = 256
    /// How long a token is known.
    public static let tokenLifetime = Duration.seconds(600)

    /// Carries out operations on items of any tables and partitions as one step: all of them happen, or none.
    ///
    ///     try await catalog.transact(token: order.id) {
    ///         products.updating(lamp, if: attribute("stock") >= 1) { attribute("stock").subtract(1) }
    ///         orders.putting(order, for: key, if: .notExists)
    ///         accounts.checking(buyer, attribute("isBlocked").notExists)
    ///     }
    ///
    /// Transactions and single writes happen one after the other, each seeing what those before it did; reads, queries
    /// and change streams see all of a transaction or nothing of it.
    ///
    /// - Parameters:
    ///   - token: A name of the request, of 1 to ``tokenByteCountMax`` bytes. When the same request comes again within ten
    ///     minutes, it does nothing and returns as it did the first time: give one where a caller may try again without
    ///     knowing what became of the first try. A transaction that was cancelled leaves no token.
    ///   - durability: How safe the transaction is before the call returns.
    ///   - operations: At most ``transactionOperationCountMax``, of tables of this catalog, no two on the same item.
    /// - Throws: `CatalogError` with `transactionCancelled` when an operation cannot be carried out (see
    ///   ``CatalogError/cancellation``), `tokenConflict` when the token was another request's, `batchTooLarge`,
    ///   `invalidArgument`, and as ``Table/put(_:for:if:lifetime:returning:durability:)``.
    @discardableResult
    public func transact(
        token: String? = nil,
        durability: Durability = .synced,
        @TransactionBuilder _ operations: () throws -> [TransactionOperation]
    ) async throws -> TransactionResult {
        try await transact(try operations(), token: token, durability: durability)
    }

    /// The same for a list of operations.
    ///
    /// - Throws: as the other.
    @discardableResult
    public func transact(
        _ operations: [TransactionOperation],
        token: String? = nil,
        durability: Durability = .synced
    ) async throws -> TransactionResult {
        guard (1...Catalog.transactionOperationCountMax).contains(operations.count) else {
            throw CatalogError(
                .batchTooLarge,
                "a transaction has \(operations.count) operations; it may have 1 to "
                    + "\(Catalog.transactionOperationCountMax)"
            )
        }
        let writes = try writes(of: operations)
        // What the index will need is asked for in steps, with work between them.
        engine.fetchLeaves(of: writes)
        try Catalog.checkDistinct(writes)
        let byteCountLeast = writes.reduce(0) { $0 + $1.byteCountLeast }
        try Catalog.check(transactionByteCount: byteCountLeast)
        let remembered = try token.map { try RememberedRequest.Name($0, writes) }
        engine.fetchEntries(of: writes)
        // Frames have at most 44 bytes besides.
        let capacity = byteCountLeast + 64 * writes.count
        let (result, first) = try await engine.commit(durability, capacity: capacity, isFetched: true) {
            newest,
            draft in
            newest.fetchItems(of: writes)
            return try Catalog.carryOut(writes, remembered, newest, &draft)
        }
        if result.wasRepeated {
            // The first time may have asked for less.
            if durability == .synced { try await engine.flush() }
            return TransactionResult(versions: result.versions(first: result.first), wasRepeated: true)
        }
        return TransactionResult(versions: result.versions(first: first), wasRepeated: false)
    }

    /// - Throws: `CatalogError` with `transactionCancelled` when an operation is wrong whatever its item is; what an
    ///   item's own encoding throws.
    private func writes(of operations: [TransactionOperation]) throws -> [ItemWrite] {
        let own = ObjectIdentifier(engine)
        guard operations.allSatisfy({ $0.engine == own }) else {
            throw CatalogError(
                .invalidArgument,
                "the transaction has operations of another catalog's tables; a transaction is one catalog's"
            )
        }
        var reasons: [Int: CatalogError] = [:]
        var writes: [ItemWrite] = []
        writes.reserveCapacity(operations.count)
        for (index, operation) in operations.enumerated() {
            do {
                writes.append(try operation.write.get())
            } catch let error as CatalogError where error.isOfOperation {
                reasons[index] = error
            }
        }
        if !reasons.isEmpty { throw CatalogError.cancelled(operations.indices.map { reasons[$0] }) }
        return writes
    }

    private static func check(transactionByteCount: Int) throws {
        guard transactionByteCount > transactionByteCountMax else { return }
        throw CatalogError(
            .batchTooLarge,
            "the transaction has over \(transactionByteCountMax) bytes, the most that it may have"
        )
    }

    private static func checkDistinct(_ writes: [ItemWrite]) throws {
        if writes.count <= 8 {
            // Comparing all of a few costs less than hashing them.
            for (index, write) in writes.enumerated() {
                for other in writes[..<index] where other.key == write.key && other.table.number == write.table.number {
                    throw namedTwice(write)
                }
            }
            return
        }
        var names: Set<StoredKey> = []
        for write in writes where !names.insert(StoredKey(write.table.number, write.key)).inserted {
            throw namedTwice(write)
        }
    }

    private static func namedTwice(_ write: ItemWrite) -> CatalogError {
        CatalogError(
            .invalidArgument,
            "the transaction names \(write.key) in table \"\(write.table.name)\" twice"
        )
    }

    private static func carryOut(
        _ writes: [ItemWrite],
        _ name: RememberedRequest.Name?,
        _ newest: borrowing Newest,
        _ draft: inout Draft
    ) throws -> RememberedRequest {
        if let name, let earlier = try name.find(newest) { return earlier }
        var request = RememberedRequest(digest: name?.digest ?? [])
        request.results = Array(repeating: .version(0), count: writes.count)
        var reasons: [Int: CatalogError] = [:]
        // Checks write nothing, so they can come last: what they look at is on its way meanwhile.
        for areChecks in [false, true] {
            for (index, write) in writes.enumerated() where write.isCheck == areChecks {
                do {
                    let outcome = try write.carryOut(newest, &draft)
                    request.results[index] = outcome.ordinal.map { .ordinal($0) } ?? .version(outcome.foundVersion)
                } catch let error as CatalogError where error.isOfOperation {
                    reasons[index] = error
                }
                try check(transactionByteCount: draft.byteCount)
            }
        }
        if !reasons.isEmpty { throw CatalogError.cancelled(writes.indices.map { reasons[$0] }) }
        if let name {
            let expiry = ItemWrite.expiry(after: tokenLifetime, newest.now)
            let value = request.encoded()
            draft.put(.transactionTokens, name.key, value: value.span, isDocument: false, expiry: expiry)
        }
        return request
    }
}

extension CatalogError {
    /// Whether the operation is to blame, rather than the disk or the store.
    fileprivate var isOfOperation: Bool {
        switch code {
        case .conditionFailed, .typeMismatch, .numberOverflow, .invalidExpression, .valueTooLarge, .keyTooLong,
            .invalidArgument:
            true
        default: false
        }
    }
}
