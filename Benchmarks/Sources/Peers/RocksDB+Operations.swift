internal import CRocksDB
internal import Glibc

extension RocksDB {
    /// Puts one value, flushed to disk if `isSynced`.
    public func put(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, isSynced: Bool) throws {
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_put(
            database,
            isSynced ? writeSynced : write,
            characters(key),
            key.count,
            characters(value),
            value.count,
            &error
        )
        if error != nil { throw PeerError(taking: error) }
    }

    /// The sum of the words of a key's value; `nil` when there is none.
    public func sum(_ key: UnsafeRawBufferPointer) throws -> UInt64? {
        var error: UnsafeMutablePointer<CChar>?
        let slice = rocksdb_get_pinned(database, read, characters(key), key.count, &error)
        if error != nil { throw PeerError(taking: error) }
        guard let slice else { return nil }
        defer { rocksdb_pinnableslice_destroy(slice) }
        var length = 0
        let value = rocksdb_pinnableslice_value(slice, &length)
        return sumOfWords(UnsafeRawBufferPointer(start: value, count: length))
    }

    /// Reads up to `limit` items from `lower` on whose keys start with the first `prefixLength` bytes of it.
    public func range(_ lower: UnsafeRawBufferPointer, prefixLength: Int, limit: Int) throws -> RangeSum {
        let iterator = rocksdb_create_iterator(database, read)
        defer { rocksdb_iter_destroy(iterator) }
        var result = RangeSum()
        let prefix = UnsafeRawBufferPointer(rebasing: lower[..<prefixLength])
        rocksdb_iter_seek(iterator, characters(lower), lower.count)
        while result.count < limit, rocksdb_iter_valid(iterator) != 0 {
            var length = 0
            let key = UnsafeRawBufferPointer(start: rocksdb_iter_key(iterator, &length), count: length)
            guard key.starts(withBytesOf: prefix) else { break }
            let value = rocksdb_iter_value(iterator, &length)
            result.add(UnsafeRawBufferPointer(start: value, count: length))
            rocksdb_iter_next(iterator)
        }
        var error: UnsafeMutablePointer<CChar>?
        rocksdb_iter_get_error(iterator, &error)
        if error != nil { throw PeerError(taking: error) }
        return result
    }

    /// One transaction: the item under `check` must be there; then `values` are put under `keys`.
    ///
    /// Tried again when another transaction came in between.
    ///
    /// - Returns: Whether the item was there.
    public func transact(
        check: UnsafeRawBufferPointer,
        keys: UnsafeRawBufferPointer,
        values: UnsafeRawBufferPointer,
        keyLength: Int
    ) throws -> Bool {
        let count = keys.count / keyLength
        let valueLength = values.count / count
        for _ in 0..<1_000 {
            var error: UnsafeMutablePointer<CChar>?
            let transaction = rocksdb_optimistictransaction_begin(transactions, write, transactionOptions, nil)
            defer { rocksdb_transaction_destroy(transaction) }
            let found = rocksdb_transaction_get_pinned_for_update(
                transaction,
                read,
                characters(check),
                check.count,
                1,
                &error
            )
            if error != nil { throw PeerError(taking: error) }
            guard let found else { return false }
            rocksdb_pinnableslice_destroy(found)
            for index in 0..<count {
                let key = characters(keys, index * keyLength)
                let value = characters(values, index * valueLength)
                rocksdb_transaction_put(transaction, key, keyLength, value, valueLength, &error)
                if error != nil { throw PeerError(taking: error) }
            }
            rocksdb_transaction_commit(transaction, &error)
            guard error != nil else { return true }
            let problem = PeerError(taking: error)
            guard problem.description.contains("busy") || problem.description.contains("again") else { throw problem }
        }
        throw PeerError("a transaction was overtaken a thousand times")
    }
}

extension UnsafeRawBufferPointer {
    func starts(withBytesOf prefix: UnsafeRawBufferPointer) -> Bool {
        guard count >= prefix.count, let own = baseAddress, let other = prefix.baseAddress else {
            return prefix.isEmpty
        }
        return memcmp(own, other, prefix.count) == 0
    }
}
