/// Why a conditional write did not happen: the cause of a `CatalogError` with `conditionFailed`.
public struct ConditionFailure: Error, Sendable, Hashable {
    /// The table's name.
    public let table: String
    /// The item's name.
    public let key: Key
    /// The item that failed the condition, as it was in that moment; `nil` when there was none.
    public let item: StoredItem?
}

/// Why a transaction did not happen: the cause of a `CatalogError` with `transactionCancelled`.
public struct TransactionCancellation: Error, Sendable {
    /// For each operation, in the order they were given, why it could not be carried out; `nil` where it could.
    ///
    /// A failed condition has the code `conditionFailed`, and its `failedItem` is the item that failed it.
    public let reasons: [CatalogError?]
}

extension CatalogError {
    /// What failed a write's condition; `nil` for other errors.
    public var conditionFailure: ConditionFailure? { cause as? ConditionFailure }

    /// The item that failed a write's condition, as it was in that moment; `nil` when there was none, and for other
    /// errors.
    public var failedItem: StoredItem? { conditionFailure?.item }

    /// Why each operation of a transaction could not be carried out; `nil` for other errors.
    public var cancellation: TransactionCancellation? { cause as? TransactionCancellation }

    static func conditionFailed(_ failure: ConditionFailure) -> CatalogError {
        let found = failure.item.map { "the item has version \($0.version)" } ?? "there is no item"
        return CatalogError(
            .conditionFailed,
            "the condition on \(failure.key) in table \"\(failure.table)\" does not hold; \(found)",
            cause: failure
        )
    }

    static func cancelled(_ reasons: [CatalogError?]) -> CatalogError {
        let lines = reasons.enumerated().compactMap { index, reason in reason.map { "operation \(index): \($0)" } }
        return CatalogError(
            .transactionCancelled,
            "nothing of the transaction was done; " + lines.joined(separator: "; "),
            cause: TransactionCancellation(reasons: reasons)
        )
    }
}
