/// One operation of a transaction; made by a table's ``Table/putting(_:for:if:lifetime:)``,
/// ``Table/updating(_:if:lifetime:_:)``, ``Table/deleting(_:if:)`` and ``Table/checking(_:_:)``.
public struct TransactionOperation: Sendable {
    /// The operation, or why it could not even be written down.
    let write: Result<ItemWrite, any Error>
    /// The catalog of the table that made it.
    ///
    /// No reference: counting one for each operation would cost more than the comparison.
    let engine: ObjectIdentifier
}

extension Table {
    /// An operation that writes an item, in place of the one that was there.
    ///
    /// What is wrong with it is told by `transact`.
    public func putting(
        _ item: Item,
        for key: Key,
        if condition: Condition? = nil,
        lifetime: Duration? = nil
    ) -> TransactionOperation {
        TransactionOperation(
            write: Result {
                let write = try putWrite(item, for: key, if: condition, lifetime: lifetime)
                engine.fetchRoot(definition.number, key)
                return write
            },
            engine: ObjectIdentifier(engine)
        )
    }

    /// An operation that changes attributes of an item; a missing one is begun empty.
    public func updating(
        _ key: Key,
        with update: Update,
        if condition: Condition? = nil,
        lifetime: Duration? = nil
    ) -> TransactionOperation {
        operation(.update(update), key, condition, lifetime)
    }

    /// An operation that changes attributes of an item by what the block lists; a missing one is begun empty.
    public func updating(
        _ key: Key,
        if condition: Condition? = nil,
        lifetime: Duration? = nil,
        @UpdateBuilder _ changes: () -> [AttributeChange]
    ) -> TransactionOperation {
        operation(.update(Update(changes())), key, condition, lifetime)
    }

    /// An operation that deletes an item; one that is not there is no failure, unless the condition asks for it.
    public func deleting(_ key: Key, if condition: Condition? = nil) -> TransactionOperation {
        operation(.delete, key, condition, nil)
    }

    /// An operation that changes nothing, but without which the transaction does not happen.
    public func checking(_ key: Key, _ condition: Condition) -> TransactionOperation {
        operation(.check, key, condition, nil)
    }

    private func operation(
        _ action: ItemWrite.Action,
        _ key: Key,
        _ condition: Condition?,
        _ lifetime: Duration?
    ) -> TransactionOperation {
        let write = ItemWrite(
            table: definition,
            isOfDocuments: codec.isDocument,
            key: key,
            action: action,
            condition: condition,
            lifetime: lifetime
        )
        return TransactionOperation(
            write: Result {
                try write.check()
                engine.fetchRoot(definition.number, key)
                return write
            },
            engine: ObjectIdentifier(engine)
        )
    }
}

/// Gathers the operations of a transaction, one a line; `if`, `switch` and `for` are allowed.
@resultBuilder
public enum TransactionBuilder {
    /// One operation.
    public static func buildExpression(_ operation: TransactionOperation) -> [TransactionOperation] { [operation] }
    /// Several operations.
    public static func buildExpression(_ operations: [TransactionOperation]) -> [TransactionOperation] { operations }
    /// The operations of all lines.
    public static func buildBlock(_ operations: [TransactionOperation]...) -> [TransactionOperation] {
        operations.flatMap(\.self)
    }
    /// The operations of an `if` without `else`.
    public static func buildOptional(_ operations: [TransactionOperation]?) -> [TransactionOperation] {
        operations ?? []
    }
    /// The operations of the first branch.
    public static func buildEither(first operations: [TransactionOperation]) -> [TransactionOperation] { operations }
    /// The operations of the other branch.
    public static func buildEither(second operations: [TransactionOperation]) -> [TransactionOperation] { operations }
    /// The operations of a loop.
    public static func buildArray(_ operations: [[TransactionOperation]]) -> [TransactionOperation] {
        operations.flatMap(\.self)
    }
}

/// What a transaction did.
public struct TransactionResult: Sendable, Hashable {
    /// For each operation, in the order they were given, the version of its item: what a put or update gave it, the
    /// number of a delete, what a check found; 0 where there was nothing to delete or find.
    public let versions: [UInt64]
    /// Whether the transaction had been carried out before, under the same token, and nothing was done now.
    public let wasRepeated: Bool
}
